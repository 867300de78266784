"""More workers for each grid of a batch that is with workers, in as many places more."""

import math
from datetime import datetime

from django.db import transaction

from annotation import hits, postings
from annotation.errors import CannotLaunch
from annotation.models import Batch, Launch, Posting
from annotation.platforms.paid import PaidPlatform, Unit
from annotation.postings.rounds import refuse_other_platform


def widen(*, batch: Batch, num_assignments: int, platform: PaidPlatform, now: datetime) -> None:
    """Let each grid be judged by so many, all in all. The platform is asked its fee here; the next `go_on` tells it."""
    refuse_other_platform(batch, platform.name)
    batch.refresh_from_db()
    _refuse_meanwhile(batch)
    _refuse_higher_fee(batch, num_assignments, platform)
    with transaction.atomic():
        hits.widen(batch=batch, num_assignments=num_assignments)
        posting = batch.postings.first()
        if posting is not None:  # no call is made within the transaction: the limit is none
            most = postings.most_places(batch, platform, posting.num_grids)
            postings.extend(batch=batch, platform=platform, num_places=most, now=now, limit=0)
            postings.refuse_without_second(batch, postings.bound(batch), now=now)


def _refuse_meanwhile(batch: Batch) -> None:
    """A posting remembers one change only, and one that is paused can't get places."""
    if batch.paused_at is not None:
        raise CannotLaunch(f"{batch} is paused; resume it, then add workers.")
    launch = Launch.objects.filter(batch=batch).first()
    if launch is not None and launch.is_pilot:
        raise CannotLaunch("Only the pilot is put up so far; put up the rest, then add workers.")
    told = batch.postings.filter(state__in=[Posting.State.OPEN, Posting.State.PAUSED]).exclude(pending="")
    if told.exists() or batch.postings.filter(state=Posting.State.PAUSED).exists():
        raise CannotLaunch(f"{batch.platform} is still being told of another change; try again in a few minutes.")


def _refuse_higher_fee(batch: Batch, num_assignments: int, platform: PaidPlatform) -> None:
    """A platform that takes more for each place of a larger posting would spend what nobody has agreed to."""
    posting = batch.postings.first()
    if posting is None:
        return
    is_hit = platform.capabilities.unit is Unit.HIT
    places = num_assignments if is_hit else batch.hits.count() * num_assignments // posting.num_grids
    fee = math.ceil(platform.fee(pay_minor_units=posting.pay_minor_units, num_places=places) / places)
    if fee > posting.fee_minor_units:
        raise CannotLaunch(
            f"{platform.name} takes a higher fee for so many places, and keeps what was put up below that number; "
            "launch a top-up instead."
        )
