"""Whoever gets no more grids of a study is told so; what they hold and have handed in stays theirs."""

import functools
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import assignments, quality
from annotation.errors import ServingStopped
from annotation.models import Assignment, Batch, Effect, Enrolment, Worker, WorkerDecision
from annotation.platforms import local
from annotation.serving.slots import Answer
from tests import cast, pictures

pytestmark = pytest.mark.django_db
SOON = cast.NOW + timedelta(minutes=5)


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_grids=3)


@pytest.fixture
def worker(batch: Batch) -> Worker:
    return cast.enrolment(batch.study, cast.worker()).worker


@pytest.fixture
def held(batch: Batch, worker: Worker) -> Assignment:
    claimed = assignments.claim(batch=batch, worker=worker, now=cast.NOW)
    assert claimed is not None
    return claimed


def stop(batch: Batch, worker: Worker, by: User) -> WorkerDecision:
    return quality.decide(study=batch.study, worker=worker, effect=Effect.STOP, reason="Not looking.", by=by, now=SOON)


def test_they_keep_what_they_hold_and_get_nothing_else(
    batch: Batch, worker: Worker, held: Assignment, researcher: User
) -> None:
    stop(batch, worker, researcher)
    assert assignments.claim_in(study=batch.study, worker=worker, now=SOON) == held
    with pytest.raises(ServingStopped, match="give you no more grids"):
        assignments.claim(batch=batch, worker=worker, now=SOON, besides=held.pk)
    done = assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=[0], not_seen=[], now=SOON)
    assert done.submitted_at == SOON
    for claim in (
        lambda: assignments.claim_in(study=batch.study, worker=worker, now=SOON),
        lambda: assignments.claim_next(batch=batch, worker=worker, now=SOON),
        lambda: assignments.claim(batch=batch, worker=worker, now=SOON),
    ):
        with pytest.raises(ServingStopped):
            claim()


def test_a_lease_that_has_run_out_does_not_start_again(
    batch: Batch, worker: Worker, held: Assignment, researcher: User
) -> None:
    decision = stop(batch, worker, researcher)
    renew = functools.partial(assignments.renew, assignment_id=held.pk, worker_id=worker.pk)
    held.refresh_from_db()
    assert held.lease_expires_at is not None
    later = renew(now=SOON).lease_expires_at  # one that runs goes on, so that they can hand it in
    assert later is not None
    assert later > held.lease_expires_at
    with pytest.raises(ServingStopped):
        renew(now=later)
    quality.reverse(decision=decision, reason="They were ill.", by=researcher, now=later)
    assert renew(now=later).is_held_at(later)


def test_handing_in_claims_nothing_for_them(batch: Batch, worker: Worker, held: Assignment, researcher: User) -> None:
    stop(batch, worker, researcher)
    done = assignments.submit_and_claim(Answer(held.pk, worker.pk, 0, [1], [], None), now=SOON)
    assert done is not None
    assert done.next_id is None
    assert list(Assignment.objects.filter(worker=worker).values_list("submitted_at", flat=True)) == [SOON]


def test_others_and_other_studies_go_on(batch: Batch, worker: Worker, researcher: User) -> None:
    stop(batch, worker, researcher)
    other = cast.study("another")
    target_class = cast.target_class(other)
    elsewhere = cast.batch(other, [cast.grid(target_class, [cast.candidate(target_class)])])
    cast.enrolment(other, worker)
    assert assignments.claim(batch=elsewhere, worker=worker, now=SOON) is not None
    assert assignments.claim(batch=batch, worker=cast.worker("w2"), now=SOON) is not None


def test_who_joins_after_the_decision_is_stopped_too(batch: Batch, researcher: User) -> None:
    person = cast.worker("never joined")
    cast.handed_in(batch, person, cast.NOW)
    decision = stop(batch, person, researcher)
    assert cast.enrolment(batch.study, person).stopped_at == SOON
    with pytest.raises(ServingStopped):
        assignments.claim_in(study=batch.study, worker=person, now=SOON)
    quality.reverse(decision=decision, reason="They were ill.", by=researcher, now=SOON)
    assert assignments.claim_in(study=batch.study, worker=person, now=SOON) is not None


def test_a_reversal_lets_them_go_on(batch: Batch, worker: Worker, researcher: User) -> None:
    decision = stop(batch, worker, researcher)
    quality.reverse(decision=decision, reason="They were ill.", by=researcher, now=SOON)
    assert assignments.claim_in(study=batch.study, worker=worker, now=SOON) is not None
    assert Enrolment.objects.get(worker=worker).stopped_at is None


def test_pages_tell_them_so(batch: Batch, worker: Worker, researcher: User) -> None:
    stop(batch, worker, researcher)
    home = reverse("frontend:home", args=[local.enrolment_token(Enrolment.objects.get(worker=worker))])
    shown = Client().get(home).content.decode()
    assert "The people who run this study give you no more grids of it." in shown
    assert "Go on" not in shown
    refused = Client().post(home)
    assert refused.status_code == 410
    assert "You get no more grids of this study" in refused.content.decode()


def test_the_answer_to_their_last_grid_is_still_a_receipt(
    batch: Batch, worker: Worker, held: Assignment, researcher: User
) -> None:
    stop(batch, worker, researcher)
    Assignment.objects.filter(pk=held.pk).update(lease_expires_at="2999-01-01T00:00Z")
    address = reverse("frontend:assignment", args=[local.assignment_token(held)])
    answered = Client().post(address, {"selected": ["0"]}, follow=True)
    shown = answered.content.decode()
    assert f"Saved, receipt {held.pk}" in shown
    assert "You get no more grids of this study" in shown
