"""Candidates that have judgements and no picture yet: which file is the one that each of them means."""

from collections.abc import Iterable

from annotation.candidates.records import File
from annotation.errors import UnknownClass
from annotation.models import Candidate, Origin, Study
from annotation.sources import naming
from annotation.sources.base import CandidateRecord, RefusedRecord
from annotation.studies import ClassFinder

Meant = dict[naming.Key, str | None]


def meant(
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


def lacking_picture(study: Study, origin: Origin, files: list[File]) -> dict[naming.Key, Candidate]:
    """The candidates without a picture that could be called like one of the files."""
    rows = Candidate.objects.without_picture().filter(
        study=study,
        target_class__in={file.target_class for file in files},
        origin=origin,
        source__in={name for file in files for name in naming.names(file.source)},
    )
    return {(row.target_class_id, row.source): row for row in rows}


def match(file: File, lacking: dict[naming.Key, Candidate], files_meant: Meant) -> None:
    """Find the candidate that lacks this file's picture, by the longest of its names."""
    assert file.target_class is not None
    for name in naming.names(file.source):
        key = (file.target_class.pk, name)
        if key not in lacking:
            continue
        source = files_meant.get(key)  # none as well for a candidate that was made meanwhile
        if name == file.source or source == file.source:
            file.supplies = lacking.pop(key)
            return
        if source is None:
            file.reason = (
                f"It may be the image that was judged as {name!r}, but other files may be too. Import the one that was "
                "judged by itself, from a manifest or a folder without the others; then import them."
            )
            return
