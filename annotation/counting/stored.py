"""Counts as they stand in the table, read and written as arrays: what has changed is replaced, by binary COPY."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.counting.counts import Counts

STORED = """
COPY (
    SELECT string_agg(int8send(f.candidate_id) || int4send(f.num_selected) || int4send(f.num_seen), ''::bytea)
    FROM annotation_selectionfrequency f JOIN annotation_candidate c ON c.id = f.candidate_id
    WHERE f.judgement_filter_id = %s AND c.target_class_id = ANY(%s::bigint[])
) TO STDOUT (FORMAT BINARY)
"""
REMOVE = """
DELETE FROM annotation_selectionfrequency WHERE judgement_filter_id = %s AND candidate_id = ANY(%s::bigint[])
"""
WRITE = """
COPY annotation_selectionfrequency (judgement_filter_id, candidate_id, num_selected, num_seen)
FROM STDIN (FORMAT BINARY)
"""
COLUMNS = {"judgement_filter": ">i8", "candidate": ">i8", "num_selected": ">i4", "num_seen": ">i4"}
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def replace(judgement_filter_id: int, target_class_ids: Sequence[int], counts: Counts) -> None:
    """Make the table say this of the classes' candidates, and nothing else; what it says already is not touched."""
    old = _stored(judgement_filter_id, target_class_ids)
    place = np.searchsorted(counts.candidate, old.candidate)
    inside = np.minimum(place, len(counts.candidate) - 1)
    same = np.zeros(len(old.candidate), dtype=np.bool_)
    if len(counts.candidate):
        names = ("candidate", "num_selected", "num_seen")
        same = np.all([getattr(counts, name)[inside] == getattr(old, name) for name in names], axis=0)
    fresh = np.ones(len(counts.candidate), dtype=np.bool_)
    fresh[place[same]] = False
    with connection.cursor() as cursor:
        if not same.all():
            cursor.execute(REMOVE, (judgement_filter_id, old.candidate[~same].tolist()))
        if fresh.any():
            with cursor.copy(WRITE) as copy:
                copy.write(_records(judgement_filter_id, counts, fresh))


def _stored(judgement_filter_id: int, target_class_ids: Sequence[int]) -> Counts:
    with connection.cursor() as cursor, cursor.copy(STORED, (judgement_filter_id, list(target_class_ids))) as copy:
        copy.set_types(["bytea"])
        [(packed,)] = copy.rows()
    fields = [(name, kind) for name, kind in COLUMNS.items() if name != "judgement_filter"]
    rows = np.frombuffer(packed or b"", dtype=np.dtype(fields))
    return Counts(*(rows[name].astype(np.int64) for name, _ in fields))


def _records(judgement_filter_id: int, counts: Counts, wanted: NDArray[np.bool_]) -> bytes:
    """Rows as binary COPY takes them: the number of columns, then each with its length in bytes."""
    fields: list[Any] = [("num_columns", ">i2")]
    for name, kind in COLUMNS.items():
        fields += [(f"{name}_bytes", ">i4"), (name, kind)]
    rows = np.empty(np.count_nonzero(wanted), dtype=np.dtype(fields))
    rows["num_columns"], rows["judgement_filter"] = len(COLUMNS), judgement_filter_id
    for name, kind in COLUMNS.items():
        rows[f"{name}_bytes"] = np.dtype(kind).itemsize
        if name != "judgement_filter":
            rows[name] = getattr(counts, name)[wanted]
    return HEADER + rows.tobytes() + TRAILER
