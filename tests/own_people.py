"""A paid batch of one's own people with its books kept: what tests of statements, pages and messages begin with."""

from datetime import datetime
from typing import Any

from annotation import postings
from annotation.models import Batch, Place, Study
from annotation.payments import paying
from annotation.platforms.own import OwnPlatform
from tests import cast

TEXT = postings.Text(
    title="Find the bows",
    description="Look at grids of pictures.",
    address="https://twin.example/start/",
    seconds_allowed=3600,
    seconds_estimated=540,
    lasts_seconds=7 * 86_400,
)


def paid_batch(study: Study, num_grids: int = 3, num_assignments: int = 3, **fields: Any) -> Batch:
    """Put up for one's own people at 30 cents a grid."""
    target_class = study.target_classes.first() or cast.target_class(study)
    grids = [cast.grid(target_class, [cast.candidate(target_class)]) for _ in range(num_grids)]
    return put_up(cast.batch(study, grids, num_assignments, **{"pay_minor_units": 30, "currency": "EUR"} | fields))


def put_up(batch: Batch) -> Batch:
    """Begin the books of a paid batch."""
    platform = OwnPlatform(batch.platform)
    postings.prepare(batch=batch, platform=platform, now=cast.NOW)
    postings.post_next(batch=batch, platform=platform, text=TEXT, now=cast.NOW)
    return batch


def take_in(batch: Batch, *, now: datetime) -> list[Place]:
    """What was handed in has its places."""
    postings.learn(batch=batch, platform=OwnPlatform(batch.platform), now=now)
    return list(Place.objects.filter(posting__batch=batch).order_by("id"))


def pay_due(batch: Batch, *, now: datetime) -> paying.Payday:
    return paying.pay_due(batch=batch, platform=OwnPlatform(batch.platform), now=now)
