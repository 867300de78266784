"""More workers for each grid of a batch that is with workers."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import launches, postings
from annotation.errors import CannotLaunch, OverBudget
from annotation.launches import widening
from annotation.models import Assignment, Batch
from annotation.platforms.own import OwnPlatform
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import OUTSIDE, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _reachable(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PUBLIC_URL = "https://twin.example"
    monkeypatch.setattr("annotation.launches.going_live.is_configured", lambda name: True)


def go_on(batch: Batch, desk: Desk) -> None:
    assert launches.go_on(batch=batch, platform=desk.platform(), now=cast.NOW).problems == []


def places(batch: Batch) -> set[int]:
    return set(batch.postings.values_list("num_places", flat=True))


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_platform_has_as_many_places_as_there_are_slots(name: str, researcher: User) -> None:
    with OUTSIDE[name]() as desk:
        batch = scenes.live(scenes.study(3), researcher, desk.platform(), **scenes.at(desk))
        go_on(batch, desk)
        widening.widen(batch=batch, num_assignments=3, platform=desk.platform(), now=cast.NOW)
        assert Assignment.objects.filter(hit__batch=batch).count() == 9
        go_on(batch, desk)
        assert not batch.postings.exclude(pending="").exists()
        assert {each.num_places for each in desk.platform().postings()} == places(batch)
        assert places(batch) == ({3} if name == "mturk" else {9})


@pytest.mark.parametrize("name", OUTSIDE)
def test_beyond_the_budget_there_is_neither_a_slot_nor_a_place_more(name: str, researcher: User) -> None:
    with OUTSIDE[name]() as desk:
        plan = scenes.at(desk, budget_minor_units=950)
        batch = scenes.live(scenes.study(3), researcher, desk.platform(), **plan)
        before = places(batch)
        with pytest.raises(OverBudget):
            widening.widen(batch=batch, num_assignments=9, platform=desk.platform(), now=cast.NOW)
        assert (Assignment.objects.filter(hit__batch=batch).count(), places(batch)) == (6, before)
        batch.refresh_from_db()
        assert batch.num_assignments == 2


def test_where_more_places_cost_a_higher_fee_it_is_refused(researcher: User) -> None:
    with OUTSIDE["mturk"]() as desk:
        batch = scenes.live(scenes.study(1), researcher, desk.platform(), **scenes.at(desk))
        with pytest.raises(CannotLaunch, match="higher fee"):
            widening.widen(batch=batch, num_assignments=10, platform=desk.platform(), now=cast.NOW)
        assert Assignment.objects.filter(hit__batch=batch).count() == 2


def test_not_while_it_is_paused_or_a_pilot(researcher: User) -> None:
    own = OwnPlatform()
    study = scenes.study(3)
    batch = scenes.live(study, researcher, num_pilot=1)
    with pytest.raises(CannotLaunch, match="pilot"):
        widening.widen(batch=batch, num_assignments=3, platform=own, now=cast.NOW)
    launches.put_rest(batch=batch, by=researcher, now=cast.NOW)
    launches.pause(batch=batch, now=cast.NOW)
    with pytest.raises(CannotLaunch, match="paused"):
        widening.widen(batch=batch, num_assignments=3, platform=own, now=cast.NOW)
    launches.resume(batch=batch)
    widening.widen(batch=batch, num_assignments=3, platform=own, now=cast.NOW)
    assert Assignment.objects.filter(hit__batch=batch).count() == 9


def test_what_was_refused_is_put_back_with_as_many_places(researcher: User) -> None:
    with OUTSIDE["mturk"]() as desk:
        batch = scenes.live(scenes.study(3), researcher, desk.platform(), **scenes.at(desk))
        refused = batch.postings.order_by("id")[0]
        batch.postings.filter(pk=refused.pk).update(state="refused", refusal="There is no such group.")
        go_on(batch, desk)
        widening.widen(batch=batch, num_assignments=3, platform=desk.platform(), now=cast.NOW)
        postings.put_back(batch=batch, now=cast.NOW)
        go_on(batch, desk)
        assert [each.num_places for each in desk.platform().postings()] == [3, 3, 3]
