"""What the pages of a launch show: the workforces to choose from, what waits for workers, and what it would cost."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min

from annotation.errors import AnnotationError
from annotation.launches import committed_alone, costs
from annotation.launches.drafting import Plan
from annotation.models import Example, Grid, Launch, Study, TargetClass
from annotation.payments.reaching import reached_soon
from annotation.platforms.base import OUTSIDE, WORKFORCES, is_configured
from annotation.platforms.own import LOCAL, SIMULATED, OwnPlatform
from annotation.platforms.paid import Capabilities, PlatformError, Unit
from frontend.teaching import at_hand

# An hour, in hundredths. Below it Prolific takes no study; there is no such figure for other currencies.
SENSIBLE = {"GBP": 600, "USD": 800}
TITLES = {LOCAL: "Your own people", SIMULATED: "A rehearsal", "prolific": "Prolific", "mturk": "Mechanical Turk"}
TEXTS = {
    LOCAL: "Whoever has an invitation of yours. Pay, if there is any, is kept in the books and handed over by you.",
    SIMULATED: "Simulated workers open the same pages, for nothing: to see what happens before people do it.",
    "prolific": "Participants from a panel. The batch is one study there, and each place is one participant.",
    "mturk": "Workers from a marketplace. Each grid is a HIT of its own.",
}
NOTES = {"mturk": "Its own documentation says that it closes for good on 30 September 2026."}
NEEDED = {
    "mturk": ("MTURK_ACCESS_KEY", "MTURK_SECRET_KEY"),
    "prolific": ("PROLIFIC_TOKEN", "PROLIFIC_WORKSPACE", "PROLIFIC_PROJECT"),
}


@dataclass(frozen=True)
class Workforce:
    """One card to choose from."""

    name: str
    can: Capabilities

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @property
    def text(self) -> str:
        return TEXTS[self.name]

    @property
    def note(self) -> str:
        return NOTES.get(self.name, "")

    @property
    def is_configured(self) -> bool:
        return is_configured(self.name)

    @property
    def needed(self) -> tuple[str, ...]:
        """The variables that say how to reach it."""
        return NEEDED.get(self.name, ())

    @property
    def currencies(self) -> str:
        return " ".join(self.can.currencies)

    @property
    def abilities(self) -> list[str]:
        """What it can do, in the words of a person who chooses."""
        pays = f"Pays in {' or '.join(self.can.currencies)}" if self.can.currencies else "Any currency"
        told = [
            (self.can.has_bonuses, "bonuses"),
            (self.can.can_reject, "rejections, which can be taken back" if self.can.can_reverse_rejection else ""),
            (self.can.can_pause, "pausing"),
            (self.can.has_sandbox, "a sandbox without money"),
        ]
        return [pays, ", ".join(words for does, words in told if does and words).capitalize()]


def workforces() -> list[Workforce]:
    """In the order in which most should look at them."""
    return [Workforce(name, WORKFORCES[name]) for name in TITLES]


def title_of(platform: str) -> str:
    """As a person calls it."""
    return TITLES.get(platform, platform)


def waiting_classes(study: Study, also: Collection[int] = ()) -> list[tuple[int, str, int]]:
    """Id, name and number of waiting grids of the classes that have some, or that were chosen before."""
    counted = Grid.objects.filter(study=study).waiting().order_by().values("target_class").annotate(num=Count("pk"))
    nums = dict(counted.values_list("target_class", "num"))
    rows = TargetClass.objects.filter(study=study, pk__in={*nums, *also}).order_by("number")
    return [(row.pk, row.name, nums.get(row.pk, 0)) for row in rows]


def composed(study: Study) -> dict[str, Any]:
    """How the grids that wait are made up: images of each, and controls among them."""
    waiting = study.grids.waiting()
    sizes: dict[str, Any] = waiting.aggregate(least=Min("candidate_ids__len"), most=Max("candidate_ids__len"))
    one = waiting.order_by("target_class__number", "number").first()
    if one is None:
        return sizes
    num_positive, num_negative = (
        bits.bit_count() for bits in map(_as_number, (one.positive_controls, one.negative_controls))
    )
    return sizes | {"num_positive": num_positive, "num_negative": num_negative}


def _as_number(bits: bytes) -> int:
    return int.from_bytes(bytes(bits))


class WithoutFee(OwnPlatform):
    """A platform as far as it is known without asking it: what it takes on top is not."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.capabilities = WORKFORCES[name]


@dataclass(frozen=True)
class Priced:
    """What a launch may come to, or why that can't be said."""

    cost: costs.Cost | None
    problem: str = ""
    """Why the platform's fee is not in it."""
    refusal: str = ""
    """Why there is no cost at all, and what to change."""

    @property
    def has_fee(self) -> bool:
        return self.cost is not None and not self.problem

    @property
    def is_low(self) -> bool:
        """Whether it pays less an hour than anybody should be asked to work for."""
        return self.cost is not None and 0 < self.cost.hourly_rate < self.least

    @property
    def least(self) -> int:
        return SENSIBLE.get(self.cost.currency, 0) if self.cost else 0


def priced(launch: Launch, *, by: Any, clock: Callable[[], datetime]) -> Priced:
    """Asks the platform for its fee; where it can't be reached_soon, the rest is told without it. `by` confirms it."""
    alone = committed_alone(by=by, currency=launch.currency, now=clock())
    try:
        with reached_soon(launch.platform, clock=clock) as platform:
            return Priced(costs.preview(launch=launch, platform=platform, alone=alone))
    except PlatformError as error:
        problem = str(error)
    except AnnotationError as error:
        return Priced(None, refusal=str(error))
    try:
        return Priced(costs.preview(launch=launch, platform=WithoutFee(launch.platform), alone=alone), problem=problem)
    except AnnotationError as error:
        return Priced(None, refusal=str(error))


@dataclass(frozen=True)
class Account:
    """What can be spent at a platform."""

    minor_units: int
    currency: str
    launch_currency: str
    needed: int
    """For what is put up first."""

    @property
    def is_of_other_currency(self) -> bool:
        return self.currency != self.launch_currency

    @property
    def lacks(self) -> bool:
        return self.minor_units < self.needed


def account(launch: Launch, priced: Priced, *, clock: Callable[[], datetime]) -> Account | None:
    """None where the platform keeps no account, or does not answer."""
    if launch.platform not in OUTSIDE or priced.cost is None or priced.problem:
        return None
    needed = priced.cost.pilot_total or priced.cost.total
    try:
        with reached_soon(launch.platform, clock=clock) as platform:
            return Account(*platform.balance(), launch_currency=launch.currency, needed=needed)
    except PlatformError:  # it is asked again on the next look, and by what is put up
        return None


def pilot(launch: Launch, priced: Priced | None) -> int:
    """How many HITs or places come first; 0 where that is all of them."""
    if priced is None or priced.cost is None:
        return 0
    everything = priced.cost.num_places if is_put_up_whole(launch.platform) else priced.cost.num_hits
    return launch.num_pilot if launch.num_pilot < everything else 0


def sketch(study: Study, plan: Plan) -> Launch:
    """What is typed, as a launch that nobody has saved."""
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(plan).items()}
    return Launch(study=study, **fields)


def read_by_workers(study: Study, launch: Launch) -> dict[str, Any]:
    """For the preview: the class that is asked about first, with its examples."""
    classes = TargetClass.objects.filter(study=study).order_by("number")
    chosen = classes.filter(pk__in=launch.target_class_ids).first() or classes.first()
    examples = at_hand(Example.objects.filter(target_class=chosen).order_by("-shows_class", "id")) if chosen else []
    return {"previewed": chosen, "previewed_examples": examples}


def is_put_up_whole(platform: str) -> bool:
    """Whether the batch is one posting, of which places are taken."""
    return WORKFORCES[platform].unit is Unit.BATCH


@dataclass(frozen=True)
class Planned:
    """A line of the list of launches that are not live yet."""

    launch: Launch

    @property
    def platform(self) -> str:
        return title_of(self.launch.platform)


def planned(study: Study) -> list[Planned]:
    """The newest first; withdrawn ones are left out."""
    rows = study.launches.filter(batch__isnull=True, withdrawn_at__isnull=True).select_related("made_by")
    return [Planned(row) for row in rows.order_by("-id")]
