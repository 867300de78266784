"""What can't be launched so: refused while it is a draft, before anything is asked of a platform."""

import re

from annotation import hits
from annotation.errors import CannotLaunch
from annotation.models import Launch
from annotation.platforms import base, paid
from annotation.platforms.base import OUTSIDE, SIMULATED, WORKFORCES
from annotation.platforms.paid import Capabilities, PlatformRefused, Unit

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_CODE, LONGEST_GROUP = 120, 2000, 40, 100
MOST_KEYWORDS, LONGEST_KEYWORD = 20, 50
SHORTEST, LONGEST = 60, 90 * 86_400  # seconds that places can be taken
LONGEST_ESTIMATE = 86_400
MOST = 1_000_000  # grids of a place, and what a pilot begins with
# What shows nothing, or turns the order of letters round; line breaks are for descriptions.
UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
CODE = re.compile(r"[A-Za-z0-9_-]*")
ELSEWHERE = "https://example.org/start/"  # stands for the address, which is looked at when it is confirmed


def refuse_unknown_platform(name: str) -> None:
    if name not in WORKFORCES:
        raise CannotLaunch(f"There is no platform {name!r}; choose one of {', '.join(WORKFORCES)}.")


def refuse_unfit(launch: Launch) -> None:
    """Refuse what no batch can be, what its platform does not offer, and what it would refuse."""
    terms_of(launch)
    _refuse_classes_of_others(launch)
    _refuse_texts(launch)
    _refuse_times(launch)
    can = WORKFORCES[launch.platform]
    _refuse_shares(launch, can)
    if launch.platform in OUTSIDE:
        _refuse_money(launch, can)
        refuse_what_it_would(launch, address=ELSEWHERE)


def refuse_what_it_would(launch: Launch, *, address: str) -> None:
    """Ask the platform's own checks, which ask nobody, about a posting of this launch that starts at this address."""
    check = base.CHECKS.get(launch.platform)
    if check is None:
        return
    seconds = launch.num_grids * launch.lease_seconds
    posting = paid.Posting(
        token="0" * 40,
        title=launch.title,
        description=launch.description,
        keywords=tuple(launch.keywords),
        address=address,
        num_places=1,
        pay_minor_units=launch.pay_minor_units * launch.num_grids,
        currency=launch.currency,
        seconds_allowed=seconds,
        seconds_estimated=launch.num_grids * launch.seconds_estimated,
        lasts_seconds=launch.lasts_seconds,
        completion_code=launch.completion_code,
        allowed_group=launch.allowed_group,
        blocked_group=launch.blocked_group,
    )
    try:
        check(posting)
    except PlatformRefused as refusal:
        raise CannotLaunch(f"{launch.platform} would refuse this: {refusal}") from refusal


def terms_of(launch: Launch) -> hits.Terms:
    """Of the batch that it would become."""
    return hits.Terms(
        num_assignments=launch.num_assignments,
        lease_seconds=launch.lease_seconds,
        platform=launch.platform,
        is_simulated=launch.platform == SIMULATED,
        pay_minor_units=launch.pay_minor_units,
        currency=launch.currency,
        budget_minor_units=launch.budget_minor_units,
    )


def _refuse_classes_of_others(launch: Launch) -> None:
    known = launch.study.target_classes.filter(pk__in=launch.target_class_ids).count()
    if known != len(launch.target_class_ids):
        raise CannotLaunch("Some of the chosen classes are not of this study; choose among its classes.")


def _refuse_texts(launch: Launch) -> None:
    texts = {
        "title": (launch.title, LONGEST_TITLE),
        "description": (launch.description, LONGEST_DESCRIPTION),
        "completion code": (launch.completion_code, LONGEST_CODE),
        "group of who may work": (launch.allowed_group, LONGEST_GROUP),
        "group of who may not": (launch.blocked_group, LONGEST_GROUP),
        **{f"keyword {word!r}": (word, LONGEST_KEYWORD) for word in launch.keywords},
    }
    for name, (text, longest) in texts.items():
        if len(text) > longest:
            raise CannotLaunch(f"The {name} has {len(text):,} characters; it may have {longest:,}.")
        is_line = name != "description"
        if UNSEEN.search(text) or (is_line and re.search(r"[\t\n]", text)):
            raise CannotLaunch(f"The {name} has characters that nobody sees, such as from copying; type it anew.")
    if len(launch.keywords) > MOST_KEYWORDS:
        raise CannotLaunch(f"{len(launch.keywords)} keywords: give {MOST_KEYWORDS} at most.")
    if not CODE.fullmatch(launch.completion_code):
        raise CannotLaunch("A completion code is of letters, digits, _ and -; leave it empty to have one made.")


def _refuse_times(launch: Launch) -> None:
    if not SHORTEST <= launch.lasts_seconds <= LONGEST:
        raise CannotLaunch(f"Open for {launch.lasts_seconds} seconds: choose a minute to 90 days.")
    if not 1 <= launch.seconds_estimated <= LONGEST_ESTIMATE:
        raise CannotLaunch(f"{launch.seconds_estimated} seconds for a grid: choose 1 second to a day.")
    if launch.seconds_estimated > launch.lease_seconds:
        raise CannotLaunch(
            f"A grid is to take {launch.seconds_estimated} seconds, and workers would have {launch.lease_seconds}: "
            "give them more time."
        )


def _refuse_shares(launch: Launch, can: Capabilities) -> None:
    if not 0 <= launch.num_pilot <= MOST:
        raise CannotLaunch(f"A pilot of {launch.num_pilot}: choose 0, which is none, to {MOST:,}.")
    if not 1 <= launch.num_grids <= MOST:
        raise CannotLaunch(f"{launch.num_grids} grids for one place: choose 1 or more.")
    if can.unit is Unit.HIT and launch.num_grids != 1:
        raise CannotLaunch(f"{launch.num_grids} grids for one place: {launch.platform} takes one grid at a time.")


def _refuse_money(launch: Launch, can: Capabilities) -> None:
    if not launch.pay_minor_units:
        raise CannotLaunch(f"Give the pay for a grid: workers of {launch.platform} are paid.")
    if can.currencies and launch.currency not in can.currencies:
        raise CannotLaunch(f"{launch.platform} pays in {' or '.join(can.currencies)}, not in {launch.currency}.")
