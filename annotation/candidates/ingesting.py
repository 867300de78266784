"""The images of a study, taken in chunk by chunk, each picture once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from annotation.candidates import images, statements, supplying
from annotation.candidates.exclusions import exclude
from annotation.candidates.placing import accept
from annotation.candidates.preparing import Preparation
from annotation.candidates.records import PROVENANCE, ChunkReport, File, IngestReport, Part, WayIn
from annotation.candidates.supplying import Meant
from annotation.models import Candidate, Collection, Exclusion, Image, ImageSignature, Origin, Study, TakeDown
from annotation.models.base import look_again
from annotation.sources.base import CandidateRecord, RefusedRecord

ROWS_PER_INSERT = 20_000


def copy(*, study: Study, into: Study, classes: Mapping[int, int], now: datetime) -> int:
    """The candidates of a study that take part and have a picture, once more for another study's classes."""
    with connection.cursor() as cursor:
        cursor.execute(statements.COPY, [into.pk, now, list(classes), list(classes.values()), study.pk])
        return cursor.rowcount


def ingest(
    *,
    study: Study,
    origin: Origin,
    records: Iterable[CandidateRecord | RefusedRecord],
    now: datetime,
    collection: Collection | None = None,
    on_chunk: Callable[[ChunkReport], None] | None = None,
) -> IngestReport:
    """Take in images; what is there already counts as existing, so a broken-off import is just run again.

    What was not known of what is there (a licence, a date), the import adds; what was known stays.

    Chunks are stored in the order of the records. `on_chunk` is called in the transaction of each, and what it raises
    undoes the chunk. Where the records break off, what came before is taken in before their error is passed on.

    Where a file may be the picture that a candidate lacks, and only then, the records (the `whole` of a `Part`) are
    passed over once more, to see what files are called.
    """
    report = IngestReport()
    way_in = WayIn(study, origin, collection, now)
    preparation = Preparation(study, now)
    meant: Meant | None = None
    try:
        for chunk in preparation.chunks(records):
            preparation.recognise(chunk)
            if meant is None and supplying.is_asked(way_in, chunk):
                whole = records.whole if isinstance(records, Part) else records
                meant = supplying.meant(study, origin, whole, preparation.finder)
            with transaction.atomic():
                _store(way_in, chunk, meant or {})
                done = ChunkReport.of(chunk)
                if on_chunk is not None:
                    on_chunk(done)
            report.add(done)
            if collection is None:
                report.refusals.extend(done.refusals)
    finally:
        preparation.close()
        look_again(Image, ImageSignature, Candidate, num_more=report.num_created)
    if preparation.error is not None:
        raise preparation.error
    return report


def lose_picture(*, image: Image, take_down: TakeDown) -> list[int]:
    """The candidates of whatever study that were this image, and lead to why they have none; their ids."""
    rows = Candidate.objects.filter(image=image).order_by("pk").select_for_update(no_key=True)
    ids = list(rows.values_list("pk", flat=True))
    Candidate.objects.filter(pk__in=ids).update(image=None, take_down=take_down)
    return ids


def add_without_picture(*, study: Study, places: Sequence[tuple[int, str, str]], now: datetime) -> list[int]:
    """Candidates whose pictures are not here: class id, origin, source of each; their ids in the same order."""
    ids: list[int] = []
    for start in range(0, len(places), ROWS_PER_INSERT):
        part = places[start : start + ROWS_PER_INSERT]
        with connection.cursor() as cursor:
            cursor.execute(
                statements.INSERT_WITHOUT_PICTURE,
                [study.pk, now, *(list(column) for column in zip(*part, strict=True))],
            )
            made = {tuple(place): pk for pk, *place in cursor.fetchall()}
        ids.extend(made[place] for place in part)
    look_again(Candidate, num_more=len(ids))
    return ids


def _store(way_in: WayIn, chunk: list[File], meant: Meant) -> None:
    """Decide under the study's lock, so that two imports at once see each other's pictures."""
    Study.objects.select_for_update(no_key=True).get(pk=way_in.study.pk)
    readable = [file for file in chunk if not file.reason]
    _store_names(way_in, [file for file in readable if not file.has_picture])
    _store_pictures(way_in, [file for file in readable if file.has_picture], meant)
    _complete({file.known_as: file for file in readable if file.known_as and file.said})


def _store_pictures(way_in: WayIn, files: list[File], meant: Meant) -> None:
    images.refuse_taken_down(files)
    files = [file for file in files if not file.reason]
    if not files:
        return
    study, origin = way_in.study, way_in.origin
    accepted = accept(study, origin, files, supplying.lacking(way_in, files, meant))
    images.restore(files)
    ids = images.keep(accepted)
    Candidate.objects.bulk_create(
        Candidate(
            study=study,
            target_class=file.target_class,
            image_id=ids[file.sha256],
            origin=origin,
            source=file.source,
            collection=way_in.collection,
            created_at=way_in.now,
            **file.said.fields(),
        )
        for file in accepted
        if file.supplies is None
    )
    _supply([(file.supplies, file) for file in accepted if file.supplies is not None], ids, way_in.collection)
    if origin == Origin.ORIGINAL and accepted:
        pixels = {file.picture.pixel_sha256 for file in accepted}
        twins = Candidate.objects.filter(study=study, origin=Origin.POOL, image__pixel_sha256__in=pixels)
        exclude(candidates=twins, reason=Exclusion.Reason.IN_ORIGINAL, now=way_in.now)


def _supply(pairs: list[tuple[Candidate, File]], ids: dict[str, int], collection: Collection | None) -> None:
    for row, file in pairs:
        row.image_id, row.source = ids[file.sha256], file.source
        row.collection = row.collection or collection
        for name, value in file.said.fields().items():
            setattr(row, name, getattr(row, name) or value)
    Candidate.objects.bulk_update((row for row, _ in pairs), ["image", "source", "collection", *PROVENANCE])


def _store_names(way_in: WayIn, files: list[File]) -> None:
    """Candidates whose pictures are not here, many at once; those that are there are known by class and source."""
    had_picture = Q(image__isnull=False) | Q(take_down__isnull=False)
    if files and Candidate.objects.filter(had_picture, study=way_in.study, origin=way_in.origin).exists():
        for place, pk in _known(way_in, files, statements.KNOWN_WITH_PICTURE):
            files[place].is_existing, files[place].known_as = True, pk
        files = [file for file in files if not file.is_existing]
    if not files:
        return
    collected = way_in.collection.pk if way_in.collection else None
    said: list[Any] = [way_in.study.pk, way_in.now, way_in.origin.value, collected]
    with connection.cursor() as cursor:
        cursor.execute(statements.INSERT_NAMES, [*said, *_places(files), *_columns(files)])
        made = {pk for (pk,) in cursor.fetchall()}
    if len(made) == len(files):
        return
    for place, pk in _known(way_in, files, statements.KNOWN_WITHOUT_PICTURE):
        if pk in made:
            made.remove(pk)  # so that the same name a second time is there already
        else:
            files[place].is_existing, files[place].known_as = True, pk


def _known(way_in: WayIn, files: list[File], statement: str) -> list[tuple[int, int]]:
    """The places of those that are candidates already, with their ids."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [*_places(files), way_in.study.pk, way_in.origin.value])
        return cursor.fetchall()


def _complete(known: dict[int, File]) -> None:
    """Give candidates that are there already what was not known of them before."""
    if known:
        with connection.cursor() as cursor:
            cursor.execute(statements.COMPLETE, [list(known), *_columns(list(known.values()))])


def _places(files: list[File]) -> list[list[Any]]:
    return [[file.target_class.pk for file in files if file.target_class], [file.source for file in files]]


def _columns(files: list[File]) -> list[list[Any]]:
    """What is said of them; nothing at all where none of them says anything, which is quicker."""
    columns = [[getattr(file.said, name) for file in files] for name in PROVENANCE]
    return [column if any(column) else [] for column in columns]
