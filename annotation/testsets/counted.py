"""What a set is drawn from: the counts of a study's candidates, read once as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.models import Candidate, JudgementFilter, Origin

IntArray = NDArray[np.int64]
NAMES = ("number", "candidate", "is_original", "num_selected", "num_seen")
PACKED = """
COPY (
    SELECT string_agg(int8send(number) || int8send(candidate) || int8send(is_original)
        || int8send(num_selected) || int8send(num_seen), ''::bytea)
    FROM ({rows}) counted (number, candidate, is_original, num_selected, num_seen)
) TO STDOUT (FORMAT BINARY)
"""


@dataclass(frozen=True)
class Counted:
    """Candidates by class number, then id; arrays of shape (n,), 0 of 0 where nobody has seen the image."""

    number: IntArray
    candidate: IntArray
    num_selected: IntArray
    num_seen: IntArray

    @classmethod
    def joined(cls, parts: "Sequence[Counted]") -> "Counted":
        """One lot after another."""
        nothing = np.empty(0, dtype=np.int64)
        every = [cls(nothing, nothing, nothing, nothing), *parts]
        return cls(
            np.concatenate([each.number for each in every]),
            np.concatenate([each.candidate for each in every]),
            np.concatenate([each.num_selected for each in every]),
            np.concatenate([each.num_seen for each in every]),
        )

    def __len__(self) -> int:
        return len(self.candidate)

    def only(self, wanted: NDArray[np.bool_] | IntArray | slice) -> "Counted":
        """Some of them, in the same order."""
        return Counted(self.number[wanted], self.candidate[wanted], self.num_selected[wanted], self.num_seen[wanted])

    def seen_by(self, num_workers: int) -> "Counted":
        """Those that at least so many have seen."""
        return self.only(self.num_seen >= num_workers)

    def place_of(self, number: int) -> slice:
        """Where a class lies."""
        first, end = np.searchsorted(self.number, [number, number + 1])
        return slice(int(first), int(end))

    def of_class(self, number: int) -> "Counted":
        return self.only(self.place_of(number))


@dataclass(frozen=True)
class StudyCounts:
    """All that can be in a set under a judgement filter: included, and with a picture."""

    judgement_filter: JudgementFilter
    originals: Counted
    pool: Counted


def read(judgement_filter: JudgementFilter) -> StudyCounts:
    """One statement, which PostgreSQL answers with one value: a row each took seconds for a large study."""
    candidates = Candidate.objects.included().with_picture().counted(judgement_filter).order_by()
    names = ("target_class__number", "id", "origin", "counts__num_selected", "counts__num_seen")
    query, parameters = candidates.values_list(*names).query.sql_with_params()
    rows = (
        f"SELECT number, id, (origin = '{Origin.ORIGINAL}')::int, coalesce(num_selected, 0), coalesce(num_seen, 0) "  # noqa: S608 - made of our own query
        f"FROM ({query}) plain (number, id, origin, num_selected, num_seen)"
    )
    with connection.cursor() as cursor, cursor.copy(PACKED.format(rows=rows), parameters) as copy:
        copy.set_types(["bytea"])
        [(packed,)] = copy.rows()
    table = np.frombuffer(packed or b"", dtype=">i8").reshape(-1, len(NAMES)).astype(np.int64)
    number, candidate, is_original, num_selected, num_seen = table[np.lexsort((table[:, 1], table[:, 0]))].T
    everything = Counted(number, candidate, num_selected, num_seen)
    is_of_original = is_original.astype(np.bool_)
    return StudyCounts(judgement_filter, everything.only(is_of_original), everything.only(~is_of_original))
