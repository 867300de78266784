"""How far a batch is, and how fast it is worked on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from annotation.models import Assignment, Batch, Launch, Study

WINDOW = timedelta(hours=1)  # of which the present pace is told
MOST_TIMED = 1_000  # grids of which the time is looked at; of more, every so many-th HIT
# One pass, grouped by worker: counting distinct ones would sort all. A HIT has as many slots as its batch says.
SLOTS = """
SELECT sum(submitted), sum(held), count(*) FILTER (WHERE submitted > 0), sum(lately), sum(seen)
FROM (
    SELECT count(a.submitted_at) AS submitted,
        count(*) FILTER (WHERE a.submitted_at IS NULL AND a.lease_expires_at > %s) AS held,
        count(*) FILTER (WHERE a.submitted_at > %s AND a.submitted_at <= %s) AS lately,
        sum(bit_count(a.seen)) AS seen
    FROM annotation_assignment a
    JOIN annotation_hit h ON h.id = a.hit_id
    WHERE h.batch_id = %s AND a.worker_id IS NOT NULL
    GROUP BY a.worker_id
) of_worker
"""
# From the claim, or from what the worker handed in before where that was later: grids are claimed ahead. Late ones were
# perhaps only claimed when they were handed in.
SECONDS = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
FROM (
    SELECT extract(epoch FROM a.submitted_at - greatest(a.claimed_at, (
        SELECT max(before.submitted_at) FROM annotation_assignment before
        WHERE before.worker_id = a.worker_id AND before.submitted_at < a.submitted_at
    )))::float8 AS seconds
    FROM annotation_hit h
    JOIN annotation_assignment a ON a.hit_id = h.id
    WHERE h.batch_id = %s AND h.id %% %s = 0 AND a.submitted_at IS NOT NULL AND NOT a.is_late
) spent
WHERE seconds > 0
"""


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Counts of a batch's assignments."""

    num_hits: int
    num_slots: int
    num_submitted: int
    num_held: int
    num_workers: int
    num_lately: int
    """Handed in within the last hour, or since the batch was launched."""
    num_seen: int
    """Images that were seen, controls included."""
    seconds_lately: float

    @property
    def seconds_to_finish(self) -> float | None:
        """At this pace; None where nothing was handed in lately."""
        if not self.num_lately or self.seconds_lately <= 0:
            return None
        return (self.num_slots - self.num_submitted) * self.seconds_lately / self.num_lately


def ends_at(batch: Batch, launch: Launch) -> datetime:
    """When it closes by itself. The time runs anew once what comes after the pilot may be put up."""
    return max(batch.launched_at, launch.rest_at or batch.launched_at) + timedelta(seconds=launch.lasts_seconds)


def slots(batch: Batch, *, now: datetime) -> Slots:
    since = max(now - WINDOW, batch.launched_at)
    stopped = Count("pk", filter=Q(stopped_at__isnull=False))
    num_hits, num_stopped = batch.hits.aggregate(num_hits=Count("pk"), num_stopped=stopped).values()
    row = [int(value or 0) for value in _row(SLOTS, [now, since, now, batch.pk])]
    names = ("num_submitted", "num_held", "num_workers", "num_lately", "num_seen")
    return Slots(
        num_hits=num_hits,
        num_slots=num_hits * batch.num_assignments - (_num_lost(batch) if num_stopped else 0),
        seconds_lately=(now - since).total_seconds(),
        **dict(zip(names, row, strict=True)),
    )


def _num_lost(batch: Batch) -> int:
    """Slots that went with a picture that was taken down."""
    stopped = batch.hits.filter(stopped_at__isnull=False).annotate(num_left=Count("assignments"))
    return sum(batch.num_assignments - num_left for num_left in stopped.values_list("num_left", flat=True))


def median_seconds(batch: Batch, *, num_submitted: int) -> float | None:
    """For one grid; None where nothing was handed in that says so."""
    (seconds,) = _row(SECONDS, [batch.pk, one_in(num_submitted, MOST_TIMED)])
    return None if seconds is None else float(seconds)


def measured(study: Study) -> tuple[Batch, int] | None:
    """The newest batch that people have handed in something of, and the seconds that one grid took them; or none."""
    done = Assignment.objects.filter(hit__batch=OuterRef("pk"), submitted_at__isnull=False)
    rows = study.batches.filter(Exists(done), is_simulated=False, imported_from="")
    batch: Batch | None = rows.order_by("-id").first()
    if batch is None:
        return None
    num_submitted = Assignment.objects.filter(hit__batch=batch, submitted_at__isnull=False).count()
    seconds = median_seconds(batch, num_submitted=num_submitted)
    return None if seconds is None else (batch, max(1, math.ceil(seconds)))


def one_in(number: int, most: int) -> int:
    """Every so many-th is enough, so that about as many as `most`, never fewer, are looked at."""
    return max(1, number // most)


def _row(statement: str, values: Sequence[Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: Sequence[Any] = cursor.fetchone()
    return row
