"""One's own people find grids as soon as these are there: whatever is put up later, or never, their work is paid."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import assignments, launches, postings
from annotation.models import Batch, Study
from annotation.payments import ledger, paying, waiting
from annotation.platforms.own import OwnPlatform
from tests import cast
from tests.annotation.launches import scenes

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(minutes=20)


@pytest.fixture
def batch(study: Study) -> Batch:
    return quick(study)


def quick(study: Study, **fields: Any) -> Batch:
    """Of the three grids, without a launch."""
    return cast.batch(study, study.grids.all(), pay_minor_units=30, currency="EUR", **fields)


def work(batch: Batch) -> None:
    """Somebody does all of its grids."""
    worker = cast.worker()
    cast.enrolment(batch.study, worker)
    for _ in range(batch.hits.count()):
        cast.handed_in(batch, worker, cast.NOW)


def due(now: Any = LATER) -> list[Batch]:
    return list(waiting.due_batches(now=now))


def round_of(batch: Batch) -> int:
    """What the books have of it after it was gone on with, heard and paid a day later."""
    platform, day_after = OwnPlatform(batch.platform), LATER + paying.GRACE
    assert scenes.go_on(batch, now=LATER).problems == []
    postings.learn(batch=batch, platform=platform, now=LATER)
    paying.pay_due(batch=batch, platform=platform, now=day_after)
    return ledger.spend(batch).paid


def test_what_is_closed_while_it_waits_to_be_put_up(batch: Batch) -> None:
    postings.prepare(batch=batch, platform=OwnPlatform(), now=cast.NOW)
    work(batch)
    launches.close(batch=batch, now=LATER)
    assert round_of(batch) == 90
    assert set(batch.postings.values_list("state", "pending")) == {("closed", "")}
    assert due() == []


def test_what_is_closed_before_anything_was_written_down(batch: Batch) -> None:
    work(batch)
    launches.close(batch=batch, now=LATER)
    assert due() == [batch]
    assert round_of(batch) == 90
    assert due() == []


def test_what_is_handed_in_after_it_was_closed(batch: Batch) -> None:
    worker = cast.worker()
    cast.enrolment(batch.study, worker)
    held = assignments.claim(batch=batch, worker=worker, now=cast.NOW)
    assert held is not None
    launches.close(batch=batch, now=LATER)
    scenes.go_on(batch, now=LATER)
    assert due() == []
    assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=[], not_seen=[], now=LATER)
    assert due() == [batch]
    assert round_of(batch) == 30


def test_a_closed_batch_needs_a_budget_for_what_was_taken_only(study: Study) -> None:
    batch = quick(study, budget_minor_units=90)
    work(batch)
    assert "Raise the budget" in scenes.go_on(batch).problems[0]
    launches.close(batch=batch, now=LATER)
    assert round_of(batch) == 90


def test_the_rest_of_a_pilot_whose_message_was_lost(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, **scenes.paid(num_pilot=1))
    scenes.go_on(batch)
    assert due() == []
    launches.put_rest(batch=batch, by=researcher, now=cast.NOW)
    assert due() == [batch]
    work(batch)
    assert round_of(batch) == 300
    assert due() == []
