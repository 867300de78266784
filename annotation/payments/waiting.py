"""Which batches are to have a round of calls to their platform, and which postings nobody has asked about lately.

Every way in which something may be left undone is found here, from the rows alone: whoever asked for it may be gone.
"""

from datetime import datetime, timedelta

from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from annotation.models import HIT, Assignment, Batch, LedgerEntry, Place, Posting, Rejection
from annotation.payments import paying
from annotation.platforms.base import OUTSIDE, WORKFORCES
from annotation.platforms.own import OWN
from annotation.platforms.paid import Unit
from annotation.postings import keeping_away

LOOKED_AFTER = timedelta(days=60)  # since a batch expired: rejections can be reversed for 30 days
EVERY = timedelta(minutes=10)  # for what has waited a day already, such as pay
HEARD = {Unit.HIT: timedelta(minutes=20), Unit.BATCH: timedelta(minutes=2)}
"""How often the platform is asked about a posting, where no notification tells: thousands, or one for a batch."""
State = Posting.State
SECOND = timedelta(seconds=1)


def due_batches(*, now: datetime) -> QuerySet[Batch]:
    """Those that something is to be done for, the one that waits longest first."""
    waits_long = Q(last_round=None) | Q(last_round__at__lte=now - EVERY)
    rows = live_batches(now=now).exclude(last_round__come_back_at__gt=now)
    return rows.filter(_is_to_be_told(now) | _is_unheard(now) | (waits_long & _is_owed(now))).order_by(
        F("last_round__at").asc(nulls_first=True), "id"
    )


def live_batches(*, now: datetime) -> QuerySet[Batch]:
    """Those that pay and are open, or were not long ago."""
    is_young = Q(expired_at=None) | Q(expired_at__gt=now - LOOKED_AFTER)
    rows: QuerySet[Batch] = Batch.objects.filter(is_young, pay_minor_units__gt=0, imported_from="")
    return rows


def unheard(batch: Batch, *, now: datetime) -> QuerySet[Posting]:
    """Its postings that may have news, and were not asked about lately."""
    return batch.postings.filter(_has_news(batch.platform, now))


def _is_to_be_told(now: datetime) -> Q:
    """Something is to be put up, changed or closed."""
    of_batch = Posting.objects.filter(batch=OuterRef("pk"))
    begun = now - ExpressionWrapper(F("launch__lasts_seconds") * SECOND, DurationField())
    has_rest_longer = Q(launch__rest_at=None) | Q(launch__rest_at__lte=begun)  # from then on the time runs anew
    is_over = Q(launched_at__lte=begun) & has_rest_longer
    is_open = Q(expired_at=None)
    stopped = of_batch.filter(hit__stopped_at__isnull=False)
    unwritten = HIT.objects.filter(batch=OuterRef("pk"), posting=None)  # one's own people do these all the same
    return (
        Q(Exists(of_batch.filter(state=State.WAITING)))
        | Q(Exists(of_batch.exclude(pending="")))
        | Q(Exists(stopped.exclude(state__in=[State.CLOSED, State.REFUSED])))
        | is_open & ~Q(Exists(of_batch))
        | Q(Exists(unwritten), platform__in=OWN)
        | is_open & Q(closing_at=None) & is_over
        | is_open & Q(closing_at__isnull=False)
        | is_open & Q(closing_at=None) & ~Q(launch__stopped_group="") & _is_unstopped(now)
    )


def _is_unstopped(now: datetime) -> Q:
    """Its platform does not know yet who is stopped, or who is no longer."""
    of_batch = {"study": OuterRef("study"), "worker__platform": OuterRef("platform")}
    untold, returned = keeping_away.untold(now=now), keeping_away.returned(now=now)
    return Q(Exists(untold.filter(**of_batch))) | Q(Exists(returned.filter(**of_batch)))


def _is_unheard(now: datetime) -> Q:
    found = Q()
    for name in WORKFORCES:
        rows = Posting.objects.filter(_has_news(name, now), batch=OuterRef("pk"))
        found |= Q(Exists(rows), platform=name)
    return found


def _has_news(platform: str, now: datetime) -> Q:
    """One's own people hand in here; elsewhere places are taken as long as any is free or undecided."""
    if platform not in OUTSIDE:
        unknown = Assignment.objects.filter(hit=OuterRef("hit"), submitted_at__isnull=False, place=None)
        return ~Q(external_id="") & Q(Exists(unknown))
    before = now - HEARD[WORKFORCES[platform].unit]
    is_live = Q(batch__expired_at=None) | Q(batch__expired_at__gt=now - paying.GRACE)
    undecided = Place.objects.filter(posting=OuterRef("pk"), state__in=[Place.State.WORKING, Place.State.SUBMITTED])
    was_not_asked = Q(asked_at__lte=before) | Q(asked_at=None, posted_at__lte=before)
    return ~Q(external_id="") & was_not_asked & (is_live | Q(Exists(undecided)))


def _is_owed(now: datetime) -> Q:
    """Pay, or the word of a rejection."""
    due = paying.due_anywhere(now=now).filter(posting__batch=OuterRef("pk"))
    begun = LedgerEntry.objects.unsettled().filter(batch=OuterRef("pk"))
    untold = Rejection.objects.untold().filter(place__posting__batch=OuterRef("pk"))
    return Q(Exists(due)) | Q(Exists(begun)) | Q(Exists(untold))
