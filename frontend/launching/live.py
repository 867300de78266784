"""What the page of a batch shows while workers are at it: figures in the words of a person who watches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation.launches.figures import Figures, figures
from annotation.models import LastRound, Place
from annotation.payments import statements
from annotation.platforms.base import OUTSIDE, WORKFORCES
from annotation.platforms.paid import Unit
from frontend.launching.planning import SENSIBLE, title_of


@dataclass(frozen=True)
class SpendBar:
    """Shares of the cap, or of all that is promised where there is none, in percent of a bar's width."""

    paid: float
    promised: float

    @property
    def both(self) -> float:
        return self.paid + self.promised


@dataclass(frozen=True)
class Live:
    """A batch as it stands now."""

    batch: Any
    figures: Figures

    @property
    def launch(self) -> Any:
        return getattr(self.batch, "launch", None)

    @property
    def is_posted(self) -> bool:
        """Whether a platform is told of it, so that something can wait or be refused there."""
        return self.batch.platform in OUTSIDE

    @property
    def platform(self) -> str:
        return title_of(self.batch.platform)

    @property
    def unit(self) -> str:
        """What is put up there."""
        return "study" if WORKFORCES[self.batch.platform].unit is Unit.BATCH else "HIT"

    @property
    def last_round(self) -> LastRound | None:
        """Of calls to the platform: what it had against it, and when it is asked again."""
        return LastRound.objects.filter(batch=self.batch).first()

    @property
    def is_pilot(self) -> bool:
        return bool(self.launch and self.launch.is_pilot and self.batch.is_open)

    @property
    def num_of_pilot(self) -> int:
        """How many grids are judged in the pilot."""
        launch = self.launch
        if self.unit == "study":
            return int(min(launch.num_pilot * launch.num_grids, self.figures.num_slots))
        return int(min(launch.num_pilot, self.figures.num_hits) * self.batch.num_assignments)

    @property
    def is_pilot_done(self) -> bool:
        return self.figures.num_submitted >= self.num_of_pilot

    @property
    def is_pilot_over(self) -> bool:
        """Whether it waits for a person to go on."""
        return self.is_pilot and self.is_pilot_done

    @property
    def paid(self) -> int:
        spend = self.figures.spend
        return spend.paid + spend.fees - spend.refunded

    @property
    def owed(self) -> int:
        """Promised and not paid yet, fees with it."""
        return max(0, max(self.figures.bound, self.figures.spend.committed) - self.paid)

    @property
    def left(self) -> int | None:
        """Of the cap."""
        budget = self.batch.budget_minor_units
        return None if budget is None else max(0, budget - self.paid - self.owed)

    @property
    def bar(self) -> SpendBar:
        whole = max(1, self.batch.budget_minor_units or 0, self.paid + self.owed)
        return SpendBar(round(100 * self.paid / whole, 2), round(100 * self.owed / whole, 2))

    @property
    def is_being_paid(self) -> bool:
        """Whether anything handed in waits for its pay, on either side."""
        if not self.batch.is_paid:
            return False
        undecided = Place.objects.filter(
            posting__batch=self.batch, state__in=[Place.State.WORKING, Place.State.SUBMITTED]
        )
        return bool(self.figures.spend.num_unsettled) or undecided.exists() or statements.num_unplaced(self.batch) > 0

    @property
    def share_of_controls(self) -> float | None:
        shown = self.figures.controls_shown
        return self.figures.controls_right / shown if shown else None

    @property
    def is_low(self) -> bool:
        rate = self.figures.hourly_rate
        return rate is not None and 0 < rate < SENSIBLE.get(self.batch.currency, 0)

    @property
    def time_to_finish(self) -> str:
        """What workers can take, in words; empty where nobody can say."""
        seconds, num_done = self.figures.seconds_to_finish, self.figures.num_submitted
        if seconds is None or num_done >= self.num_to_come_to:
            return ""
        return in_words(seconds * (self.num_to_come_to - num_done) / (self.figures.num_slots - num_done))

    @property
    def num_to_come_to(self) -> int:
        """Grids that workers can hand in by now: all, or those of the pilot."""
        return min(self.num_of_pilot, self.figures.num_slots) if self.is_pilot else self.figures.num_slots


def live_figures(batch: Any, *, now: datetime) -> Live | None:
    """None of judgements that were made elsewhere."""
    return None if batch.is_imported else Live(batch, figures(batch=batch, now=now))


def in_words(seconds: float) -> str:
    """5400 as about 1.5 hours: as exactly as anybody can foresee it."""
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 1.5 * size:
            amount = seconds / size
            return f"about {amount:.1f} {unit}" if amount < 5 and unit != "minutes" else f"about {amount:.0f} {unit}"
    return "about a minute"
