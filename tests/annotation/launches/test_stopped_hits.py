"""A HIT of which a picture was taken down is offered to nobody any more, at its platform neither."""

import pytest
from django.contrib.auth.models import User

from annotation import hits, launches, postings
from annotation.models import HIT, Batch, Study
from annotation.payments import waiting
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import Desk

pytestmark = pytest.mark.django_db


def stop_first(batch: Batch) -> HIT:
    """As a take-down does."""
    hit = batch.hits.order_by("id")[0]
    hits.stop(grid_ids=[hit.grid_id], now=cast.NOW)
    return hit


def is_due(batch: Batch) -> bool:
    return waiting.due_batches(now=cast.NOW).filter(pk=batch.pk).exists()


def test_its_posting_is_closed_there_and_the_others_stay(study: Study, researcher: User, desk: Desk) -> None:
    if not desk.is_by_hit:
        pytest.skip("a batch is one posting there")
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    scenes.go_on(batch, desk.platform())
    assert not is_due(batch)
    hit = stop_first(batch)
    assert is_due(batch)
    scenes.go_on(batch, desk.platform())
    states = {each.external_id: each.state for each in desk.platform().postings()}
    assert states.pop(hit.posting.external_id) == "closed"
    assert set(states.values()) == {"open"}
    assert not is_due(batch)


def test_it_is_not_put_up(study: Study, researcher: User, desk: Desk) -> None:
    if not desk.is_by_hit:
        pytest.skip("a batch is one posting there")
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    stop_first(batch)
    scenes.go_on(batch, desk.platform())
    assert (desk.num_up, batch.postings.filter(state="open").count()) == (2, 2)
    assert not is_due(batch)


def test_what_was_refused_of_it_is_not_put_back(study: Study, researcher: User, desk: Desk) -> None:
    if not desk.is_by_hit:
        pytest.skip("a batch is one posting there")
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    batch.postings.update(state="refused", refusal="Too long.")
    stop_first(batch)
    assert postings.put_back(batch=batch, now=cast.NOW) == 3
    scenes.go_on(batch, desk.platform())
    assert desk.num_up == 2


def test_who_did_it_before_is_paid(study: Study) -> None:
    batch = cast.batch(study, study.grids.all(), pay_minor_units=30, currency="EUR")
    worker = cast.worker()
    cast.enrolment(study, worker)
    done = cast.handed_in(batch, worker, cast.NOW)
    hits.stop(grid_ids=[done.hit.grid_id], now=cast.NOW)
    scenes.go_on(batch)
    assert done.hit.posting.state == "closed"
    assert list(waiting.unheard(batch, now=cast.NOW)) == [done.hit.posting]


def test_it_has_no_places_in_a_posting_of_the_whole_batch(study: Study, researcher: User, desk: Desk) -> None:
    if desk.is_by_hit:
        pytest.skip("each HIT is a posting there")
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk, num_pilot=1))
    scenes.go_on(batch, desk.platform())
    stop_first(batch)
    launches.put_rest(batch=batch, by=researcher, now=cast.NOW)
    scenes.go_on(batch, desk.platform())
    assert [each.num_places for each in desk.platform().postings()] == [4]
