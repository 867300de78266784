"""Counts as they stand in the table, read and written as arrays; only what has changed is written."""

from collections.abc import Sequence

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.counting import copying
from annotation.counting.counts import Counts

# An array of the candidates, not a join: it is looked up in the index, while a join reads the whole filter each time.
STORED = """
COPY (
    SELECT string_agg(int8send(candidate_id) || int4send(num_selected) || int4send(num_seen), ''::bytea)
    FROM annotation_selectionfrequency
    WHERE judgement_filter_id = %s AND candidate_id = ANY(ARRAY(
        SELECT id FROM annotation_candidate WHERE target_class_id = ANY(%s::bigint[]) ORDER BY id))
) TO STDOUT (FORMAT BINARY)
"""
REMOVE = """
DELETE FROM annotation_selectionfrequency WHERE judgement_filter_id = %s AND candidate_id = ANY(%s::bigint[])
"""
CHANGE = """
UPDATE annotation_selectionfrequency f SET num_selected = fresh.num_selected, num_seen = fresh.num_seen
FROM unnest(%s::bigint[], %s::integer[], %s::integer[]) fresh (candidate_id, num_selected, num_seen)
WHERE f.judgement_filter_id = %s AND f.candidate_id = fresh.candidate_id
"""
ADD = """
COPY annotation_selectionfrequency (judgement_filter_id, candidate_id, num_selected, num_seen)
FROM STDIN (FORMAT BINARY)
"""
COLUMNS = {"judgement_filter": ">i8", "candidate": ">i8", "num_selected": ">i4", "num_seen": ">i4"}


def replace(judgement_filter_id: int, target_class_ids: Sequence[int], counts: Counts) -> None:
    """Make the table say this of the classes' candidates, and nothing else; what it says already is not touched."""
    old = _stored(judgement_filter_id, target_class_ids)
    place = np.searchsorted(counts.candidate, old.candidate)
    is_known = np.isin(old.candidate, counts.candidate, assume_unique=True)
    place, known = place[is_known], old.only(is_known)
    is_new = np.ones(len(counts.candidate), dtype=np.bool_)
    is_new[place] = False
    is_changed = np.zeros(len(counts.candidate), dtype=np.bool_)
    is_changed[place] = (counts.num_selected[place] != known.num_selected) | (counts.num_seen[place] != known.num_seen)
    gone, changed = old.candidate[~is_known], counts.only(is_changed)
    with connection.cursor() as cursor:
        if len(gone):
            cursor.execute(REMOVE, (judgement_filter_id, _array(gone)))
        if is_changed.any():
            columns = (changed.candidate, changed.num_selected, changed.num_seen)
            cursor.execute(CHANGE, (*map(_array, columns), judgement_filter_id))
        if is_new.any():
            with cursor.copy(ADD) as copy:
                fresh = counts.only(is_new)
                values = {name: getattr(fresh, name) for name in COLUMNS if name != "judgement_filter"}
                values["judgement_filter"] = judgement_filter_id
                copy.write(copying.packed({name: (kind, values[name]) for name, kind in COLUMNS.items()}))


def _stored(judgement_filter_id: int, target_class_ids: Sequence[int]) -> Counts:
    with connection.cursor() as cursor, cursor.copy(STORED, (judgement_filter_id, list(target_class_ids))) as copy:
        copy.set_types(["bytea"])
        [(packed,)] = copy.rows()
    fields = [(name, kind) for name, kind in COLUMNS.items() if name != "judgement_filter"]
    rows = np.frombuffer(packed or b"", dtype=np.dtype(fields))
    return Counts(*(rows[name].astype(np.int64) for name, _ in fields))


def _array(values: NDArray[np.int64]) -> str:
    """An array as PostgreSQL reads it; from a list of as many numbers the driver takes longer than the update."""
    return "{" + ",".join(map(str, values.tolist())) + "}"
