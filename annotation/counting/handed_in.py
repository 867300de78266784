"""What was handed in for some classes, from the database into arrays: two statements, however much it is.

PostgreSQL packs records of one width into one value per grid size, so that neither it nor Python handles an
assignment by itself: a row each took four times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

ASSIGNMENTS = """
COPY (
    SELECT cardinality(g.candidate_ids), string_agg(
        int8send(h.grid_id) || int8send(a.worker_id) || timestamptz_send(a.submitted_at) || int8send(a.id)
            || a.seen || a.selected, ''::bytea)
    FROM annotation_grid g
    JOIN annotation_hit h ON h.grid_id = g.id
    JOIN annotation_assignment a ON a.hit_id = h.id
    WHERE g.target_class_id = ANY(%s::bigint[]) AND a.submitted_at IS NOT NULL
        AND a.submitted_at <= coalesce(%s, a.submitted_at)
    GROUP BY 1
) TO STDOUT (FORMAT BINARY)
"""
GRIDS = """
COPY (
    SELECT cardinality(candidate_ids), string_agg(
        int8send(id) || int8send(target_class_id) || array_send(candidate_ids)
            || measured || positive_controls || negative_controls, ''::bytea ORDER BY id)
    FROM annotation_grid
    WHERE target_class_id = ANY(%s::bigint[])
    GROUP BY 1
) TO STDOUT (FORMAT BINARY)
"""
ARRAY_HEADER = "V20"  # dimensions, null flag, type, length, lower bound


@dataclass(frozen=True)
class HandedIn:
    """Grids with the same number of positions, and the assignments of them that were handed in.

    Grids: `grid` and `target_class`, shape (G,), `candidate`, shape (G, size), and the bitmaps `measured`, `positive`
    and `negative`, shape (G, bytes). Assignments, each a row: `row_grid` is the place of its grid among the grids,
    `worker`, `at` (microseconds) and `assignment`, shape (R,); `seen` and `selected` are bitmaps, shape (R, bytes).
    """

    size: int
    grid: NDArray[np.int64]
    target_class: NDArray[np.int64]
    candidate: NDArray[np.int64]
    measured: NDArray[np.uint8]
    positive: NDArray[np.uint8]
    negative: NDArray[np.uint8]
    row_grid: NDArray[np.int64]
    worker: NDArray[np.int64]
    at: NDArray[np.int64]
    assignment: NDArray[np.int64]
    seen: NDArray[np.uint8]
    selected: NDArray[np.uint8]

    def only(self, wanted: NDArray[np.bool_]) -> "HandedIn":
        """The same grids with some of the assignments."""
        names = ("row_grid", "worker", "at", "assignment", "seen", "selected")
        return replace(self, **{name: getattr(self, name)[wanted] for name in names})

    def bits(self, bitmaps: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Bitmaps as 0 and 1, shape (..., size)."""
        return np.unpackbits(bitmaps, axis=1, count=self.size, bitorder="little")


def read(target_class_ids: Sequence[int], *, until: datetime | None = None) -> list[HandedIn]:
    """What was handed in for these classes, perhaps only by some time; one block for each size of grid."""
    ids = list(target_class_ids)
    rows = _packed(ASSIGNMENTS, (ids, until))
    grids = _packed(GRIDS, (ids,))  # after the assignments, so that every one of them finds its grid
    return [_block(size, packed, rows.get(size, b"")) for size, packed in sorted(grids.items())]


def _packed(statement: str, parameters: Sequence[Any]) -> dict[int, bytes]:
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        copy.set_types(["int4", "bytea"])
        return dict(copy.rows())


def _block(size: int, grids: bytes, rows: bytes) -> HandedIn:
    bitmap = ("u1", (size + 7) // 8)
    element = [("length", ">i4"), ("id", ">i8")]
    of_grids = _records(
        grids,
        [
            ("grid", ">i8"),
            ("target_class", ">i8"),
            ("header", ARRAY_HEADER),
            ("candidates", element, size),
            *((name, *bitmap) for name in ("measured", "positive", "negative")),
        ],
    )
    of_rows = _records(
        rows,
        [
            *((name, ">i8") for name in ("grid", "worker", "at", "assignment")),
            ("seen", *bitmap),
            ("selected", *bitmap),
        ],
    )
    grid = _numbers(of_grids["grid"])
    return HandedIn(
        size=size,
        grid=grid,
        target_class=_numbers(of_grids["target_class"]),
        candidate=_numbers(of_grids["candidates"]["id"]),
        measured=np.ascontiguousarray(of_grids["measured"]),
        positive=np.ascontiguousarray(of_grids["positive"]),
        negative=np.ascontiguousarray(of_grids["negative"]),
        row_grid=np.searchsorted(grid, _numbers(of_rows["grid"])),
        worker=_numbers(of_rows["worker"]),
        at=_numbers(of_rows["at"]),
        assignment=_numbers(of_rows["assignment"]),
        seen=np.ascontiguousarray(of_rows["seen"]),
        selected=np.ascontiguousarray(of_rows["selected"]),
    )


def _records(packed: bytes, fields: list[Any]) -> NDArray[Any]:
    return np.frombuffer(packed, dtype=np.dtype(fields))


def _numbers(values: NDArray[Any]) -> NDArray[np.int64]:
    return values.astype(np.int64)
