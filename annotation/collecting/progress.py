"""How far a collection has come, and what was refused, told so that a person can do something about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from annotation.models import Collection

MAX_REASONS = 50
NUM_EXAMPLES = 3
NUM_LOOKED_AT = 20_000

REASONS = """
WITH looked_at AS (
    SELECT id, source, reason FROM annotation_collectionrefusal WHERE collection_id = %s ORDER BY id LIMIT %s
)
SELECT (array_agg(reason ORDER BY id))[1], count(*), (array_agg(source ORDER BY id))[1:%s]
FROM looked_at GROUP BY regexp_replace(reason, '[0-9]+', '0', 'g')
ORDER BY count(*) DESC, min(id) LIMIT %s
"""


@dataclass(frozen=True)
class Progress:
    """Derived from the counts; nothing where it can't be said yet."""

    per_second: float | None = None
    num_left: int | None = None
    seconds_left: float | None = None

    @property
    def per_minute(self) -> float | None:
        """For what is slow."""
        return None if self.per_second is None else self.per_second * 60


@dataclass(frozen=True)
class Reason:
    """Refusals that differ in numbers alone, with the first few of them."""

    text: str
    num_refused: int
    examples: Sequence[str]


def progress_of(collection: Collection, *, now: datetime) -> Progress:
    """How fast it goes, and how long it takes yet where the source could tell how much there is."""
    seconds = ((collection.ended_at or now) - collection.started_at).total_seconds() if collection.started_at else 0.0
    per_second = collection.num_read / seconds if seconds > 0 and collection.num_read else None
    if collection.num_expected is None or collection.state == Collection.State.FINISHED:
        return Progress(per_second)
    num_left = max(collection.num_expected - collection.num_read, 0)
    return Progress(per_second, num_left, num_left / per_second if per_second else None)


def reasons_of(collection: Collection) -> list[Reason]:
    """Why images were refused, the most frequent first; of very many, only the first are looked at."""
    with connection.cursor() as cursor:
        cursor.execute(REASONS, [collection.pk, NUM_LOOKED_AT, NUM_EXAMPLES, MAX_REASONS])
        return [Reason(*row) for row in cursor.fetchall()]
