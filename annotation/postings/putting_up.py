"""Postings: the only writer of `Posting`.

What is to be so is written first, as waiting or pending; then the platform is told, by the posting's token. Whatever is
cut short is done again by the same verb, or by `carry_out`, and finds what is there already.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.crypto import salted_hmac

from annotation.errors import CannotLaunch
from annotation.models import Assignment, Batch, Posting
from annotation.platforms import paid
from annotation.platforms.paid import PaidPlatform, Posted, Unit
from annotation.postings.budgets import refuse_over_budget
from annotation.postings.rounds import COME_BACK, Round, alone, refuse_other_platform, somebody_else

State, Change = Posting.State, Posting.Change
TOKEN_LENGTH = 40
TELLING = 7_310  # any number of its own, for the lock of who speaks with the platform about a batch
LIMIT = 100
RECENT = timedelta(hours=12)
FROM = {Change.EXTEND: [State.OPEN], Change.PAUSE: [State.OPEN], Change.RESUME: [State.PAUSED]}
TO = {Change.PAUSE: State.PAUSED, Change.RESUME: State.OPEN, Change.CLOSE: State.CLOSED}


@dataclass(frozen=True, kw_only=True)
class Text:
    """What workers are told, the same for every posting of a batch; given with each round."""

    title: str
    description: str
    keywords: tuple[str, ...] = ()
    address: str
    """Where workers start; the posting's token and a stroke are added."""
    seconds_allowed: int
    seconds_estimated: int
    lasts_seconds: int
    completion_code: str = ""
    allowed_group: str = ""
    blocked_group: str = ""
    stopped_group: str = ""

    def of(self, posting: Posting, *, now: datetime) -> paid.Posting:
        told = {name: value for name, value in vars(self).items() if name != "address"}
        return paid.Posting(
            token=posting.token,
            is_recent=now < posting.prepared_at + RECENT,
            address=f"{self.address}{posting.token}/",
            num_places=posting.num_places,
            pay_minor_units=posting.pay_minor_units,
            currency=posting.batch.currency,
            **told,
        )


def prepare(
    *, batch: Batch, platform: PaidPlatform, now: datetime, num_grids: int = 1, num_places: int | None = None
) -> int:
    """Write down all that is to be put up, within the budget, and how many that is. Nothing is asked but the fee.

    Asked for again, it adds what the batch has got since. Of a closed batch it is written down as closed, whatever the
    budget holds: only places that were taken cost anything.

    A posting of a HIT has a place for each of its workers. One of a whole batch has so many `num_places`, each of
    `num_grids` grids; all that the batch has, where nothing is said.
    """
    _refuse_unfit(batch, platform, num_grids)
    if not _lacking(batch, platform):
        return batch.postings.count()
    most = most_places(batch, platform, num_grids)
    places = most if num_places is None else num_places
    if not 1 <= places <= most:
        raise CannotLaunch(f"{places} places: the batch has free slots for 1 to {most}.")
    pay = batch.pay_minor_units * num_grids
    fee = math.ceil(platform.fee(pay_minor_units=pay, num_places=places) / places)
    with transaction.atomic():
        locked = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        rows = [
            Posting(
                batch=locked,
                hit_id=hit,
                token=_token(locked, hit),
                num_places=places,
                num_grids=num_grids,
                pay_minor_units=pay,
                fee_minor_units=fee,
                prepared_at=now,
            )
            for hit in _lacking(locked, platform)
        ]
        if locked.is_open:
            refuse_over_budget(locked, more=len(rows) * places * (pay + fee))
        Posting.objects.bulk_create(rows)
        if not locked.is_open:
            close_here(batch=locked)
        return locked.postings.count()


def _lacking(batch: Batch, platform: PaidPlatform) -> Sequence[int | None]:
    """What has no posting yet: HITs, by their ids, or the batch as a whole; more HITs may come after a pilot."""
    if platform.capabilities.unit is Unit.HIT:
        return list(batch.hits.filter(posting=None).order_by("id").values_list("pk", flat=True))
    return [] if batch.postings.exists() else [None]


def most_places(batch: Batch, platform: PaidPlatform, num_grids: int) -> int:
    """For how many places a posting has slots here; those that a take-down has removed are none."""
    if platform.capabilities.unit is Unit.HIT:
        return batch.num_assignments
    return Assignment.objects.filter(hit__batch=batch).count() // num_grids


def post_next(
    *,
    batch: Batch,
    platform: PaidPlatform,
    text: Text,
    now: datetime,
    limit: int = LIMIT,
    first: int | None = None,
) -> Round:
    """Put up the next postings that wait; none while the batch is paused. Safe to repeat after being cut short.

    Of a pilot, none but so many that come `first` in the batch, whatever became of these.
    """
    refuse_other_platform(batch, platform.name)
    batch.refresh_from_db()
    waiting = batch.postings.filter(state=State.WAITING, pending="")
    if first is not None:
        waiting = waiting.filter(pk__in=list(batch.postings.order_by("id").values_list("pk", flat=True)[:first]))
    if not batch.is_open:
        raise CannotLaunch(f"{batch} is closed: nothing more is put up.")
    refuse_over_budget(batch)
    with alone(batch, TELLING) as is_alone:
        if not is_alone:
            return somebody_else()
        done = Round()
        # Those that the platform left in doubt come last, so that one that always fails holds up nobody.
        for posting in waiting.order_by(F("asked_at").asc(nulls_first=True), "id")[:limit]:
            if waiting.filter(pk=posting.pk).exists():  # nobody has paused or closed the batch meanwhile
                _post(done, posting, platform=platform, text=text, now=now)
            if done.is_over:
                break
    done.num_left = waiting.count()
    return done


def put_back(*, batch: Batch, now: datetime) -> int:
    """Let what the platform refused be tried again, as after its text was mended; how many these are."""
    refused = Posting.objects.filter(batch=batch, state=State.REFUSED)
    return int(refused.update(state=State.WAITING, refusal="", asked_at=now))


def extend(*, batch: Batch, platform: PaidPlatform, num_places: int, now: datetime, limit: int = LIMIT) -> Round:
    """Raise the places of each posting to that many in all; the batch must have the slots, and the budget the money."""
    with transaction.atomic():
        locked = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
        open_ones = locked.postings.filter(state__in=[State.WAITING, State.OPEN], num_places__lt=num_places)
        for posting in locked.postings.all()[:1]:
            most = most_places(locked, platform, posting.num_grids)
            if num_places > most:
                raise CannotLaunch(f"{num_places} places: the batch has slots for {most}. Top it up first.")
        more = sum((num_places - each.num_places) * each.cost_of_place for each in open_ones)
        refuse_over_budget(locked, more=more)
        # What was refused is to have as many, should it be put back.
        unposted = locked.postings.filter(state__in=[State.WAITING, State.REFUSED], num_places__lt=num_places)
        unposted.update(num_places=num_places)
        open_ones.filter(state=State.OPEN, pending="").update(num_places=num_places, pending=Change.EXTEND)
    return carry_out(batch=batch, platform=platform, now=now, limit=limit)


def pause(*, batch: Batch, platform: PaidPlatform, now: datetime, limit: int = LIMIT) -> Round:
    """Let nobody take a place until `resume`; who has one goes on, and nothing more is put up."""
    return _change(batch, Change.PAUSE, platform=platform, now=now, limit=limit)


def resume(*, batch: Batch, platform: PaidPlatform, now: datetime, limit: int = LIMIT) -> Round:
    """Let places be taken again."""
    return _change(batch, Change.RESUME, platform=platform, now=now, limit=limit)


def close(*, batch: Batch, platform: PaidPlatform, now: datetime, limit: int = LIMIT) -> Round:
    """Let nobody take a place any more, and put up nothing that waits; goes before whatever else is pending."""
    close_here(batch=batch)
    return carry_out(batch=batch, platform=platform, now=now, limit=limit)


def close_here(*, batch: Batch) -> None:
    """The same in the books only; `carry_out` tells the platform."""
    _close(Posting.objects.filter(batch=batch))


def close_stopped(*, batch: Batch) -> None:
    """The same for HITs that nobody begins any more, as a picture of theirs was taken down."""
    _close(Posting.objects.filter(batch=batch, hit__stopped_at__isnull=False))


def carry_out(*, batch: Batch, platform: PaidPlatform, now: datetime, limit: int = LIMIT) -> Round:
    """Tell the platform what it may not know yet."""
    refuse_other_platform(batch, platform.name)
    pending = Posting.objects.filter(batch=batch).exclude(pending="").exclude(state=State.WAITING)
    with alone(batch, TELLING) as is_alone:
        if not is_alone:
            return somebody_else()
        done = Round()
        listing: dict[str, Posted] | None = None
        for posting in pending.order_by(F("asked_at").asc(nulls_first=True), "id")[:limit]:
            if not posting.external_id and listing is None:  # it may be there: its answer was lost
                listing = _listed(done, platform)
                if done.is_over:
                    break
            call = partial(_tell, posting, platform=platform, listing=listing or {}, now=now)
            done.ask(
                call,
                about=str(posting),
                refused=partial(_told, posting),
                uncertain=partial(asked, posting=posting, now=now),
            )
            if done.is_over:
                break
    done.num_left = pending.count()
    return done


@transaction.atomic
def adopt(*, posting: Posting, posted: Posted, now: datetime) -> None:
    """The platform has it; where it was closed here meanwhile, that is to be told."""
    row = Posting.objects.select_for_update().get(pk=posting.pk)
    row.external_id, row.posted_at, row.refusal = posted.external_id, now, ""
    if row.state == State.CLOSED:
        row.pending = Change.CLOSE
    else:
        row.state = State.PAUSED if row.pending == Change.PAUSE else State.OPEN
    row.save(update_fields=["external_id", "posted_at", "refusal", "state", "pending"])
    posting.external_id, posting.state, posting.pending = row.external_id, row.state, row.pending


def close_again(*, posting: Posting) -> None:
    """It is open there, though it was closed here: let the platform be told once more."""
    Posting.objects.filter(pk=posting.pk, state=State.CLOSED).update(pending=Change.CLOSE)


def asked(*, posting: Posting, now: datetime) -> None:
    """Note that the platform was asked about it, so that others come first the next time."""
    Posting.objects.filter(pk=posting.pk).update(asked_at=now)
    posting.asked_at = now


def _close(rows: QuerySet[Posting]) -> None:
    live = rows.exclude(state__in=[State.CLOSED, State.REFUSED])
    live.update(state=State.CLOSED, pending=Change.CLOSE, refusal="")


def _change(batch: Batch, change: Posting.Change, *, platform: PaidPlatform, now: datetime, limit: int) -> Round:
    """What is pending comes first, since a posting remembers one change only."""
    before = carry_out(batch=batch, platform=platform, now=now, limit=limit)
    if before.num_left:
        return before
    rows: QuerySet[Posting] = Posting.objects.filter(batch=batch, state__in=FROM[change], pending="")
    rows.update(state=TO[change], pending=change, refusal="")
    # What waits is paused by not being put up; where it is being put up at this moment, the platform is told after.
    waits, becomes = ("", Change.PAUSE) if change == Change.PAUSE else (Change.PAUSE, "")
    Posting.objects.filter(batch=batch, state=State.WAITING, pending=waits).update(pending=becomes)
    return carry_out(batch=batch, platform=platform, now=now, limit=limit)


def _post(done: Round, posting: Posting, *, platform: PaidPlatform, text: Text, now: datetime) -> None:
    def put_up() -> None:
        adopt(posting=posting, posted=platform.post(text.of(posting, now=now)), now=now)

    done.ask(
        put_up,
        about=str(posting),
        refused=lambda why: _refuse(posting, why),
        uncertain=partial(asked, posting=posting, now=now),
    )


def _tell(posting: Posting, *, platform: PaidPlatform, listing: dict[str, Posted], now: datetime) -> None:
    if not posting.external_id:
        if posting.token not in listing:
            return _told(posting)
        adopt(posting=posting, posted=listing[posting.token], now=now)
    if posting.pending == Change.EXTEND:
        token = f"{posting.token}-{posting.num_places}"
        platform.extend(posting.external_id, num_places=posting.num_places, token=token)
    elif posting.pending == Change.PAUSE:
        platform.pause(posting.external_id)
    elif posting.pending == Change.RESUME:
        platform.resume(posting.external_id)
    else:
        platform.close(posting.external_id)
    return _told(posting)


def _listed(done: Round, platform: PaidPlatform) -> dict[str, Posted] | None:
    found: dict[str, Posted] = {}

    def look() -> None:
        found.update({each.token: each for each in platform.postings() if each.token})

    done.ask(look, about="The list of postings", refused=lambda why: None, uncertain=lambda: None)
    is_known = done.num_done > 0 and not done.problems
    done.num_done -= 1 if is_known else 0
    if not is_known and done.come_back_after is None:
        done.come_back_after = COME_BACK
    return found if is_known else None


def _told(posting: Posting, refusal: str = "") -> None:
    """This change is pending no more, though it was refused; another that came meanwhile is."""
    same = Posting.objects.filter(pk=posting.pk, pending=posting.pending, num_places=posting.num_places)
    same.update(pending="", refusal=refusal)


def _refuse(posting: Posting, why: str) -> None:
    Posting.objects.filter(pk=posting.pk, state=State.WAITING).update(state=State.REFUSED, refusal=why)


def _refuse_unfit(batch: Batch, platform: PaidPlatform, num_grids: int) -> None:
    can = platform.capabilities
    refuse_other_platform(batch, platform.name)
    if not batch.is_paid:
        raise CannotLaunch(f"{batch} is unpaid: {platform.name} needs a pay for each grid.")
    if can.currencies and batch.currency not in can.currencies:
        raise CannotLaunch(f"{platform.name} pays in {' or '.join(can.currencies)}, not in {batch.currency}.")
    if num_grids < 1 or (can.unit is Unit.HIT and num_grids != 1):
        raise CannotLaunch(f"{num_grids} grids for one place: {platform.name} takes one grid at a time.")


def _token(batch: Batch, hit_id: int | None) -> str:
    """The same for the same posting, on any machine; another in other installations, which may share an account."""
    return salted_hmac("annotation.posting", f"{batch.pk}:{hit_id or ''}", algorithm="sha256").hexdigest()[
        :TOKEN_LENGTH
    ]
