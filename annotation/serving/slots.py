"""The statements that serve grids; each reads a handful of rows, however many there are.

Claiming and the ordinary way of handing in are functions of the database, one round trip each: the migration
`claiming` has their text.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from annotation.models import HIT, Assignment, Batch, Example, Grid, Progress, Study, TargetClass
from annotation.serving import prepared

# Whoever a study gives no more grids may hold no further lease, so that claiming finds them none. The index of such
# enrolments is nearly empty: for anybody else, this is one look into it.
MOST_IN_BATCH = """
CASE WHEN EXISTS (
    SELECT 1 FROM annotation_enrolment e JOIN annotation_batch b ON b.study_id = e.study_id
    WHERE e.worker_id = w.id AND e.stopped_at IS NOT NULL AND b.id = {of_batch}
) THEN 0 ELSE %s END
"""
CLAIM = f"""
SELECT {prepared.columns(Assignment, "a")}
FROM annotation_worker w, LATERAL annotation_claim(w.id, %s, %s, {MOST_IN_BATCH.format(of_batch="%s")}, %s) a
WHERE w.id = %s
"""  # noqa: S608
# Whoever has come for a place elsewhere gets no further grid by handing one in: how many belong to it is asked then.
MOST_AT_ONCE = f"CASE WHEN w.platform = ANY (%s) THEN 0 ELSE {MOST_IN_BATCH} END"
OF_BATCH = "(SELECT h.batch_id FROM annotation_assignment m JOIN annotation_hit h ON h.id = m.hit_id WHERE m.id = %s)"
# Through the worker's row, so that who has revoked the link does nothing by it.
HAND_IN = f"""
SELECT of_class, next_id
FROM annotation_worker w, LATERAL annotation_hand_in(
    %s, w.id, %s::integer[], %s::integer[], %s, %s, {MOST_AT_ONCE.format(of_batch=OF_BATCH)}
)
WHERE w.id = %s AND w.link_number = %s
"""  # noqa: S608

HAS_MET = "SELECT annotation_has_met(%s, %s, %s, NULL)"

# What the worker has handed in in the study, by currency: how many, and what they earn.
DONE = """
SELECT json_object_agg(currency, ARRAY[num_done, pay])
FROM (
    SELECT of_it.currency, count(*) AS num_done, sum(of_it.pay_minor_units) AS pay
    FROM annotation_assignment mine
    JOIN annotation_hit met ON met.id = mine.hit_id
    JOIN annotation_batch of_it ON of_it.id = met.batch_id
    WHERE mine.worker_id = a.worker_id AND mine.submitted_at IS NOT NULL AND of_it.study_id = b.study_id
    GROUP BY of_it.currency
) of_study
"""
TAUGHT = """
SELECT json_agg(json_build_array(e.id, e.shows_class, e.caption) ORDER BY e.id)
FROM annotation_example e
WHERE e.target_class_id = t.id
"""
REPORTED = """
SELECT array_agg(c.candidate_id)
FROM annotation_complaint c
WHERE c.worker_id = a.worker_id AND c.candidate_id = ANY (g.candidate_ids)
"""
# With all that a page of the grid shows: rows in this order, then the three above and the number of its worker's links.
ROWS = {"a": Assignment, "h": HIT, "b": Batch, "s": Study, "g": Grid, "t": TargetClass}
LOOK_UP = f"""
SELECT {", ".join(prepared.columns(model, alias) for alias, model in ROWS.items())}, ({DONE}), ({TAUGHT}), ({REPORTED}),
    w.link_number
FROM annotation_assignment a
LEFT JOIN annotation_worker w ON w.id = a.worker_id
JOIN annotation_hit h ON h.id = a.hit_id
JOIN annotation_batch b ON b.id = h.batch_id
JOIN annotation_study s ON s.id = b.study_id
JOIN annotation_grid g ON g.id = h.grid_id
JOIN annotation_targetclass t ON t.id = g.target_class_id
WHERE a.id = %s
"""  # noqa: S608  # names of columns and nothing else

LINKS = [("a", "hit", "h"), ("h", "batch", "b"), ("h", "grid", "g"), ("b", "study", "s"), ("g", "target_class", "t")]


@dataclass(frozen=True)
class Answer:
    """What a worker hands in: the positions selected, and those whose image did not load."""

    assignment_id: int
    worker_id: int
    link_number: int
    """Of the worker's links; those with another have been revoked."""
    selected: Sequence[int]
    not_seen: Sequence[int]
    key: UUID | None


@dataclass(frozen=True)
class HandedIn:
    """What follows from a grid handed in: the class to count again, and the next slot claimed."""

    target_class_id: int
    next_id: int | None


@dataclass(frozen=True)
class PlaceProgress:
    """How far a worker is with the grids that belong to their place on a platform."""

    num_done: int
    num_grids: int

    @property
    def is_complete(self) -> bool:
        return self.num_done >= self.num_grids


@dataclass(frozen=True)
class Found:
    """An assignment with all that it hangs on."""

    assignment: Assignment
    examples: list[Example]
    """Of its class; of each only what is shown is known."""
    progress: Progress
    """What its worker has done in the study."""
    reported: set[int]
    """The positions whose images its worker has complained about."""
    link_number: int | None
    """Of its worker's links; none where nobody has it."""
    place: PlaceProgress | None = None
    """How far they are with what belongs to their place, where a platform sent them."""


def claim(worker_id: int, *, batch: Batch, most: int, now: datetime, besides: int | None = None) -> Assignment | None:
    """The slot this worker has (`besides` one they are busy with) or a free one, from now theirs; else none."""
    row = prepared.fetch(CLAIM, [batch.pk, now, batch.pk, most, besides, worker_id])
    return None if row is None else prepared.instance(Assignment, row)


def has_met(worker_id: int, *, grid_id: int, now: datetime) -> bool:
    """Whether the worker has met an image of this grid in any that they handed in, or that is theirs now."""
    row = prepared.fetch(HAS_MET, [worker_id, grid_id, now])
    assert row is not None
    return bool(row[0])


def hand_in(answer: Answer, *, most: int, now: datetime, outside: Collection[str] = ()) -> HandedIn | None:
    """Hand in and claim the next slot; none, and nothing done, where not all is as usual.

    Workers of the platforms `outside` are claimed no next one.
    """
    taken = answer.assignment_id
    values = [taken, list(answer.selected), list(answer.not_seen), answer.key, now, list(outside), taken, most]
    row = prepared.fetch(HAND_IN, [*values, answer.worker_id, answer.link_number])
    return None if row is None else HandedIn(*row)


def look_up(assignment_id: int) -> Found | None:
    """What the page of a grid shows, in one query."""
    row = prepared.fetch(LOOK_UP, [assignment_id])
    if row is None:
        return None
    found: dict[str, Any] = {}
    start = 0
    for alias, model in ROWS.items():
        found[alias] = prepared.instance(model, row, start)
        start += len(model._meta.concrete_fields)
    for one, name, other in LINKS:
        found[one]._meta.get_field(name).set_cached_value(found[one], found[other])
    done, taught, complained, link_number = row[-4:]
    examples = [Example.from_db("default", ["id", "shows_class", "caption"], values) for values in taught or []]
    reported = {position for position, each in enumerate(found["g"].candidate_ids) if each in (complained or [])}
    return Found(found["a"], examples, Progress.of(done or {}), reported, link_number)
