"""Reference images: those that no candidate may show, signed some at a time."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from annotation import candidates, imaging
from annotation.candidates import Refusal
from annotation.duplicates.pairs import drop_pairs
from annotation.duplicates.resolving import resolve, take_turns
from annotation.errors import AnnotationError
from annotation.models import ReferenceImage, Study
from annotation.sources.base import RefusedRecord
from annotation.sources.references import Reference, ReferenceFile, ReferenceRow
from annotation.stats.pictures import signatures

PER_CHUNK = 500
MAX_THREADS = 4
NUM_REFUSALS_KEPT = 1000
MAX_BITS_APART = 8  # of a row's hash and what its signature gives; another kind of hash is some 32 away


@dataclass
class ReferenceReport:
    """What became of every reference: `num_read` is the sum of the first three."""

    num_added: int = 0
    num_existing: int = 0
    num_refused: int = 0
    num_namesakes: int = 0
    """Added though another of that name is there, which shows something else."""
    num_unchecked: int = 0
    """Added with a hash alone, of which nobody can tell whether it was made as those here are."""
    refusals: list[Refusal] = field(default_factory=list)
    """The first thousand."""

    @property
    def num_read(self) -> int:
        return self.num_added + self.num_existing + self.num_refused

    def refuse(self, name: str, reason: str) -> None:
        self.num_refused += 1
        if len(self.refusals) < NUM_REFUSALS_KEPT:
            self.refusals.append(Refusal(name, reason))


def add_references(
    *,
    study: Study,
    source: str,
    references: Iterable[Reference],
    on_progress: Callable[[ReferenceReport], None] | None = None,
) -> ReferenceReport:
    """Keep the signatures of the reference images of a folder or table, which `source` names.

    What broke off is just run again: files of a source whose names are there are not read again. A file of another
    source is known by its name and its hash together, so that two folders may use the same names. No picture is kept,
    and no more than a few are in memory at once.
    """
    report = ReferenceReport()
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as threads:
        for chunk in _chunks(references):
            _take(study, source, chunk, report, threads)
            if on_progress is not None:
                on_progress(report)
    return report


@dataclass(frozen=True)
class Removal:
    """What went: references, the pairs with them, and the decisions on those pairs that held."""

    num_references: int
    num_pairs: int
    num_decisions: int


@transaction.atomic
def remove_references(*, study: Study, references: QuerySet[ReferenceImage], by: Any, now: datetime) -> Removal:
    """Forget these, with their pairs and what was said of those; images that were out because of them come in again."""
    take_turns(study)
    rows = references.filter(study=study)
    num_pairs, num_decisions = drop_pairs(references=rows)
    # In one statement: nothing else refers to them, and they may be millions.
    num_references = rows._raw_delete(rows.db)
    resolve(study=study, by=by, now=now)
    return Removal(num_references, num_pairs, num_decisions)


def _chunks(references: Iterable[Reference]) -> Iterator[list[Reference]]:
    waiting = iter(references)
    while chunk := list(islice(waiting, PER_CHUNK)):
        yield chunk


def _take(
    study: Study, source: str, chunk: list[Reference], report: ReferenceReport, threads: ThreadPoolExecutor
) -> None:
    for record in chunk:
        if isinstance(record, RefusedRecord):
            report.refuse(record.source, record.reason)
    files = [record for record in chunk if isinstance(record, ReferenceFile)]
    from_here = ReferenceImage.objects.filter(study=study, source=source, name__in=[file.name for file in files])
    read_before = set(from_here.values_list("name", flat=True))
    report.num_existing += sum(file.name in read_before for file in files)
    rows = _of_this_kind([record for record in chunk if isinstance(record, ReferenceRow)], report)
    rows += _signed([file for file in files if file.name not in read_before], report, threads)
    _keep(study, source, rows, report)


def _keep(study: Study, source: str, rows: list[ReferenceRow], report: ReferenceReport) -> None:
    named = ReferenceImage.objects.filter(study=study, name__in={row.name for row in rows})
    known = {(name, value): pk for pk, name, value in named.values_list("pk", "name", "hash")}
    wanted = {(row.name, signed(row.hash)): row for row in rows}
    new = sorted(wanted.keys() - known.keys())
    names = {name for name, _ in known}
    report.num_added += len(new)
    report.num_existing += len(rows) - len(new)  # with those that a table has twice
    report.num_namesakes += sum(name in names for name, _ in new)
    report.num_unchecked += sum(wanted[key].grey is None for key in new)
    same = [pk for key, pk in known.items() if key in wanted]
    ReferenceImage.objects.filter(pk__in=same, source="").update(source=source)  # taken before sources were noted
    ReferenceImage.objects.bulk_create(
        (
            ReferenceImage(study=study, source=source, name=name, hash=value, grey=wanted[name, value].grey)
            for name, value in new
        ),
        ignore_conflicts=True,
    )


def _of_this_kind(rows: list[ReferenceRow], report: ReferenceReport) -> list[ReferenceRow]:
    """Without those whose hash is not that of their own signature."""
    checked = [row for row in rows if row.grey is not None]
    if not checked:
        return rows
    made = signatures.perceptual_hashes(candidates.unpacked(row.grey for row in checked if row.grey is not None))
    given = np.array([row.hash for row in checked], dtype=np.uint64)
    kept = [row for row in rows if row.grey is None]
    for row, num_bits in zip(checked, np.bitwise_count(made ^ given).tolist(), strict=True):
        if num_bits <= MAX_BITS_APART:
            kept.append(row)
            continue
        report.refuse(
            row.name,
            f"Line {row.line} of the table: the hash differs in {num_bits} of 64 bits from what the signature gives; "
            "another tool has made one of the two.",
        )
    return kept


def _signed(files: Sequence[ReferenceFile], report: ReferenceReport, threads: ThreadPoolExecutor) -> list[ReferenceRow]:
    found = []
    for file, grey in zip(files, threads.map(_grey_or_reason, files), strict=True):
        if isinstance(grey, str):
            report.refuse(file.name, grey)
        else:
            found.append((file.name, grey))
    if not found:
        return []
    hashes = signatures.perceptual_hashes(candidates.unpacked(grey for _, grey in found))
    return [ReferenceRow(name, value, grey) for (name, grey), value in zip(found, hashes.tolist(), strict=True)]


def _grey_or_reason(file: ReferenceFile) -> bytes | str:
    try:
        return imaging.grey(file.read())
    except AnnotationError as error:
        return str(error)


def signed(value: int) -> int:
    """A hash as the database keeps it."""
    return int(np.uint64(value).astype(np.int64))
