"""Which file of a source a table of judgements means that calls it by its path, or by the end of its path."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice

from annotation.sources.base import CandidateRecord, RefusedRecord, provenance

Key = tuple[int, str]
"""A class and a name."""

RECORDS_AT_ONCE = 10_000


def names(source: str) -> list[str]:
    """What a file may be called: its path, and what is left of it without the first folders."""
    parts = source.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def meant(
    records: Iterable[CandidateRecord | RefusedRecord],
    class_of: Callable[[str], int | None],
    wanted: Callable[[set[Key]], Collection[Key]],
) -> dict[Key, str | None]:
    """The file that each wanted name means: the one whose whole path it is, else the only one; none for several.

    `wanted` says which of some names are: neither all that are wanted nor all that files are called need be held.
    """
    if iter(records) is records:
        raise TypeError("The records can be passed over only once; give a list of them, or a source.")
    found: dict[Key, str | None] = {}
    passing = iter(records)
    while part := list(islice(passing, RECORDS_AT_ONCE)):
        called = list(_called(part, class_of))
        keys = {(target_class, name) for target_class, source in called for name in names(source)}
        those = set(wanted(keys)) if keys else set()
        for target_class, source in called:
            for name in names(source):
                key = (target_class, name)
                if key in those and found.get(key) != name:
                    found[key] = source if name == source or found.get(key, source) == source else None
    return found


def _called(
    records: Iterable[CandidateRecord | RefusedRecord], class_of: Callable[[str], int | None]
) -> Iterator[tuple[int, str]]:
    for record in records:
        if isinstance(record, RefusedRecord) or record.read is None:
            continue
        target_class = class_of(record.class_id)
        if target_class is not None:
            yield target_class, provenance(record.source)
