"""Going live, and going on: what was drafted becomes a batch, is put up, pauses, closes.

What is to be so is written first, in one transaction; the platform is told after. Whatever is cut short in between is
finished by the next `go_on`, which makes the postings what the batch says.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from annotation import hits, postings, workers
from annotation.errors import CannotLaunch, CannotPay, OverBudget
from annotation.launches import checking, drafting, pace
from annotation.launches.costs import Cost, grids_of, price
from annotation.models import Batch, Grid, Launch, Posting, Study, money
from annotation.platforms.base import OUTSIDE, is_configured
from annotation.platforms.paid import NoAccess, PaidPlatform, PlatformError, PlatformRefused, Unit
from annotation.postings import Round, Text
from annotation.postings.rounds import COME_BACK, refuse_other_platform

ADDRESS = "/start/"
State = Posting.State


def confirm(*, launch: Launch, typed: str, cost: int, by: Any, platform: PaidPlatform, now: datetime) -> Launch:
    """Go live, or wait for a second researcher; who confirms has typed the study's name and seen this cost.

    Confirming again what waits for a second researcher is confirming anew.
    """
    now_costs = _ready(launch, platform)
    if typed.strip() != launch.study.name.strip():
        raise CannotLaunch(f"Type the name of the study, {launch.study.name!r}, to confirm.")
    if cost != now_costs.total:
        raise CannotLaunch(f"The cost has changed: it may come to {_amount(now_costs)} now. Look again, then confirm.")
    with transaction.atomic():
        row = _locked(launch, now_costs)
        drafting.confirmed(row, by=by, cost=cost, now=now)
        if not _takes_two(row, cost, by=by, now=now):
            _go_live(row, now=now)
    return _put_down(row, platform=platform, now=now)


def second(*, launch: Launch, cost: int, by: Any, platform: PaidPlatform, now: datetime) -> Launch:
    """Go live with the word of another researcher of the study than who confirmed it; they have seen this cost."""
    now_costs = _ready(launch, platform)
    with transaction.atomic():
        row = _locked(launch, now_costs)
        if row.confirmed_by is None:
            raise CannotLaunch("Nobody has confirmed this launch yet; confirm it first.")
        if row.confirmed_by == by:
            raise CannotLaunch("You have confirmed this launch yourself: another researcher of the study must agree.")
        if not row.study.researchers.filter(pk=by.pk).exists():
            raise CannotLaunch("Only a researcher of the study can agree to its launch.")
        if cost != row.confirmed_cost:
            raise CannotLaunch("It was confirmed at another cost than you were shown. Look again, then agree.")
        if now_costs.total != row.confirmed_cost:
            raise CannotLaunch(
                f"The cost has changed since it was confirmed: it may come to {_amount(now_costs)} now. "
                "Confirm it again."
            )
        drafting.seconded(row, by=by, now=now)
        _go_live(row, now=now)
    return _put_down(row, platform=platform, now=now)


@transaction.atomic
def put_rest(*, batch: Batch, by: Any, now: datetime) -> None:
    """What comes after the pilot may be put up; `go_on` does it. Asked for again, it changes nothing."""
    launch = Launch.objects.filter(batch=batch).first()
    if launch is None or not launch.num_pilot:
        raise CannotLaunch(f"{batch} had no pilot: all of it was put up at once.")
    Study.objects.select_for_update().get(pk=batch.study_id)
    row = drafting.lock(launch)
    if row.rest_at is not None:
        return
    batch.refresh_from_db()
    if not batch.is_open:
        raise CannotLaunch(f"{batch} is closed: nothing more is put up.")
    drafting.released(row, by=by, now=now)
    if batch.platform not in OUTSIDE and (rest := _rest_of(row)):
        more = len(rest) * batch.num_assignments * batch.pay_minor_units  # one's own people cost no fee
        postings.refuse_over_budget(batch, more=more, what="The rest")
        hits.add(batch=batch, grids=rest)


def go_on(*, batch: Batch, platform: PaidPlatform, now: datetime) -> Round:
    """Make the postings what the batch says: put up what may be, carry out changes. Repeat it as the round says."""
    refuse_other_platform(batch, platform.name)
    batch.refresh_from_db()
    launch = Launch.objects.filter(batch=batch).first()
    if launch and _is_overdue(launch, batch, now):
        close(batch=batch, now=now)
    if not batch.is_open:
        return _end(batch, launch, platform=platform, now=now)
    if not batch.is_paid:
        return Round()
    try:
        prepared = _prepared(batch, launch, platform=platform, now=now)
        if prepared.is_over:
            return prepared
        postings.close_stopped(batch=batch)
        told = _keep_away(batch, launch, platform=platform, now=now)
        if told.is_over:
            return told
        if batch.paused_at is not None:
            return postings.pause(batch=batch, platform=platform, now=now).after(told)
        done = _put_up(batch, launch, platform=platform, now=now)
        return done if done.is_over else done.after(told)  # who is not let in at all reads it once
    except (CannotLaunch, CannotPay) as refusal:  # a person must do something, such as raise the budget
        return Round(problems=[str(refusal)], num_left=batch.hits.count())


def pause(*, batch: Batch, now: datetime) -> None:
    """Pause it in the books, which stops claims of one's own people; the platform is told by the next `go_on`."""
    batch.refresh_from_db()
    if not batch.is_open:
        raise CannotLaunch(f"{batch} is closed: there is nothing to pause.")
    hits.pause(batch=batch, now=now)


def resume(*, batch: Batch) -> None:
    """Resume it in the books; the platform is told by the next `go_on`."""
    batch.refresh_from_db()
    if not batch.is_open:
        raise CannotLaunch(f"{batch} is closed and can't be resumed; launch what is left as another batch.")
    hits.resume(batch=batch)


@transaction.atomic
def close(*, batch: Batch, now: datetime) -> None:
    """Let nobody take a place any more; who has one may finish. The platform is told by the next `go_on`."""
    postings.close_here(batch=batch)
    if batch.platform in OUTSIDE:
        hits.close(batch=batch, now=now)
    else:
        hits.expire(batch=batch, now=now)
        batch.refresh_from_db()


@transaction.atomic
def stop_everything(*, study: Study, now: datetime) -> list[Batch]:
    """Close all open batches of the study at once; go on with each of these, so that their platforms are told."""
    open_ones = list(study.batches.filter(expired_at=None, closing_at=None).order_by("id"))
    for batch in open_ones:
        close(batch=batch, now=now)
    return open_ones


def close_overdue(*, now: datetime) -> int:
    """Close what lasted as long as it was to and has no platform that `go_on` would be called for; how many."""
    unpaid = Launch.objects.filter(batch__pay_minor_units=0, batch__expired_at=None, batch__closing_at=None)
    num_closed = 0
    for launch in unpaid.select_related("batch"):
        if launch.batch is not None and _is_overdue(launch, launch.batch, now):
            close(batch=launch.batch, now=now)
            num_closed += 1
    return num_closed


def _is_overdue(launch: Launch, batch: Batch, now: datetime) -> bool:
    return batch.is_open and now >= pace.ends_at(batch, launch)


def text_of(batch: Batch) -> Text:
    """What workers are told of its postings."""
    launch = Launch.objects.filter(batch=batch).first()
    if launch is None:  # one's own people, who read of the study on its own pages
        return Text(
            title=batch.study.name[: checking.LONGEST_TITLE],
            description=batch.study.description or batch.study.name,
            address=address(),
            seconds_allowed=batch.lease_seconds,
            seconds_estimated=batch.lease_seconds,
            lasts_seconds=checking.LONGEST,
        )
    return Text(
        title=launch.title,
        description=launch.description,
        keywords=tuple(launch.keywords),
        address=address(),
        seconds_allowed=launch.lease_seconds * launch.num_grids,
        seconds_estimated=launch.seconds_estimated * launch.num_grids,
        lasts_seconds=launch.lasts_seconds,
        completion_code=launch.completion_code,
        allowed_group=launch.allowed_group,
        blocked_group=launch.blocked_group,
        stopped_group=launch.stopped_group,
    )


def address() -> str:
    """Where workers from outside start; the posting's token and a stroke follow."""
    return f"{settings.PUBLIC_URL}{ADDRESS}"


def _ready(launch: Launch, platform: PaidPlatform) -> Cost:
    """What it costs now; refuses what can't go live whoever says so."""
    launch.refresh_from_db()
    drafting.refuse_settled(launch)
    if platform.name != launch.platform:
        raise CannotLaunch(f"This launch is for the platform {launch.platform}, not for {platform.name}.")
    if not is_configured(launch.platform):
        raise CannotLaunch(f"{launch.platform} can't be reached: its keys are not set up here. See docs/platforms.md.")
    checking.refuse_what_it_would(launch, address=address())
    cost = price(launch=launch, platform=platform, num_hits=grids_of(launch).count())
    if not cost.num_hits:
        raise CannotLaunch("No grid of these classes waits for workers; compose grids first, or choose other classes.")
    if not cost.num_places:
        raise CannotLaunch(
            f"The batch has {cost.num_hits * launch.num_assignments} grids to judge, fewer than the {launch.num_grids} "
            "of one place; lower the grids of a place."
        )
    if cost.over_by:
        raise OverBudget(
            f"It may come to {_amount(cost)}, more than the budget of "
            f"{money.written(cost.budget or 0, cost.currency)}; raise the budget, or offer less.",
            missing=cost.over_by,
        )
    return cost


def _locked(launch: Launch, cost: Cost) -> Launch:
    """The launch with its study, both locked: nobody puts the same grids to workers meanwhile."""
    Study.objects.select_for_update().get(pk=launch.study_id)
    row = drafting.lock(launch)
    drafting.refuse_settled(row)
    if drafting.Plan.of(row) != drafting.Plan.of(launch):
        raise CannotLaunch("The launch was changed at this moment. Look again, then confirm.")
    if grids_of(row).count() != cost.num_hits:
        raise CannotLaunch("The grids that wait have changed at this moment. Look again, then confirm.")
    return row


def _takes_two(row: Launch, cost: int, *, by: Any, now: datetime) -> bool:
    """Whether this is more than the person may launch alone, with what they did of late in any study."""
    if not cost:
        return False
    postings.take_turns(by.pk)
    return postings.needs_second(cost + postings.committed_alone(by=by, currency=row.currency, now=now), row.currency)


def _go_live(row: Launch, *, now: datetime) -> None:
    """Within the transaction that holds the study: the batch, and the way in for its workers."""
    grids = list(grids_of(row))
    if row.platform not in OUTSIDE and row.num_pilot:
        grids = grids[: row.num_pilot]  # one's own people find whatever is there: the rest comes with `put_rest`
    terms = checking.terms_of(row)
    batch = hits.launch(study=row.study, grids=grids, terms=terms, now=now)
    workers.invite_everyone(study=row.study, now=now, platform=batch.platform, is_simulated=batch.is_simulated)
    drafting.went_live(row, batch=batch)


def _put_down(row: Launch, *, platform: PaidPlatform, now: datetime) -> Launch:
    """Write down what is to be put up, if it is live. Where the fee can't be asked now, `go_on` comes back to it."""
    if row.batch is not None and row.batch.is_paid:
        with suppress(PlatformError, OverBudget):
            _prepare(row.batch, row, platform=platform, now=now)
    return row


def _rest_of(launch: Launch) -> Sequence[Grid]:
    """The grids that were shown when it was confirmed and still wait."""
    of_classes = launch.study.grids.waiting().with_pictures().filter(created_at__lte=launch.confirmed_at)
    if launch.target_class_ids:
        of_classes = of_classes.filter(target_class__in=launch.target_class_ids)
    return list(of_classes.order_by("target_class__number", "number"))


def _prepare(batch: Batch, launch: Launch | None, *, platform: PaidPlatform, now: datetime) -> int:
    num_grids = launch.num_grids if launch else 1
    num_places = None
    if launch and launch.is_pilot and platform.capabilities.unit is Unit.BATCH:
        num_places = min(launch.num_pilot, postings.most_places(batch, platform, num_grids))
    return postings.prepare(batch=batch, platform=platform, now=now, num_grids=num_grids, num_places=num_places)


def _prepared(batch: Batch, launch: Launch | None, *, platform: PaidPlatform, now: datetime) -> Round:
    """Over where what is to be put up could not be written down: its fee could not be asked."""

    def write_down() -> None:
        _prepare(batch, launch, platform=platform, now=now)

    done = Round()
    done.ask(write_down, about=str(batch), refused=lambda why: None, uncertain=lambda: None)
    if done.problems or done.is_over:
        done.num_left, done.come_back_after = batch.hits.count(), done.come_back_after or COME_BACK
    return done


def _keep_away(batch: Batch, launch: Launch | None, *, platform: PaidPlatform, now: datetime) -> Round:
    """Before anything is put up: the group that its postings block, and in it whom the study has stopped.

    Where the platform makes no group, it is said, and they are refused on arriving only.
    """
    if launch is None or batch.platform not in OUTSIDE:
        return Round()
    done = Round()
    if not launch.stopped_group and not batch.postings.exclude(external_id="").exists():

        def make() -> None:
            try:
                group = postings.group_of_stopped(batch.study, platform)
            except NoAccess as refusal:  # to groups, perhaps; if to all, putting up says so
                raise PlatformRefused(str(refusal)) from refusal
            drafting.kept_from(launch, group=group)

        done.ask(make, about="The group of stopped workers", refused=lambda why: None, uncertain=lambda: None)
        done.num_done = 0
        if done.num_uncertain:
            done.come_back_after = COME_BACK
        if done.is_over:
            done.num_left = batch.hits.count()
            return done
    if not launch.stopped_group:
        return done
    return postings.keep_away(batch=batch, platform=platform, group=launch.stopped_group, now=now).after(done)


def _put_up(batch: Batch, launch: Launch | None, *, platform: PaidPlatform, now: datetime) -> Round:
    """What was paused goes on; then what waits, of a pilot so much of it."""
    done = postings.resume(batch=batch, platform=platform, now=now)
    if done.is_over or done.num_left:
        return done
    first = launch.num_pilot if launch and launch.is_pilot else None
    if platform.capabilities.unit is Unit.BATCH:
        first = None  # its places are the pilot's
        if launch and launch.rest_at is not None:
            most = postings.most_places(batch, platform, launch.num_grids)
            more = postings.extend(batch=batch, platform=platform, num_places=most, now=now)
            done = more.after(done)
            if done.is_over or done.num_left:
                return done
    text = text_of(batch)
    return postings.post_next(batch=batch, platform=platform, text=text, now=now, first=first).after(done)


def _end(batch: Batch, launch: Launch | None, *, platform: PaidPlatform, now: datetime) -> Round:
    """Close what is up. Places that were taken before last on for as long as workers were told that they have.

    Until the platform has been told, places are taken there. One's own people may have worked before anything was
    written down, and are to be paid for it.
    """
    if batch.is_paid and batch.platform not in OUTSIDE:
        _prepare(batch, launch, platform=platform, now=now)
    if batch.postings.exclude(pending="").exists():
        hits.close_later(batch=batch, now=now)
    done = postings.close(batch=batch, platform=platform, now=now)
    seconds = batch.lease_seconds * (launch.num_grids if launch else 1)
    is_over = batch.closing_at is not None and now >= batch.closing_at + timedelta(seconds=seconds)
    if batch.expired_at is None and is_over:
        hits.expire(batch=batch, now=now)
        batch.refresh_from_db()
    return done


def _amount(cost: Cost) -> str:
    return money.written(cost.total, cost.currency) if cost.currency else "nothing"
