"""Pausing, resuming, closing: at the platform, and here."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from annotation import assignments, launches
from annotation.errors import CannotLaunch
from annotation.models import Assignment, Batch, Study, Worker
from annotation.platforms.paid import PlatformBusy
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import Desk

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(minutes=5)


@pytest.fixture
def worker(study: Study) -> Worker:
    worker = cast.worker()
    cast.enrolment(study, worker)
    return worker


def claim(batch: Batch, worker: Worker) -> Assignment | None:
    return assignments.claim_in(study=batch.study, worker=worker, now=LATER)


def states(batch: Batch) -> set[str]:
    return set(batch.postings.values_list("state", flat=True))


def test_a_pause_stops_claims_of_ones_own_people(study: Study, researcher: User, worker: Worker) -> None:
    batch = scenes.live(study, researcher)
    launches.pause(batch=batch, now=cast.NOW)
    assert claim(batch, worker) is None
    assert assignments.claim(batch=batch, worker=worker, now=LATER) is None
    launches.resume(batch=batch)
    assert claim(batch, worker) is not None


def test_who_has_begun_goes_on_through_a_pause(study: Study, researcher: User, worker: Worker) -> None:
    batch = scenes.live(study, researcher)
    held = claim(batch, worker)
    assert held is not None
    launches.pause(batch=batch, now=cast.NOW)
    assert claim(batch, worker) == held
    assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=[], not_seen=[], now=LATER)
    assert claim(batch, worker) is None


def test_another_batch_goes_on_through_the_pause_of_one(study: Study, researcher: User, worker: Worker) -> None:
    paused = scenes.live(study, researcher)
    scenes.add_grids(study.target_classes.get(), 1)
    other = scenes.live(study, researcher)
    launches.pause(batch=paused, now=cast.NOW)
    held = claim(paused, worker)
    assert held is not None
    assert held.hit.batch == other


def test_the_platform_pauses_and_resumes(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    scenes.go_on(batch, desk.platform())
    launches.pause(batch=batch, now=cast.NOW)
    scenes.go_on(batch, desk.platform())
    assert states(batch) == {"paused"}
    assert "open" not in {each.state for each in desk.platform().postings()}
    scenes.go_on(batch, desk.platform())
    assert states(batch) == {"paused"}
    launches.resume(batch=batch)
    scenes.go_on(batch, desk.platform())
    assert states(batch) == {"open"}
    assert {each.state for each in desk.platform().postings()} == {"open"}


def test_who_has_a_place_there_goes_on_here_through_a_pause(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    scenes.go_on(batch, desk.platform())
    launches.pause(batch=batch, now=cast.NOW)
    scenes.go_on(batch, desk.platform())
    cast.enrolment(study, desk.worker())
    assert assignments.claim(batch=batch, worker=desk.worker(), now=LATER) is not None


def test_nothing_is_put_up_of_what_is_paused_first(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    launches.pause(batch=batch, now=cast.NOW)
    scenes.go_on(batch, desk.platform())
    scenes.go_on(batch, desk.platform())
    assert desk.num_up == 0
    launches.resume(batch=batch)
    scenes.go_on(batch, desk.platform())
    assert states(batch) == {"open"}


def test_closing_leaves_those_who_have_a_place_their_time(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk, lease_seconds=1800))
    scenes.go_on(batch, desk.platform())
    for _ in range(2):
        launches.close(batch=batch, now=cast.NOW)
        scenes.go_on(batch, desk.platform())
    assert (states(batch), batch.is_open, batch.expired_at) == ({"closed"}, False, None)
    assert "open" not in {each.state for each in desk.platform().postings()}
    cast.enrolment(study, desk.worker())
    assert assignments.claim(batch=batch, worker=desk.worker(), now=LATER) is not None
    scenes.go_on(batch, desk.platform(), now=cast.NOW + timedelta(seconds=1799))
    assert batch.expired_at is None
    scenes.go_on(batch, desk.platform(), now=cast.NOW + timedelta(seconds=1800))
    assert batch.expired_at is not None


def test_claims_go_on_until_the_platform_was_told_to_close(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk, lease_seconds=1800))
    scenes.go_on(batch, desk.platform())
    launches.close(batch=batch, now=cast.NOW)
    told = cast.NOW + timedelta(hours=2)
    platform = desk.platform()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(platform, "close", busy)
        for _ in range(2):
            scenes.go_on(batch, platform, now=told)
    assert (batch.expired_at, "open" in {each.state for each in platform.postings()}) == (None, True)
    cast.enrolment(study, desk.worker())
    assert assignments.claim(batch=batch, worker=desk.worker(), now=told) is not None
    scenes.go_on(batch, platform, now=told)
    assert "open" not in {each.state for each in platform.postings()}
    for seconds, is_over in ((1799, False), (1800, True)):
        scenes.go_on(batch, platform, now=told + timedelta(seconds=seconds))
        assert (batch.expired_at is not None) is is_over


def busy(posted_id: str) -> None:
    raise PlatformBusy("Later.")


def test_a_close_whose_answer_is_lost_is_told_again(study: Study, researcher: User, desk: Desk) -> None:
    if desk.name != "mturk":
        pytest.skip("the same verb; its calls are tested with the postings")
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    scenes.go_on(batch, desk.platform())
    desk.fault("close", "before")
    launches.close(batch=batch, now=cast.NOW)
    assert scenes.go_on(batch, desk.platform()).num_left == 1
    assert scenes.go_on(batch, desk.platform()).num_left == 0
    assert {each.state for each in desk.platform().postings()} == {"closed"}


def test_time_closes_a_batch(study: Study, researcher: User, worker: Worker) -> None:
    batch = scenes.live(study, researcher, lasts_seconds=3600)
    scenes.go_on(batch, now=cast.NOW + timedelta(seconds=3599))
    assert batch.is_open
    scenes.go_on(batch, now=cast.NOW + timedelta(seconds=3600))
    assert batch.expired_at == cast.NOW + timedelta(seconds=3600)
    assert claim(batch, worker) is None
    with pytest.raises(CannotLaunch, match="closed"):
        launches.pause(batch=batch, now=LATER)
    with pytest.raises(CannotLaunch, match="closed"):
        launches.resume(batch=batch)


def test_everything_stops_at_once(study: Study, researcher: User, desk: Desk) -> None:
    outside = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    scenes.go_on(outside, desk.platform())
    scenes.add_grids(study.target_classes.get(), 1)
    own = scenes.live(study, researcher)
    stopped = launches.stop_everything(study=study, now=LATER)
    assert stopped == [outside, own]
    assert set(outside.postings.values_list("state", "pending")) == {("closed", "close")}  # so that a sweep finds it
    assert launches.stop_everything(study=study, now=LATER) == []
    scenes.go_on(outside, desk.platform())
    assert states(outside) == {"closed"}
    own.refresh_from_db()
    assert own.expired_at == LATER


def test_a_paid_batch_without_a_launch_has_its_books_too(study: Study) -> None:
    batch = cast.batch(study, study.grids.all(), pay_minor_units=50, currency="EUR")
    done = scenes.go_on(batch)
    assert (done.num_done, states(batch)) == (3, {"open"})


def test_what_the_budget_does_not_hold_is_told_and_not_put_up(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk))
    Batch.objects.filter(pk=batch.pk).update(budget_minor_units=100)
    done = scenes.go_on(batch, desk.platform())
    assert "budget of 1.00" in done.problems[0]
    assert (done.num_done, desk.num_up) == (0, 0)


def test_unpaid_batches_end_without_a_round(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher, lasts_seconds=3600)
    assert launches.close_overdue(now=cast.NOW + timedelta(seconds=3599)) == 0
    assert [launches.close_overdue(now=cast.NOW + timedelta(seconds=3600)) for _ in range(2)] == [1, 0]
    batch.refresh_from_db()
    assert batch.expired_at == cast.NOW + timedelta(seconds=3600)
