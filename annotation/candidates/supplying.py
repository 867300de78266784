"""Candidates that have judgements and no picture yet: which file is the one that each of them means."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from annotation.candidates import statements
from annotation.candidates.records import File, WayIn
from annotation.errors import UnknownClass, UnreadableSource
from annotation.models import Candidate, Origin, Study
from annotation.sources import naming
from annotation.sources.base import CandidateRecord, RefusedRecord
from annotation.studies import ClassFinder

Meant = dict[naming.Key, str | None]


def meant(
    study: Study, origin: Origin, records: Iterable[CandidateRecord | RefusedRecord], finder: ClassFinder
) -> Meant:
    """Which file each candidate without a picture means by its name; none is sure where not all files can be listed."""

    def class_of(text: str) -> int | None:
        try:
            found = finder.look_up(text)
        except UnknownClass:
            return None
        return None if found is None else found.pk

    def wanted(keys: set[naming.Key]) -> set[naming.Key]:
        with connection.cursor() as cursor:
            cursor.execute(
                statements.LACKING_PICTURE,
                [*(list(column) for column in zip(*keys, strict=True)), study.pk, origin.value],
            )
            return set(cursor.fetchall())

    if not Candidate.objects.lacking_picture().filter(study=study, origin=origin).exists():
        return {}
    try:
        return naming.meant(records, class_of, wanted)
    except UnreadableSource:  # the import comes to the same place, and takes in what is before it
        return {}


def is_asked(way_in: WayIn, chunk: Iterable[File]) -> bool:
    """Whether it takes all names to say which candidate one of these files is: one lacks a picture by another name."""
    files = [file for file in chunk if file.has_picture and not file.reason]
    names = {name for file in files for name in naming.names(file.source) if name != file.source}
    return bool(names) and _called(way_in, files, names).exists()


@dataclass
class Lacking:
    """The candidates without a picture that could be called like one of some files, and which files names mean."""

    rows: dict[naming.Key, Candidate]
    meant: Meant
    own: set[int]
    """Those that came with the same collection: its files are other images, unless they are called exactly so."""

    def match(self, file: File) -> None:
        """Find the candidate that lacks this file's picture, by the longest of its names."""
        assert file.target_class is not None
        for name in naming.names(file.source):
            key = (file.target_class.pk, name)
            if key not in self.rows or (name != file.source and self.rows[key].pk in self.own):
                continue
            source = self.meant.get(key)  # none as well for a candidate that was made meanwhile
            if name == file.source or source == file.source:
                file.supplies = self.rows.pop(key)
                return
            if source is None:
                file.reason = (
                    f"It may be the image that was judged as {name!r}, but other files may be too. Import the one that "
                    "was judged by itself, from a manifest or a folder without the others; then import them."
                )
                return


def lacking(way_in: WayIn, files: list[File], meant: Meant) -> Lacking:
    rows = _called(way_in, files, {name for file in files for name in naming.names(file.source)})
    by_name = {(row.target_class_id, row.source): row for row in rows}
    return Lacking(by_name, meant, {row.pk for row in by_name.values() if way_in.has_brought(row)})


def _called(way_in: WayIn, files: list[File], names: set[str]) -> QuerySet[Candidate]:
    rows: QuerySet[Candidate] = Candidate.objects.lacking_picture().filter(
        study=way_in.study,
        target_class__in={file.target_class for file in files},
        origin=way_in.origin,
        source__in=names,
    )
    return rows
