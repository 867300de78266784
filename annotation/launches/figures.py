"""What the live page of a batch shows. Fifteen queries, however large the batch is; see `pace` and `answers`."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from annotation import postings
from annotation.launches import answers, pace
from annotation.launches.costs import hourly_rate
from annotation.models import Batch, Posting
from annotation.payments import ledger

MOST_REFUSALS = 5
State = Posting.State


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How far a batch is; money in its currency's smallest unit."""

    num_hits: int
    num_slots: int
    num_submitted: int
    num_held: int
    """By a worker whose lease runs."""
    num_workers: int
    """Who have handed in something."""
    num_judgements: int
    """Images that were seen, controls included."""
    spend: ledger.Spend
    promised: int
    """For all places that can be taken, with fees."""
    bound: int
    """What it may come to: these, and the bonuses."""
    median_seconds: float | None
    """For one grid."""
    hourly_rate: int | None
    """At that pace; None where nobody is paid or nothing is known."""
    seconds_to_finish: float | None
    """At the pace of the last hour; None: unknown."""
    controls_right: int
    controls_shown: int
    """Of what was looked at: of batches with more than some thousand grids handed in, every so many-th HIT."""
    agreement: float | None
    """Of two workers about an image, the share of pairs; None: unknown."""
    num_waiting: int
    """Postings that are to be put up."""
    num_open: int
    num_refused: int
    refusals: list[str]
    """Why the platform refused, the most frequent first."""


def figures(*, batch: Batch, now: datetime) -> Figures:
    """As things are now."""
    slots = pace.slots(batch, now=now)
    seconds = pace.median_seconds(batch, num_submitted=slots.num_submitted)
    said = answers.figures(batch, num_submitted=slots.num_submitted)
    rows = batch.postings.order_by().values_list("state").annotate(num=Count("pk"))
    states = dict(rows)
    promised = postings.promised(batch)
    refusals = batch.postings.exclude(refusal="").order_by().values_list("refusal").annotate(num=Count("pk"))
    return Figures(
        num_hits=slots.num_hits,
        num_slots=slots.num_slots,
        num_submitted=slots.num_submitted,
        num_held=slots.num_held,
        num_workers=slots.num_workers,
        num_judgements=slots.num_seen,
        spend=ledger.spend(batch),
        promised=promised,
        bound=promised + postings.bonuses(batch),
        median_seconds=seconds,
        hourly_rate=hourly_rate(batch.pay_minor_units, seconds) if batch.is_paid and seconds else None,
        seconds_to_finish=slots.seconds_to_finish if batch.expired_at is None else None,
        controls_right=said.controls_right,
        controls_shown=said.controls_shown,
        agreement=said.agreement,
        num_waiting=states.get(State.WAITING, 0),
        num_open=states.get(State.OPEN, 0),
        num_refused=states.get(State.REFUSED, 0),
        refusals=[why for why, _ in refusals.order_by("-num", "refusal")[:MOST_REFUSALS]],
    )
