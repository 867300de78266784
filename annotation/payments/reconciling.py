"""Whether the platform and the books say the same of a batch: what is safe is set right, the rest is for a person.
The only writer of `Reconciliation`.

Safe is what only finishes what was written down before: a posting of ours whose answer was lost, a payment that was
intended and is made, one that is under way and asked for by its token, a rejection or a closing that was not told.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TypeVar

from annotation import postings
from annotation.models import Assignment, Batch, LedgerEntry, Place, Posting, Reconciliation, Rejection, money
from annotation.payments import bonuses, ledger, paying, rejections
from annotation.platforms.paid import (
    PaidPlatform,
    Payment,
    PlatformBusy,
    PlatformError,
    Posted,
    PostingState,
    Submission,
)
from annotation.platforms.paid import SubmissionState as There
from annotation.postings import Round
from annotation.postings.rounds import COME_BACK, refuse_other_platform

State, Kind, Step = Place.State, LedgerEntry.Kind, LedgerEntry.Step
Answer = TypeVar("Answer")
Wait = Callable[[float], None]

PROMISED = timedelta(days=3)
MOST_WAITS = 5  # for one answer
UNDER_WAY = timedelta(hours=1)  # that handing in there may come after handing in here
MOST_KEPT = 1000  # sentences of each sort; how many there were is kept too
HANDED_IN = (There.SUBMITTED, There.APPROVED, There.REJECTED)


class Kinds(StrEnum):
    """What may be wrong."""

    ORPHAN = "orphaned posting"
    TWICE_UP = "posted twice"
    PHANTOM = "phantom posting"
    PLACE_THERE = "place there, no work here"
    WORK_HERE = "work here, no place there"
    PLACE_HERE = "place here, not there"
    PAID_THERE = "paid there, not in the ledger"
    NOT_PAID_THERE = "in the ledger, not paid there"
    PAID_TWICE = "paid twice"
    REJECTED_THERE = "rejected there, not here"
    LATE = "unpaid after the promised time"
    UNSETTLED = "unsettled payment"
    UNASKED = "could not be asked"


@dataclass(frozen=True)
class Finding:
    """One thing for a person."""

    kind: Kinds
    text: str
    place: int | None = None
    """The id of the place here that it is about, where there is one."""


@dataclass
class Findings:
    """What was found, and what was paid by both sides' accounts (without fees, which platforms don't list)."""

    fixed: list[str] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)
    paid_here: int = 0
    paid_there: int = 0
    come_back_after: float | None = None
    """Where the platform ended it early: what was not asked yet is not in here."""

    def add(self, kind: Kinds, text: str, place: int | None = None) -> None:
        self.left.append(Finding(kind, text, place))

    def note(self, done: Round) -> None:
        for problem in done.problems:
            self.add(Kinds.UNASKED, problem)
        self.come_back_after = self.come_back_after or done.come_back_after


def reconcile(
    *, batch: Batch, platform: PaidPlatform, now: datetime, promised: timedelta = PROMISED, wait: Wait | None = None
) -> Findings:
    """Compare all there is of the batch on both sides. May be repeated at any time.

    `wait` is called with seconds where the platform asks to come again; without it, it ends there.
    """
    refuse_other_platform(batch, platform.name)
    found = Findings()
    try:
        _compare_postings(found, batch, _patiently(wait, lambda: list(platform.postings())), now=now)
        found.note(postings.carry_out(batch=batch, platform=platform, now=now))
        _finish(found, batch, platform, now=now)
        there = _ask_for_places(batch, platform, now=now, wait=wait)
        paid = _ask_for_bonuses(platform, there, wait=wait)
    except PlatformError as error:
        found.add(Kinds.UNASKED, f"{platform.name} could not be asked for everything: {error}")
        found.come_back_after = getattr(error, "retry_after", None) or COME_BACK
        return found
    _compare_places(found, batch, there, now=now, promised=promised)
    _compare_bonuses(found, batch, paid)
    for entry in ledger.unsettled(batch):
        text = f"A payment of {_amount(entry)} (token {entry.token}) is not settled yet."
        found.add(Kinds.UNSETTLED, text)
    pays = sum(posting.pay_minor_units for posting, each in there if each.state is There.APPROVED)
    found.paid_there = pays + sum(each.minor_units for each in paid)
    found.paid_here = ledger.spend(batch).paid
    return found


def remember(*, batch: Batch, found: Findings, now: datetime) -> Reconciliation:
    """Keep what was found for people to see; the comparison before is forgotten."""
    row, _ = Reconciliation.objects.update_or_create(
        batch=batch,
        defaults={
            "at": now,
            "is_complete": found.come_back_after is None,
            "fixed": found.fixed[:MOST_KEPT],
            "num_fixed": len(found.fixed),
            "left": [
                {"kind": each.kind.value, "text": each.text, "place": each.place} for each in found.left[:MOST_KEPT]
            ],
            "num_left": len(found.left),
            "paid_here": found.paid_here,
            "paid_there": found.paid_there,
        },
    )
    return row


def _patiently(wait: Wait | None, ask: Callable[[], Answer]) -> Answer:
    """The answer, as soon as the platform has time for it."""
    for _ in range(MOST_WAITS if wait else 0):
        try:
            return ask()
        except PlatformBusy as busy:
            assert wait is not None
            wait(busy.retry_after or 1.0)
    return ask()


def _compare_postings(found: Findings, batch: Batch, there: list[Posted], *, now: datetime) -> None:
    ids = {each.external_id: each for each in there}
    up: dict[str, list[Posted]] = defaultdict(list)
    for each in there:
        if each.token and each.state is not PostingState.DRAFT:
            up[each.token].append(each)
    here = {each.token: each for each in batch.postings.all()}
    known = set(Posting.objects.filter(token__in=list(up)).values_list("token", flat=True))
    for token, all_up in up.items():
        if token not in known and any(each.state is PostingState.OPEN for each in all_up):
            found.add(
                Kinds.ORPHAN,
                f"{all_up[0].external_id} is open there and bears the mark {token[:12]}, which is none of this "
                "installation's: another one put it up, or this database is older than it. Close it there by hand if "
                "nobody needs it.",
            )
        if len(all_up) > 1 and token in here:
            also = ", ".join(each.external_id for each in all_up if each.external_id != here[token].external_id)
            found.add(
                Kinds.TWICE_UP, f"{here[token]} is there more than once; close {also} by hand, and pay who took it."
            )
    for token, posting in here.items():
        _compare_posting(found, posting, ids, up.get(token, []), now=now)


def _compare_posting(
    found: Findings, posting: Posting, ids: dict[str, Posted], up: list[Posted], *, now: datetime
) -> None:
    if not posting.external_id:
        if up:
            postings.adopt(posting=posting, posted=up[0], now=now)
            found.fixed.append(f"{up[0].external_id} was put up, and the answer was lost: it is known here now.")
        return
    posted = ids.get(posting.external_id)
    if posted is None:
        found.add(
            Kinds.PHANTOM, f"{posting.external_id} is {posting.state} here and not there any more: somebody deleted it."
        )
    elif posting.state == Posting.State.CLOSED and posted.state is PostingState.OPEN and not posting.pending:
        postings.close_again(posting=posting)
        found.fixed.append(f"{posting.external_id} was closed here and open there: it is closed again.")


def _finish(found: Findings, batch: Batch, platform: PaidPlatform, *, now: datetime) -> None:
    """What was begun and not settled is asked for by its token; rejections that were not told are."""
    for entry in ledger.unsettled(batch).select_related("assignment__place", "place"):
        done = Round()
        paying.ask_again(done, entry, platform=platform, now=now)
        if done.num_done:
            found.fixed.append(f"A payment of {_amount(entry)} was under way and is settled (token {entry.token}).")
        found.note(done)
        if done.is_over:
            return
    told = rejections.tell(batch=batch, platform=platform, now=now)
    found.fixed += ["A rejection was not told yet, and is."] * told.num_done
    found.note(told)


def _ask_for_places(
    batch: Batch, platform: PaidPlatform, *, now: datetime, wait: Wait | None
) -> list[tuple[Posting, Submission]]:
    there = []
    for posting in batch.postings.exclude(external_id="").order_by("id"):
        submissions = _patiently(wait, partial(postings.read, posting=posting, platform=platform))
        postings.take_in(posting=posting, submissions=submissions, now=now)
        there += [(posting, each) for each in submissions]
    return there


def _compare_places(
    found: Findings, batch: Batch, there: list[tuple[Posting, Submission]], *, now: datetime, promised: timedelta
) -> None:
    told = {(posting.pk, each.external_id): each.state for posting, each in there}
    settled = LedgerEntry.objects.filter(batch=batch, kind=Kind.APPROVE, step=Step.DONE)
    paid = set(settled.filter(place=None).values_list("assignment", flat=True))
    entered = set(settled.filter(assignment=None).values_list("place", flat=True))
    rejected = set(Rejection.objects.filter(place__posting__batch=batch).values_list("place", flat=True))
    for place in Place.objects.filter(posting__batch=batch).order_by("id"):
        state, name = told.get((place.posting_id, place.external_id)), place.external_id
        is_paid = place.assignment_id in paid or place.pk in entered
        if state is None and place.state not in (State.WORKING, State.RETURNED) and place.seen_at <= now:
            found.add(
                Kinds.PLACE_HERE,
                f"The place {name} is {place.state} here, and the platform does not list it.",
                place.pk,
            )
        if place.assignment_id is None and state in HANDED_IN and not is_paid and place.pk not in rejected:
            found.add(
                Kinds.PLACE_THERE,
                f"The place {name} is {state} there, and its worker has handed in no work here that goes with it.",
                place.pk,
            )
        if state is There.APPROVED and not is_paid:
            found.add(
                Kinds.PAID_THERE,
                f"The place {name} was paid there without an intent here: by itself in time, or by hand. Enter it.",
                place.pk,
            )
        if is_paid and state not in (There.APPROVED, None):
            found.add(Kinds.NOT_PAID_THERE, f"The place {name} is paid by the ledger, and {state} there.", place.pk)
        if state is There.REJECTED and place.pk not in rejected:
            found.add(
                Kinds.REJECTED_THERE,
                f"The place {name} was rejected there by hand; write the reason down here, or pay it there.",
                place.pk,
            )
    _look_for_work(found, batch, now=now)
    _look_for_late(found, batch, now=now, promised=promised)


def _look_for_work(found: Findings, batch: Batch, *, now: datetime) -> None:
    """Handed in here by workers who have no place there; of a place of several grids, only the first goes with it."""
    alone = Assignment.objects.filter(hit__batch=batch, submitted_at__lte=now - UNDER_WAY, place=None)
    served = set(
        Place.objects.filter(posting__batch=batch, posting__hit=None, assignment__isnull=False).values_list(
            "worker", flat=True
        )
    )
    for assignment in alone.order_by("id"):
        if assignment.worker_id not in served:
            found.add(
                Kinds.WORK_HERE,
                f"{assignment} was handed in here, and its worker has handed in no place for it there.".capitalize(),
            )


def _look_for_late(found: Findings, batch: Batch, *, now: datetime, promised: timedelta) -> None:
    late = list(paying.due(batch, now=now, grace=promised))
    held = paying.why_held(batch, late)
    for place in late:
        why = held.get(place.pk, "It is due, and was not paid: see whether payments run, and the budget.")
        found.add(Kinds.LATE, f"The place {place.external_id} is unpaid after the promised time. {why}", place.pk)


def _ask_for_bonuses(
    platform: PaidPlatform, there: list[tuple[Posting, Submission]], *, wait: Wait | None
) -> list[Payment]:
    """Only of postings that anybody has handed in."""
    paid: list[Payment] = []
    for posted_id in dict.fromkeys(posting.external_id for posting, each in there if each.state in HANDED_IN):
        paid += _patiently(wait, partial(_bonuses_of, posted_id, platform=platform))
    return paid


def _bonuses_of(posted_id: str, *, platform: PaidPlatform) -> list[Payment]:
    return list(platform.bonuses(posted_id))


def _compare_bonuses(found: Findings, batch: Batch, paid: list[Payment]) -> None:
    """By submission and amount, since not every platform keeps tokens."""
    made = LedgerEntry.objects.filter(batch=batch, kind=Kind.BONUS, step=Step.DONE)
    entries = made.select_related("assignment__place", "place")
    places = dict(Place.objects.filter(posting__batch=batch).values_list("external_id", "pk"))
    books = [bonuses.payment_of(each) for each in entries]
    here = Counter((each.submission_id, each.minor_units) for each in books)
    there = Counter((each.submission_id, each.minor_units) for each in paid)
    tokens = Counter(each.token for each in paid if each.token)
    for token, count in tokens.items():
        if count > 1:
            found.add(Kinds.PAID_TWICE, f"The bonus with the token {token} was paid {count} times there.")
    for (submission, amount), count in (there - here).items():
        kind = Kinds.PAID_TWICE if here[submission, amount] and not tokens else Kinds.PAID_THERE
        of_amount = f"{count} × a bonus of {money.written(amount, batch.currency)} for {submission}"
        text = f"{of_amount}: paid there, and not in the ledger."
        found.add(kind, text, places.get(submission))
    for (submission, amount), count in (here - there).items():
        of_amount = f"{count} × a bonus of {money.written(amount, batch.currency)} for {submission}"
        text = f"{of_amount}: in the ledger, and not paid there."
        found.add(Kinds.NOT_PAID_THERE, text, places.get(submission))


def _amount(entry: LedgerEntry) -> str:
    return money.written(entry.minor_units, entry.currency)
