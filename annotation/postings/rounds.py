"""A round of calls to a platform: how far it got, and when to come again. The only writer of `LastRound`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from annotation.errors import CannotPay
from annotation.models import Batch, LastRound
from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformRefused, Uncertain

NUM_REMEMBERED = 20  # problems of one round
COME_BACK = 60.0  # seconds, where the platform doesn't say
MOST_UNCERTAIN = 3  # of one round: who answers so often with silence is left in peace for a while


@dataclass(kw_only=True)
class Round:
    """What one round did."""

    num_done: int = 0
    num_refused: int = 0
    num_uncertain: int = 0
    num_left: int = 0
    come_back_after: float | None = None
    """Seconds, where the platform ended the round; none where the next may begin at once."""
    is_busy: bool = False
    """Whether the platform itself asked to be left in peace, for whatever it may be."""
    problems: list[str] = field(default_factory=list)
    """A sentence each, for a person."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be asked any more in this round."""
        return self.come_back_after is not None

    def after(self, before: "Round") -> "Round":
        """This one with what was done just before it."""
        self.num_done += before.num_done
        self.num_refused += before.num_refused
        self.num_uncertain += before.num_uncertain
        self.problems[:0] = before.problems
        return self

    def ask(
        self, call: Callable[[], None], *, about: str, refused: Callable[[str], None], uncertain: Callable[[], None]
    ) -> None:
        """Make one call, which writes down its own success, and note what became of it."""
        try:
            call()
        except PlatformBusy as busy:
            self.is_busy = True
            self.come_back_after = COME_BACK if busy.retry_after is None else busy.retry_after
        except Uncertain as doubt:
            self.num_uncertain += 1
            self.problems.append(f"{about}: {doubt} It is asked again.")
            uncertain()
            if self.num_uncertain >= MOST_UNCERTAIN:
                self.come_back_after = COME_BACK
        except NoAccess as refusal:  # nothing about this one: the account itself
            self.problems.append(str(refusal))
            self.come_back_after = COME_BACK
        except PlatformRefused as refusal:
            self.num_refused += 1
            self.problems.append(f"{about}: {refusal}")
            refused(str(refusal) or type(refusal).__name__)
        else:
            self.num_done += 1


@contextmanager
def alone(batch: Batch, what: int) -> Iterator[bool]:
    """Whether nobody else does the same with the batch's platform now; the lock goes with the process that holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [what, batch.pk % 2**31])
        row = cursor.fetchone()
    is_alone = bool(row and row[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [what, batch.pk % 2**31])


def somebody_else() -> Round:
    return Round(come_back_after=COME_BACK / 2, problems=["Another process is at this batch already."])


def refuse_other_platform(batch: Batch, name: str) -> None:
    if batch.platform != name:
        raise CannotPay(f"{batch} is for the platform {batch.platform}, not for {name}.")


def remember(*, batch: Batch, done: Round, now: datetime) -> LastRound:
    """Keep what a round came to, where people see it; the one before is forgotten."""
    wait = done.come_back_after
    row, _ = LastRound.objects.update_or_create(
        batch=batch,
        defaults={
            "at": now,
            "come_back_at": None if wait is None else now + timedelta(seconds=wait),
            "problems": list(dict.fromkeys(done.problems))[:NUM_REMEMBERED],
        },
    )
    return row
