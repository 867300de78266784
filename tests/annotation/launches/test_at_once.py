"""Two people, or two clicks, at the same moment."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import launches, postings
from annotation.errors import CannotLaunch
from annotation.models import HIT, Assignment, Batch, Launch
from annotation.platforms.own import OwnPlatform
from tests import cast
from tests.annotation.launches import scenes
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def outcome(launch: Launch, by: User) -> str:
    cost, platform = 600, OwnPlatform()
    said: dict[str, Any] = {"typed": "digits-twin", "cost": cost, "by": by, "platform": platform, "now": cast.NOW}
    try:
        return launches.confirm(launch=Launch.objects.get(pk=launch.pk), **said).state
    except CannotLaunch as refusal:
        return str(refusal)


def test_a_double_click_makes_one_batch(researcher: User) -> None:
    launch = scenes.draft(scenes.study(3), researcher, **scenes.paid(budget_minor_units=600))
    said = at_once([partial(outcome, launch, researcher)] * 4)
    assert said.count("live") == 1
    assert (Batch.objects.count(), HIT.objects.count(), Assignment.objects.count()) == (1, 3, 6)
    assert postings.promised(Batch.objects.get()) == 600


def test_two_launches_of_the_same_grids_are_one_batch(researcher: User) -> None:
    study = scenes.study(3)
    drafts = [scenes.draft(study, researcher, **scenes.paid()) for _ in range(3)]
    said = at_once([partial(outcome, each, researcher) for each in drafts])
    assert said.count("live") == 1
    assert (Batch.objects.count(), HIT.objects.count()) == (1, 3)


def test_two_rounds_at_once_put_up_and_promise_once(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher, **scenes.paid(budget_minor_units=600))
    at_once([partial(scenes.go_on, Batch.objects.get(pk=batch.pk)) for _ in range(4)])
    scenes.go_on(batch)
    assert batch.postings.filter(state="open").count() == 3
    assert postings.promised(batch) == 600


def test_the_rest_is_added_once(researcher: User) -> None:
    batch = scenes.live(scenes.study(3), researcher, **scenes.paid(num_pilot=1, budget_minor_units=600))
    put = partial(launches.put_rest, batch=batch, by=researcher, now=cast.NOW)
    at_once([put] * 4)
    at_once([partial(scenes.go_on, Batch.objects.get(pk=batch.pk)) for _ in range(4)])
    scenes.go_on(batch)
    assert (batch.hits.count(), batch.postings.count(), postings.promised(batch)) == (3, 3, 600)
