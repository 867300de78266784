"""What a draft may say, and what is filled in."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotation import launches
from annotation.errors import CannotLaunch
from annotation.launches import Plan
from annotation.models import Launch, Study
from tests import cast
from tests.annotation.launches import scenes

pytestmark = pytest.mark.django_db
TURK = {"platform": "mturk", "pay_minor_units": 50, "currency": "USD"}
PROLIFIC = {"platform": "prolific", "pay_minor_units": 50, "currency": "GBP"}


def test_what_is_left_out_is_filled_in(study: Study, researcher: User) -> None:
    launch = scenes.draft(study, researcher)
    assert (launch.state, launch.made_by, launch.made_at) == (Launch.State.DRAFT, researcher, cast.NOW)
    assert study.name in launch.title
    assert "grids of pictures" in launch.description
    assert launch.completion_code == ""


def test_a_posting_of_a_whole_batch_gets_a_completion_code_of_its_own(study: Study, researcher: User) -> None:
    codes = {scenes.draft(study, researcher, **PROLIFIC).completion_code for _ in range(5)}
    assert {len(code) for code in codes} == {10}
    assert len(codes) == 5
    assert scenes.draft(study, researcher, **TURK).completion_code == ""
    assert scenes.draft(study, researcher, **PROLIFIC, completion_code="C0DE").completion_code == "C0DE"


def test_a_change_keeps_the_code_that_workers_may_have_seen(study: Study, researcher: User) -> None:
    launch = scenes.draft(study, researcher, **PROLIFIC)
    changed = launches.change(launch=launch, plan=Plan(**PROLIFIC, num_assignments=3), now=cast.NOW)
    assert (changed.num_assignments, changed.completion_code) == (3, launch.completion_code)


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"platform": "toloka"}, "no platform 'toloka'"),
        ({"num_assignments": 0}, "workers per HIT"),
        ({"pay_minor_units": 5}, "both the pay and its currency"),
        ({"budget_minor_units": 5}, "batch that pays"),
        ({"lease_seconds": 0}, "lease"),
        ({"seconds_estimated": 1900}, "more time"),
        ({"seconds_estimated": 0}, "seconds for a grid"),
        ({"lasts_seconds": 59}, "a minute to 90 days"),
        ({"lasts_seconds": 91 * 86400}, "a minute to 90 days"),
        ({"num_grids": 0}, "choose 1 or more"),
        ({"num_grids": 2}, "one grid at a time"),
        ({"num_pilot": -1}, "pilot"),
        ({"target_class_ids": (10**9,)}, "not of this study"),
        ({"title": "t" * 121}, "121 characters"),
        ({"title": "two\nlines"}, "nobody sees"),
        ({"title": "turned \u202e round"}, "nobody sees"),
        ({"description": "d" * 2001}, "2,001 characters"),
        ({"description": "a\x00b"}, "nobody sees"),
        ({"keywords": tuple(f"word {number}" for number in range(21))}, "20 at most"),
        ({"keywords": ("w" * 51,)}, "51 characters"),
        ({"completion_code": "no blanks"}, "completion code"),
        ({"allowed_group": "g" * 101}, "101 characters"),
        ({"platform": "mturk"}, "Give the pay"),
        (TURK | {"currency": "EUR"}, "pays in USD, not in EUR"),
        (TURK | {"lease_seconds": 20, "seconds_estimated": 5}, "MTurk takes 30 seconds to a year"),
        (PROLIFIC | {"lease_seconds": 130}, "Prolific lets workers have"),
    ],
)
def test_what_can_not_be_is_refused_as_a_draft(study: Study, researcher: User, plan: dict[str, Any], says: str) -> None:
    with pytest.raises(CannotLaunch, match=says):
        scenes.draft(study, researcher, **plan)
    assert not Launch.objects.exists()


def test_classes_are_of_the_study(study: Study, researcher: User) -> None:
    own = study.target_classes.get()
    other = cast.target_class(cast.study("another"))
    assert scenes.draft(study, researcher, target_class_ids=(own.pk, own.pk)).target_class_ids == [own.pk]
    with pytest.raises(CannotLaunch, match="not of this study"):
        scenes.draft(study, researcher, target_class_ids=(own.pk, other.pk))


def test_a_change_takes_the_confirmation_back(study: Study, researcher: User, settings: Any) -> None:
    settings.LAUNCH_SECOND_ABOVE = 0
    launch = scenes.confirm(scenes.draft(study, researcher, **scenes.paid()), researcher)
    assert launch.state == Launch.State.CONFIRMED
    plan = Plan.of(launch)
    assert (plan.pay_minor_units, plan.title) == (100, launch.title)
    assert launches.change(launch=launch, plan=plan, now=cast.NOW).state == Launch.State.DRAFT


def test_what_was_withdrawn_or_is_live_stays_so(study: Study, researcher: User) -> None:
    gone = scenes.draft(study, researcher)
    launches.withdraw(launch=gone, now=cast.NOW)
    launches.withdraw(launch=gone, now=cast.NOW)
    with pytest.raises(CannotLaunch, match="withdrawn"):
        launches.change(launch=gone, plan=Plan(), now=cast.NOW)
    with pytest.raises(CannotLaunch, match="withdrawn"):
        scenes.confirm(gone, researcher)
    live = scenes.confirm(scenes.draft(study, researcher), researcher)
    for verb in (lambda: launches.withdraw(launch=live, now=cast.NOW), lambda: scenes.confirm(live, researcher)):
        with pytest.raises(CannotLaunch, match="live already"):
            verb()


def test_the_database_lets_nobody_second_themselves(study: Study, researcher: User) -> None:
    launch = scenes.draft(study, researcher)
    with pytest.raises(IntegrityError, match="seconded_by_another"), transaction.atomic():
        Launch.objects.filter(pk=launch.pk).update(confirmed_by=researcher, seconded_by=researcher)
