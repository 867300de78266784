"""Which file of a source a table of judgements means that calls it by its path, or by the end of its path."""

from collections.abc import Callable, Collection, Iterable

from annotation.sources.base import CandidateRecord, RefusedRecord, provenance

Key = tuple[int, str]
"""A class and a name."""


def names(source: str) -> list[str]:
    """What a file may be called: its path, and what is left of it without the first folders."""
    parts = source.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def meant(
    records: Iterable[CandidateRecord | RefusedRecord], class_of: Callable[[str], int | None], wanted: Collection[Key]
) -> dict[Key, str | None]:
    """The file that each wanted name means: the one whose whole path it is, else the only one; none for several."""
    if not wanted:
        return {}
    if iter(records) is records:
        raise TypeError("The records can be passed over only once; give a list of them, or a source.")
    found: dict[Key, str | None] = {}
    for record in records:
        target_class = None if isinstance(record, RefusedRecord) else class_of(record.class_id)
        if target_class is None:
            continue
        source = provenance(record.source)
        for name in names(source):
            key = (target_class, name)
            if key in wanted and found.get(key) != name:
                found[key] = source if name == source or found.get(key, source) == source else None
    return found
