"""Collections and what they refused: the only writer of `Collection` and `CollectionRefusal`.

Whoever holds the lease of a collection moves it forward, with each chunk and in the chunk's own transaction: so what is
taken in and what is written down of it can't come apart, whoever dies. A dead consumer's collection is taken over when
its lease ends.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from annotation.candidates.records import ChunkReport
from annotation.errors import CannotCollect, CollectionLeaseLost
from annotation.models import Collection, CollectionRefusal, Origin, Study
from annotation.sources.base import printable

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 8  # without a record done with in between
FIRST_PAUSE = timedelta(seconds=30)  # doubled with each attempt
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_ASKED = timedelta(days=1)  # by the source itself
ABANDONED_AFTER = timedelta(hours=1)  # a command that was killed would long have been given again
ABANDONED = "The command that took it in was stopped, and not given again."

State = Collection.State


@dataclass(frozen=True)
class Wanted:
    """From where images are to be taken in, and as what."""

    origin: Origin
    kind: str
    address: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """A collection that this consumer takes in."""

    collection: Collection
    consumer: str


def request(*, study: Study, wanted: Wanted, now: datetime, by: Any = None, is_queued: bool = True) -> Collection:
    """Open a collection; one from the same place that is not finished goes on instead, where it stands."""
    if not study.target_classes.exists():
        raise CannotCollect("The study has no target classes yet; add them first, so that images can be for one.")
    with transaction.atomic():
        Study.objects.select_for_update(no_key=True).get(pk=study.pk)  # two clicks make one collection
        same = unfinished(study=study, wanted=wanted)
        if same is None:
            return Collection.objects.create(
                study=study,
                origin=wanted.origin,
                kind=wanted.kind,
                address=wanted.address,
                options=wanted.options,
                requested_by=by,
                requested_at=now,
                is_queued=is_queued,
            )
        return resume(collection=same, now=now, is_queued=is_queued)


def unfinished(*, study: Study, wanted: Wanted) -> Collection | None:
    """The newest collection from there, if it has not come to the end."""
    rows = Collection.objects.filter(
        study=study, origin=wanted.origin, kind=wanted.kind, address=wanted.address, options=wanted.options
    )
    newest: Collection | None = rows.order_by("-id").first()
    return None if newest is None or newest.state == State.FINISHED else newest


def resume(*, collection: Collection, now: datetime, is_queued: bool = True) -> Collection:
    """Go on where a collection was stopped or failed, or at once with one that waits; it goes on behind its cursor."""
    with transaction.atomic():
        row = _locked(collection)
        if row.state == State.FINISHED:
            raise CannotCollect("This collection is finished. Start it anew: it passes over what is here already.")
        if row.state == State.OPEN and _is_held(row, now):
            return row
        if row.started_at is not None and row.ended_at is not None:
            row.started_at += now - row.ended_at  # so that what has passed since then is the time it was at work
        row.state, row.ended_at, row.failure = State.OPEN, None, ""
        row.num_attempts, row.come_back_at, row.is_queued = 0, None, is_queued
        row.consumer, row.lease_expires_at = "", now  # so that it does not look as if a command had left it long ago
        row.save()
    return row


def stop(*, collection: Collection, now: datetime, reason: str = "") -> Collection:
    """Take in no more of it; what is being read at this moment is taken in when it is resumed."""
    with transaction.atomic():
        row = _locked(collection)
        if row.state == State.OPEN:
            _end(row, State.STOPPED, now, reason)
    return row


def claimable(*, now: datetime) -> QuerySet[Collection]:
    """Open collections that nobody takes in now, and whose source wants requests."""
    is_free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=now)
    may_ask = Q(come_back_at__isnull=True) | Q(come_back_at__lte=now)
    return Collection.objects.filter(is_free, may_ask, state=State.OPEN)


def claim(*, collection: Collection, consumer: str, now: datetime) -> Held | None:
    """Lease a collection that nobody takes in; one that was tried too often fails."""
    with transaction.atomic():
        rows = claimable(now=now).filter(pk=collection.pk).select_related("study")
        row: Collection | None = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if row is None:
            return None
        if row.num_attempts >= MAX_ATTEMPTS:
            _end(row, State.FAILED, now, _died(row))
            return None
        row.consumer, row.lease_expires_at, row.come_back_at = consumer, now + LEASE, None
        row.started_at = row.started_at or now
        row.num_attempts += 1
        row.save(update_fields=["consumer", "lease_expires_at", "come_back_at", "started_at", "num_attempts"])
    return Held(row, consumer)


def move_on(*, held: Held, chunk: ChunkReport, now: datetime) -> None:
    """Write down what became of a chunk, within its transaction; for whoever lost the lease nothing of it remains."""
    _change(
        held,
        cursor=chunk.cursor,
        num_read=F("num_read") + chunk.num_read,
        num_created=F("num_created") + chunk.num_created,
        num_supplied=F("num_supplied") + chunk.num_supplied,
        num_existing=F("num_existing") + chunk.num_existing,
        num_refused=F("num_refused") + chunk.num_refused,
        num_attempts=0,
        failure="",
        lease_expires_at=now + LEASE,
    )
    CollectionRefusal.objects.bulk_create(
        CollectionRefusal(collection=held.collection, source=each.source, reason=printable(each.reason))
        for each in chunk.refusals
    )


def expect(*, held: Held, num_expected: int) -> None:
    """Note how many records the source has altogether."""
    _change(held, num_expected=num_expected)


def renew(*, held: Held, now: datetime) -> None:
    """Hold the collection for another lease."""
    _change(held, lease_expires_at=now + LEASE)


def release(*, held: Held, now: datetime) -> None:
    """Let whoever comes next go on."""
    _change(held, consumer="", lease_expires_at=now)


def put_off(*, held: Held, reason: str, seconds: float, now: datetime) -> datetime | None:
    """Try again after as many seconds, or longer where that has not helped before; when, or never: it has failed."""
    with transaction.atomic():
        row = _mine(held)
        if row.num_attempts >= MAX_ATTEMPTS:
            _end(row, State.FAILED, now, f"{_after(row, reason)} It was tried {row.num_attempts} times.")
            return None
        pause = min(FIRST_PAUSE * 2 ** max(row.num_attempts - 1, 0), LONGEST_PAUSE)
        come_back_at = now + max(pause, min(timedelta(seconds=seconds), LONGEST_ASKED))
        _change(held, consumer="", lease_expires_at=None, come_back_at=come_back_at, failure=reason)
    return come_back_at


def finish(*, held: Held, now: datetime) -> None:
    """The source has no more."""
    with transaction.atomic():
        _end(_mine(held), State.FINISHED, now, "")


def fail(*, held: Held, reason: str, now: datetime) -> None:
    """End a collection with the reason, and how far it had come; it can be resumed."""
    with transaction.atomic():
        row = _mine(held)
        _end(row, State.FAILED, now, _after(row, reason))


def free(*, collection: Collection, consumer: str, now: datetime) -> None:
    """End the lease of a consumer that is known to be dead."""
    Collection.objects.filter(pk=collection.pk, consumer=consumer, state=State.OPEN).update(lease_expires_at=now)


def end_abandoned(*, now: datetime) -> None:
    """Stop what commands have left open: nobody but whoever gave the command can go on with it."""
    since = now - ABANDONED_AFTER
    left = Q(lease_expires_at__lte=since) | Q(lease_expires_at__isnull=True, requested_at__lte=since)
    may_ask = Q(come_back_at__isnull=True) | Q(come_back_at__lte=since)
    rows = Collection.objects.filter(left, may_ask, state=State.OPEN, is_queued=False)
    for row in rows.order_by("pk"):
        stop(collection=row, now=now, reason=ABANDONED)


def _locked(collection: Collection) -> Collection:
    row: Collection = Collection.objects.select_for_update(no_key=True, of=("self",)).get(pk=collection.pk)
    return row


def _mine(held: Held) -> Collection:
    """The row as it is, locked, for whoever still holds it."""
    row = _locked(held.collection)
    if row.consumer != held.consumer or row.state != State.OPEN:
        raise _lost(held)
    return row


def _change(held: Held, **changes: Any) -> None:
    mine = Collection.objects.filter(pk=held.collection.pk, consumer=held.consumer, state=State.OPEN)
    if not mine.update(**changes):
        raise _lost(held)


def _lost(held: Held) -> CollectionLeaseLost:
    return CollectionLeaseLost(
        f"Collection {held.collection.pk} was stopped, or another consumer has taken it over; "
        "what was not yet written down is taken in by whoever goes on."
    )


def _is_held(row: Collection, now: datetime) -> bool:
    return bool(row.consumer) and row.lease_expires_at is not None and row.lease_expires_at > now


def _end(row: Collection, state: State, now: datetime, failure: str) -> None:
    Collection.objects.filter(pk=row.pk).update(
        state=state, failure=failure, ended_at=now, consumer="", lease_expires_at=None, come_back_at=None
    )
    row.refresh_from_db()


def _after(row: Collection, reason: str) -> str:
    if not row.num_read:
        return reason
    return f"{reason} (After {row.num_read:,} record{'' if row.num_read == 1 else 's'}; what came before is kept.)"


def _died(row: Collection) -> str:
    if row.failure:
        return f"{_after(row, row.failure)} It was tried {row.num_attempts} times."
    return _after(
        row,
        f"It was begun {row.num_attempts} times and came no further; each time the consumer stopped "
        f"(last {row.consumer or 'without a name'}). See that there is enough memory and space, then resume it.",
    )
