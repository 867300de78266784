"""The images of a study, taken in chunk by chunk, each picture once."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from annotation import imaging
from annotation.candidates import images, supplying
from annotation.candidates.exclusions import exclude
from annotation.candidates.placing import accept
from annotation.candidates.records import File, IngestReport, Refusal
from annotation.candidates.supplying import Meant
from annotation.errors import AnnotationError
from annotation.models import Candidate, Exclusion, Origin, Study
from annotation.sources.base import CandidateRecord, RefusedRecord, provenance
from annotation.studies import ClassFinder

FILES_PER_CHUNK = 200
BYTES_PER_CHUNK = 64 * 1024 * 1024
ROWS_PER_INSERT = 20_000

INSERT_WITHOUT_PICTURE = """
INSERT INTO annotation_candidate (study_id, created_at, target_class_id, origin, source)
SELECT %s, %s, * FROM unnest(%s::bigint[], %s::text[], %s::text[])
RETURNING id, target_class_id, origin, source
"""


def ingest(
    *,
    study: Study,
    origin: Origin,
    records: Iterable[CandidateRecord | RefusedRecord],
    now: datetime,
    on_progress: Callable[[IngestReport], None] | None = None,
) -> IngestReport:
    """Take in images; what is there already counts as existing, so a broken-off import is just run again.

    Where a licence or a date was not known of what is there, the import adds it; what was known stays.

    Where candidates lack their pictures, the records are passed over twice: first, to see what files are called.
    """
    report = IngestReport()
    finder = ClassFinder(study)
    meant = supplying.meant(study, origin, records, finder)
    with ThreadPoolExecutor(min(images.MAX_THREADS, os.cpu_count() or 1)) as threads:
        for chunk in _chunks(_opened(record, finder) for record in records):
            images.examine(chunk, threads, now)
            with transaction.atomic():
                _store(study, origin, chunk, meant, now)
            _add_up(report, chunk)
            if on_progress is not None:
                on_progress(report)
    return report


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


def _opened(record: CandidateRecord | RefusedRecord, finder: ClassFinder) -> File:
    source = provenance(record.source)
    if isinstance(record, RefusedRecord):
        return File(source, reason=record.reason)
    try:
        target_class = finder.find(record.class_id)
        content = record.read()
        imaging.check_size(len(content))
    except AnnotationError as error:
        return File(source, reason=str(error))
    sha256 = hashlib.sha256(content).hexdigest()
    return File(source, target_class, content, sha256, record.licence, record.taken_at)


def _chunks(files: Iterable[File]) -> Iterator[list[File]]:
    """Bounded in number and in bytes: large files must not add up in memory."""
    chunk: list[File] = []
    num_bytes = 0
    for file in files:
        chunk.append(file)
        num_bytes += len(file.content)
        if len(chunk) == FILES_PER_CHUNK or num_bytes >= BYTES_PER_CHUNK:
            yield chunk
            chunk, num_bytes = [], 0
    if chunk:
        yield chunk


def _store(study: Study, origin: Origin, chunk: list[File], meant: Meant, now: datetime) -> None:
    """Decide under the study's lock, so that two imports at once see each other's pictures."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    readable = [file for file in chunk if not file.reason]
    accepted = accept(study, origin, readable, supplying.lacking_picture(study, origin, readable), meant)
    images.restore(chunk)
    ids = images.keep(accepted)
    Candidate.objects.bulk_create(
        Candidate(
            study=study,
            target_class=file.target_class,
            image_id=ids[file.sha256],
            origin=origin,
            source=file.source,
            licence=file.licence,
            taken_at=file.taken_at,
            created_at=now,
        )
        for file in accepted
        if not file.is_supplied
    )
    _supply([file for file in accepted if file.is_supplied], ids)
    _complete(study, origin, [file for file in readable if file.is_existing and (file.licence or file.taken_at)])
    if origin == Origin.ORIGINAL and accepted:
        pixels = {file.image.pixel_sha256 for file in accepted}
        twins = Candidate.objects.filter(study=study, origin=Origin.POOL, image__pixel_sha256__in=pixels)
        exclude(candidates=twins, reason=Exclusion.Reason.IN_ORIGINAL, now=now)


def _complete(study: Study, origin: Origin, files: list[File]) -> None:
    """Give candidates that are there already the licence and the date that were not known of them before."""
    said = {(file.target_class, file.source): file for file in files}
    if not said:
        return
    rows = Candidate.objects.filter(
        study=study,
        origin=origin,
        target_class__in={target_class for target_class, _ in said},
        source__in={source for _, source in said},
    ).filter(Q(licence="") | Q(taken_at=None))
    completed = []
    for row in rows.select_related("target_class"):
        file = said.get((row.target_class, row.source))
        if file is not None and ((not row.licence and file.licence) or (row.taken_at is None and file.taken_at)):
            row.licence, row.taken_at = row.licence or file.licence, row.taken_at or file.taken_at
            completed.append(row)
    Candidate.objects.bulk_update(completed, ["licence", "taken_at"])


def _supply(files: list[File], ids: dict[str, int]) -> None:
    rows = []
    for file in files:
        assert file.supplies is not None
        row = file.supplies
        row.image_id, row.source = ids[file.sha256], file.source
        row.licence, row.taken_at = file.licence or row.licence, file.taken_at or row.taken_at
        rows.append(row)
    Candidate.objects.bulk_update(rows, ["image", "source", "licence", "taken_at"])


def _add_up(report: IngestReport, chunk: list[File]) -> None:
    for file in chunk:
        if file.reason:
            report.refusals.append(Refusal(file.source, file.reason))
        elif file.is_existing:
            report.num_existing += 1
        elif file.is_supplied:
            report.num_supplied += 1
        else:
            report.num_created += 1
