"""A part first, then the rest by one word."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from annotation import launches, postings
from annotation.errors import CannotLaunch, OverBudget
from annotation.models import Assignment, Batch, Study
from annotation.payments import waiting
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import Desk

pytestmark = pytest.mark.django_db


def offered(batch: Batch) -> int:
    return sum(each.num_places for each in batch.postings.filter(state="open"))


def put_rest(batch: Batch, by: User) -> None:
    launches.put_rest(batch=batch, by=by, now=cast.NOW)


def test_no_more_than_the_pilot_is_put_up(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk, num_pilot=2))
    for _ in range(3):
        scenes.go_on(batch, desk.platform())
    assert (desk.num_up, offered(batch)) == ((2, 4) if desk.name == "mturk" else (1, 2))
    assert study.launches.get().is_pilot
    put_rest(batch, researcher)
    put_rest(batch, researcher)
    assert scenes.go_on(batch, desk.platform()).problems == []
    assert (desk.num_up, offered(batch)) == ((3, 6) if desk.name == "mturk" else (1, 6))
    assert {each.num_places for each in desk.platform().postings()} == ({2} if desk.name == "mturk" else {6})
    assert (study.launches.get().rest_by, study.launches.get().is_pilot) == (researcher, False)


@pytest.mark.parametrize("fault", ["before", "after"])
def test_what_is_in_doubt_is_part_of_the_pilot(study: Study, researcher: User, desk: Desk, fault: str) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk, num_pilot=1))
    desk.fault("post", fault)
    assert scenes.go_on(batch, desk.platform()).num_uncertain == 1
    scenes.go_on(batch, desk.platform())
    assert desk.num_up == 1


def test_a_pilot_may_be_all_there_is(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk, num_pilot=50))
    scenes.go_on(batch, desk.platform())
    assert offered(batch) == 6


def test_ones_own_people_find_the_pilot_only(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, **scenes.paid(num_pilot=1, budget_minor_units=600))
    assert (batch.hits.count(), batch.postings.count()) == (1, 1)
    put_rest(batch, researcher)
    put_rest(batch, researcher)
    assert (batch.hits.count(), Assignment.objects.filter(hit__batch=batch, worker=None).count()) == (3, 6)
    assert scenes.go_on(batch).problems == []
    assert (batch.postings.filter(state="open").count(), postings.promised(batch)) == (3, 600)


def test_the_rest_is_what_was_shown_and_still_waits(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, num_pilot=1)
    later = cast.grid(study.target_classes.get(), [cast.candidate(study.target_classes.get())])
    type(later).objects.filter(pk=later.pk).update(created_at=cast.NOW.replace(year=2027))
    put_rest(batch, researcher)
    assert batch.hits.count() == 3
    assert not batch.hits.filter(grid=later).exists()


def test_the_rest_is_never_beyond_the_budget(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, **scenes.paid(num_pilot=1, budget_minor_units=600))
    Batch.objects.filter(pk=batch.pk).update(budget_minor_units=599)
    with pytest.raises(OverBudget, match=r"The rest may come to 6\.00 USD"):
        put_rest(batch, researcher)
    assert (batch.hits.count(), study.launches.get().rest_at) == (1, None)


def test_only_an_open_pilot_has_a_rest(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, target_class_ids=(study.target_classes.get().pk,))
    with pytest.raises(CannotLaunch, match="had no pilot"):
        put_rest(batch, researcher)
    scenes.add_grids(study.target_classes.get(), 2)
    pilot = scenes.live(study, researcher, num_pilot=1)
    launches.stop_everything(study=study, now=cast.NOW)
    with pytest.raises(CannotLaunch, match="closed"):
        put_rest(pilot, researcher)


def test_the_time_begins_anew_with_the_rest(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, **scenes.paid(num_pilot=1, lasts_seconds=3600))
    looked_at, over = cast.NOW + timedelta(minutes=50), cast.NOW + timedelta(minutes=110)
    launches.put_rest(batch=batch, by=researcher, now=looked_at)
    for now, is_open in ((over - timedelta(seconds=1), True), (over, False)):
        scenes.go_on(batch, now=now)
        assert batch.is_open is is_open


def test_a_batch_is_swept_when_the_time_of_its_rest_is_over(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, **scenes.paid(num_pilot=1, lasts_seconds=3600))
    launches.put_rest(batch=batch, by=researcher, now=cast.NOW + timedelta(minutes=50))
    scenes.go_on(batch)
    for minutes, is_due in ((109, False), (110, True)):
        due = waiting.due_batches(now=cast.NOW + timedelta(minutes=minutes))
        assert due.filter(pk=batch.pk).exists() is is_due
