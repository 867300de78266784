"""The images of a study: taken in chunk by chunk, each picture once, and excluded with a reason."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from annotation import imaging, storage
from annotation.errors import AnnotationError, RefusedImage, UnknownClass
from annotation.models import Candidate, Example, Exclusion, Image, Origin, Study, TargetClass
from annotation.sources import naming
from annotation.sources.base import CandidateRecord, RefusedRecord, provenance
from annotation.studies import ClassFinder

FILES_PER_CHUNK = 200
BYTES_PER_CHUNK = 64 * 1024 * 1024
MAX_THREADS = 4
ROWS_PER_INSERT = 20_000

Meant = dict[naming.Key, str | None]

INSERT_WITHOUT_PICTURE = """
INSERT INTO annotation_candidate (study_id, created_at, target_class_id, origin, source)
SELECT %s, %s, * FROM unnest(%s::bigint[], %s::text[], %s::text[])
RETURNING id, target_class_id, origin, source
"""


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken, and why."""

    source: str
    reason: str


@dataclass
class IngestReport:
    """What became of every file: `num_read` is the sum of the others."""

    num_created: int = 0
    num_supplied: int = 0
    """Pictures of candidates that had none."""
    num_existing: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def num_read(self) -> int:
        return self.num_created + self.num_supplied + self.num_existing + len(self.refusals)


@dataclass
class _File:
    """One record on its way in: refused as soon as it has a reason."""

    source: str
    target_class: TargetClass | None = None
    content: bytes = b""
    sha256: str = ""
    image: Image = field(default_factory=Image)
    reason: str = ""
    is_existing: bool = False
    is_restored: bool = False
    supplies: Candidate | None = None

    @property
    def is_supplied(self) -> bool:
        return self.supplies is not None


@dataclass(frozen=True)
class _Place:
    """Where in the study a picture is already."""

    target_class_id: int
    class_id: str
    origin: str
    source: str


def ingest(
    *,
    study: Study,
    origin: Origin,
    records: Iterable[CandidateRecord | RefusedRecord],
    now: datetime,
    on_progress: Callable[[IngestReport], None] | None = None,
) -> IngestReport:
    """Take in images; what is there already counts as existing, so a broken-off import is just run again.

    Where candidates lack their pictures, the records are passed over twice: first, to see what files are called.
    """
    report = IngestReport()
    finder = ClassFinder(study)
    meant = _meant(study, origin, records, finder)
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as threads:
        for chunk in _chunks(_opened(record, finder) for record in records):
            _examine(chunk, threads, now)
            with transaction.atomic():
                _store(study, origin, chunk, meant, now)
            _add_up(report, chunk)
            if on_progress is not None:
                on_progress(report)
    return report


def take_image(*, content: bytes, name: str, now: datetime) -> Image:
    """One picture that is no candidate, checked and stored like all others; known by its content."""
    imaging.check_size(len(content))
    file = _File(name, content=content, sha256=hashlib.sha256(content).hexdigest())
    known = {row.sha256: row for row in Image.objects.filter(sha256=file.sha256)}
    _examine_file(file, known=known, now=now)
    if file.reason:
        raise RefusedImage(file.reason)
    return Image.objects.get(pk=_ids_of_images([file.image])[file.sha256])


def add_without_picture(*, study: Study, places: Sequence[tuple[int, str, str]], now: datetime) -> list[int]:
    """Candidates whose pictures are not here: class id, origin, source of each; their ids in the same order."""
    ids: list[int] = []
    for start in range(0, len(places), ROWS_PER_INSERT):
        part = places[start : start + ROWS_PER_INSERT]
        with connection.cursor() as cursor:
            cursor.execute(
                INSERT_WITHOUT_PICTURE, [study.pk, now, *(list(column) for column in zip(*part, strict=True))]
            )
            made = {tuple(place): pk for pk, *place in cursor.fetchall()}
        ids.extend(made[place] for place in part)
    return ids


@transaction.atomic
def exclude(*, candidates: QuerySet[Any], reason: Exclusion.Reason, now: datetime, by: Any = None) -> int:
    """Take candidates out of all that follows; returns how many were still in."""
    locked = Candidate.objects.filter(pk__in=candidates.order_by().values("pk")).order_by("pk")
    ids = list(locked.select_for_update(no_key=True).values_list("pk", flat=True))
    excluded = set(Exclusion.objects.filter(candidate_id__in=ids).values_list("candidate_id", flat=True))
    rows = [
        Exclusion(candidate_id=pk, reason=reason, excluded_by=by, excluded_at=now) for pk in ids if pk not in excluded
    ]
    Exclusion.objects.bulk_create(rows, batch_size=5000)
    return len(rows)


def _opened(record: CandidateRecord | RefusedRecord, finder: ClassFinder) -> _File:
    source = provenance(record.source)
    if isinstance(record, RefusedRecord):
        return _File(source, reason=record.reason)
    try:
        target_class = finder.find(record.class_id)
        content = record.read()
        imaging.check_size(len(content))
    except AnnotationError as error:
        return _File(source, reason=str(error))
    return _File(source, target_class, content, hashlib.sha256(content).hexdigest())


def _chunks(files: Iterable[_File]) -> Iterator[list[_File]]:
    """Bounded in number and in bytes: large files must not add up in memory."""
    chunk: list[_File] = []
    num_bytes = 0
    for file in files:
        chunk.append(file)
        num_bytes += len(file.content)
        if len(chunk) == FILES_PER_CHUNK or num_bytes >= BYTES_PER_CHUNK:
            yield chunk
            chunk, num_bytes = [], 0
    if chunk:
        yield chunk


def _examine(chunk: list[_File], threads: ThreadPoolExecutor, now: datetime) -> None:
    """Give each file its image, or a reason; decode and store only what is not there yet."""
    readable = [file for file in chunk if not file.reason]
    known = {row.sha256: row for row in Image.objects.filter(sha256__in={file.sha256 for file in readable})}
    for _ in threads.map(partial(_examine_file, known=known, now=now), readable):
        pass


def _examine_file(file: _File, known: dict[str, Image], now: datetime) -> None:
    row = known.get(file.sha256)
    try:
        if row is not None and _is_stored(row):
            imaging.check_name(file.source, row.format)
            file.image = row
        else:
            picture = imaging.read(file.content)
            imaging.check_name(file.source, picture.format)
            storage.put("images", file.content)
            storage.put("renditions", picture.rendition)
            file.image = _image(picture, row, now)
            file.is_restored = row is not None
    except AnnotationError as error:
        file.reason = str(error)
    file.content = b""


def _is_stored(row: Image) -> bool:
    return storage.has("images", row.sha256) and storage.has("renditions", row.rendition_sha256)


def _image(picture: imaging.Picture, row: Image | None, now: datetime) -> Image:
    """A new row, or the known row with the rendition made anew (its file was lost)."""
    rendition_sha256 = hashlib.sha256(picture.rendition).hexdigest()
    if row is not None:
        row.rendition_sha256 = rendition_sha256
        return row
    return Image(
        sha256=picture.sha256,
        pixel_sha256=picture.pixel_sha256,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        num_bytes=picture.num_bytes,
        rendition_sha256=rendition_sha256,
        created_at=now,
    )


def _store(study: Study, origin: Origin, chunk: list[_File], meant: Meant, now: datetime) -> None:
    """Decide under the study's lock, so that two imports at once see each other's pictures."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    readable = [file for file in chunk if not file.reason]
    accepted = _accept(study, origin, readable, _lacking(study, origin, readable), meant)
    Image.objects.bulk_update([file.image for file in chunk if file.is_restored], ["rendition_sha256"])
    ids = _ids_of_images([file.image for file in accepted])
    Candidate.objects.bulk_create(
        Candidate(
            study=study,
            target_class=file.target_class,
            image_id=ids[file.sha256],
            origin=origin,
            source=file.source,
            created_at=now,
        )
        for file in accepted
        if not file.is_supplied
    )
    _supply([file for file in accepted if file.is_supplied], ids)
    if origin == Origin.ORIGINAL and accepted:
        pixels = {file.image.pixel_sha256 for file in accepted}
        twins = Candidate.objects.filter(study=study, origin=Origin.POOL, image__pixel_sha256__in=pixels)
        exclude(candidates=twins, reason=Exclusion.Reason.IN_ORIGINAL, now=now)


def _meant(
    study: Study, origin: Origin, records: Iterable[CandidateRecord | RefusedRecord], finder: ClassFinder
) -> Meant:
    """Which file each candidate without a picture means by its name."""

    def class_of(text: str) -> int | None:
        try:
            found = finder.look_up(text)
        except UnknownClass:
            return None
        return None if found is None else found.pk

    lacking = Candidate.objects.without_picture().filter(study=study, origin=origin)
    return naming.meant(records, class_of, set(lacking.values_list("target_class_id", "source")))


def _lacking(study: Study, origin: Origin, files: list[_File]) -> dict[naming.Key, Candidate]:
    """The candidates without a picture that could be called like one of the files."""
    rows = Candidate.objects.without_picture().filter(
        study=study,
        target_class__in={file.target_class for file in files},
        origin=origin,
        source__in={name for file in files for name in naming.names(file.source)},
    )
    return {(row.target_class_id, row.source): row for row in rows}


def _supply(files: list[_File], ids: dict[str, int]) -> None:
    rows = []
    for file in files:
        assert file.supplies is not None
        file.supplies.image_id, file.supplies.source = ids[file.sha256], file.source
        rows.append(file.supplies)
    Candidate.objects.bulk_update(rows, ["image", "source"])


def _match(file: _File, lacking: dict[naming.Key, Candidate], meant: Meant) -> None:
    """Find the candidate that lacks this file's picture, by the longest of its names."""
    assert file.target_class is not None
    for name in naming.names(file.source):
        key = (file.target_class.pk, name)
        if key not in lacking:
            continue
        source = meant.get(key)  # none as well for a candidate that was made meanwhile
        if name == file.source or source == file.source:
            file.supplies = lacking.pop(key)
            return
        if source is None:
            file.reason = (
                f"It may be the image that was judged as {name!r}, but other files may be too. Import the one that was "
                "judged by itself, from a manifest or a folder without the others; then import them."
            )
            return


def _accept(
    study: Study, origin: Origin, files: list[_File], lacking: dict[naming.Key, Candidate], meant: Meant
) -> list[_File]:
    pixels = {file.image.pixel_sha256 for file in files}
    places, taught = _places(study, pixels), _taught(study, pixels)
    accepted = []
    for file in files:
        target_class = file.target_class
        assert target_class is not None
        here = _Place(target_class.pk, target_class.class_id, origin, file.source)
        taken = places[file.image.pixel_sha256]
        if here in taken:
            file.is_existing = True
            continue
        if file.image.pixel_sha256 in taught:
            file.reason = (
                f"The image is an example of class {taught[file.image.pixel_sha256]!r}: workers are told its answer, "
                "so they can't judge it."
            )
        else:
            file.reason = _reason_against(here, taken)
        if not file.reason:
            _match(file, lacking, meant)
        if not file.reason:
            accepted.append(file)
            taken.append(here)
    return accepted


def _places(study: Study, pixels: set[str]) -> defaultdict[str, list[_Place]]:
    rows = (
        Candidate.objects.filter(study=study, image__pixel_sha256__in=pixels)
        .order_by("id")
        .values_list("image__pixel_sha256", "target_class_id", "target_class__class_id", "origin", "source")
    )
    places: defaultdict[str, list[_Place]] = defaultdict(list)
    for pixel_sha256, *place in rows:
        places[pixel_sha256].append(_Place(*place))
    return places


def _taught(study: Study, pixels: set[str]) -> dict[str, str]:
    """The pictures whose answer workers are told, with the class they are an example of."""
    rows = Example.objects.filter(study=study, image__pixel_sha256__in=pixels).order_by("-id")
    return dict(rows.values_list("image__pixel_sha256", "target_class__class_id"))


def _reason_against(here: _Place, taken: list[_Place]) -> str:
    """Why a picture that is in these places can't be here as well; empty where it can."""
    for place in taken:
        if place.origin == Origin.ORIGINAL and here.origin == Origin.POOL:
            return f"The image is in the original test set: {place.source} of class {place.class_id!r}."
        if place.origin == here.origin and place.target_class_id != here.target_class_id:
            return f"The image is in class {place.class_id!r} already, as {place.source}; it can have one class only."
        if place.origin == here.origin:
            return f"The same image was taken from {place.source} already."
    return ""


def _ids_of_images(images: list[Image]) -> dict[str, int]:
    """The ids by hash; missing rows are made, in one order everywhere so that imports can't deadlock."""
    fresh = sorted((image for image in images if image.pk is None), key=lambda image: image.sha256)
    Image.objects.bulk_create(fresh, ignore_conflicts=True)
    hashes = [image.sha256 for image in images]
    return dict(Image.objects.filter(sha256__in=hashes).values_list("sha256", "pk"))


def _add_up(report: IngestReport, chunk: list[_File]) -> None:
    for file in chunk:
        if file.reason:
            report.refusals.append(Refusal(file.source, file.reason))
        elif file.is_existing:
            report.num_existing += 1
        elif file.is_supplied:
            report.num_supplied += 1
        else:
            report.num_created += 1
