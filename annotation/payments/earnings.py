"""What a worker is told of their pay in a study: what waits, what was accepted, what was not and why, and bonuses."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from annotation.models import Assignment, Batch, LedgerEntry, Place, Rejection, Study, Worker
from annotation.payments import paying

Kind, Step = LedgerEntry.Kind, LedgerEntry.Step
LISTED = 200  # of one worker's grids, the newest


class Stage(StrEnum):
    """Of what was handed in."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(kw_only=True)
class Piece:
    """One grid; or several, where the platform pays for so many at once."""

    number: int
    """The receipt's, of the first."""
    num_grids: int = 1
    handed_in_at: datetime
    stage: Stage
    pay: int
    currency: str
    until: datetime | None = None
    """When it is accepted at the latest, unless somebody looks at it."""
    rejection: Rejection | None = None


@dataclass(kw_only=True)
class Bonus:
    minor_units: int
    currency: str
    reason: str


@dataclass(kw_only=True)
class Earnings:
    """Sums are smallest units by currency."""

    accepted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waiting: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    given: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Bonuses."""
    num_by_stage: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Stage, 0))
    pieces: list[Piece] = field(default_factory=list)
    """The newest first."""
    rejected: list[Piece] = field(default_factory=list)
    bonuses: list[Bonus] = field(default_factory=list)

    def add(self, piece: Piece) -> None:
        self.num_by_stage[piece.stage] += piece.num_grids
        if piece.stage is Stage.REJECTED:
            self.rejected.append(piece)
        else:
            sums = self.accepted if piece.stage is Stage.ACCEPTED else self.waiting
            sums[piece.currency] += piece.pay
        if len(self.pieces) < LISTED:
            self.pieces.append(piece)


def of_worker(*, study: Study, worker: Worker, now: datetime) -> Earnings | None:
    """In the paid batches of the study; None where the worker has handed in nothing for pay."""
    done = (
        Assignment.objects.filter(
            worker=worker, submitted_at__isnull=False, hit__batch__study=study, hit__batch__pay_minor_units__gt=0
        )
        .select_related("hit__batch", "place__posting")
        .order_by("-submitted_at", "-id")
    )
    rows = list(done)
    if not rows:
        return None
    found, books = Earnings(), _Books(study, worker, now)
    by_batch: dict[int, list[Assignment]] = defaultdict(list)
    for row in rows:
        batch = row.hit.batch
        if batch.pk in books.whole:
            by_batch[batch.pk].append(row)
        else:
            found.add(books.piece(row, [row], getattr(row, "place", None)))
    for group in by_batch.values():
        _add_whole(found, books, group)
    for entry in books.bonuses:
        found.given[entry.currency] += entry.minor_units
        found.bonuses.append(Bonus(minor_units=entry.minor_units, currency=entry.currency, reason=entry.note))
    return found


def _add_whole(found: Earnings, books: "_Books", group: list[Assignment]) -> None:
    """A batch that is offered as a whole: the worker's place is paid for all of their grids together."""
    first = next((row for row in group if getattr(row, "place", None)), None)
    found.add(books.piece(first or group[-1], group, getattr(first, "place", None)))


class _Books:
    """What the books say of one worker, read at once."""

    def __init__(self, study: Study, worker: Worker, now: datetime) -> None:
        own = LedgerEntry.objects.filter(assignment__worker=worker, batch__study=study)
        self.paid = set(own.counting().filter(kind=Kind.APPROVE).values_list("assignment", flat=True))
        made = own.filter(kind=Kind.BONUS, step=Step.DONE)
        self.bonuses = list(
            own.filter(kind=Kind.BONUS, step=Step.INTENT, token__in=made.values("token")).order_by("id")
        )
        standing = Rejection.objects.active().filter(place__worker=worker, place__posting__batch__study=study)
        self.rejections: dict[int, Rejection] = {each.place_id: each for each in standing}
        batches = Batch.objects.filter(study=study, pay_minor_units__gt=0)
        posted = batches.filter(postings__isnull=False)
        self.posted = set(posted.values_list("pk", flat=True))
        self.whole: dict[int, tuple[int, int]] = {
            pk: (num_grids, pay)
            for pk, num_grids, pay in posted.filter(postings__hit=None).values_list(
                "pk", "postings__num_grids", "postings__pay_minor_units"
            )
        }
        self.now = now

    def piece(self, row: Assignment, group: list[Assignment], place: Place | None) -> Piece:
        batch = row.hit.batch
        stage, until = self._stage(row, place)
        assert row.submitted_at is not None  # only what was handed in is asked for
        return Piece(
            number=row.pk,
            num_grids=len(group),
            handed_in_at=max(each.submitted_at for each in group if each.submitted_at),
            stage=stage,
            pay=self.whole[batch.pk][1] if batch.pk in self.whole else batch.pay_minor_units,
            currency=batch.currency,
            until=until,
            rejection=self.rejections.get(place.pk) if place else None,
        )

    def _stage(self, row: Assignment, place: Place | None) -> tuple[Stage, datetime | None]:
        if row.hit.batch_id not in self.posted:
            return Stage.ACCEPTED, None  # of before there were books: what was handed in counted as accepted
        if place is None:
            return Stage.WAITING, None
        if place.pk in self.rejections:
            return Stage.REJECTED, None
        if row.pk in self.paid or place.state == Place.State.APPROVED:
            return Stage.ACCEPTED, None
        until = place.submitted_at + paying.GRACE if place.submitted_at else None
        return Stage.WAITING, until if until and until > self.now else None


def pays(study: Study) -> bool:
    """Whether any batch of the study does."""
    found: Any = study.batches.filter(pay_minor_units__gt=0)
    return bool(found.exists())
