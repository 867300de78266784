"""Decisions about workers and reviews, for programs: workers by the study's names for them, never by their ids."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle

from annotation import quality
from annotation.models import Batch, QualityReview, Worker, WorkerDecision
from tests import cast
from tests.annotation.quality import crowd

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=1)


@pytest.fixture
def batch(researcher: User) -> Batch:
    batch = crowd.batch(study=cast.study(researchers=[researcher]))
    crowd.ordinary(batch)
    return batch


@pytest.fixture
def lazy(batch: Batch) -> Worker:
    return crowd.join(batch, "lazy", crowd.nothing)


def test_a_decision_is_taken_and_reversed(batch: Batch, lazy: Worker, researcher_client: Client) -> None:
    name = Worker.pseudonym_in(batch.study_id, lazy.pk)
    body = {"study": batch.study.slug, "worker": name, "effect": "exclude", "reason": "Never looked."}
    made = researcher_client.post("/api/v1/worker-decisions/", body, "application/json")
    assert made.status_code == 201
    assert {key: made.json()[key] for key in body} == body
    assert (made.json()["decided_by"], made.json()["evidence"]) == ("rosa", {})
    assert quality.excluded_workers(batch.study_id) == {lazy.pk}
    again = researcher_client.post("/api/v1/worker-decisions/", body, "application/json")
    assert (again.status_code, again.json()["type"]) == (409, "urn:twinset:invalid-decision")
    address = f"/api/v1/worker-decisions/{made.json()['id']}/reversal/"
    undone = researcher_client.post(address, {"reason": "Looked after all."}, "application/json")
    assert (undone.status_code, undone.json()["reversed_by"]) == (201, "rosa")
    assert quality.excluded_workers(batch.study_id) == set()
    listed = researcher_client.get("/api/v1/worker-decisions/", {"is_reversed": "true"}).json()["results"]
    assert [row["reversal_reason"] for row in listed] == ["Looked after all."]
    assert researcher_client.get("/api/v1/worker-decisions/", {"is_reversed": "false"}).json()["results"] == []


def test_a_worker_of_another_study_has_no_name_here(batch: Batch, researcher_client: Client) -> None:
    other = cast.enrolment(cast.study("other"), cast.worker("elsewhere"))
    body = {"study": batch.study.slug, "worker": other.pseudonym, "effect": "stop", "reason": "No."}
    refused = researcher_client.post("/api/v1/worker-decisions/", body, "application/json")
    assert (refused.status_code, refused.json()["errors"]) == (
        400,
        {"worker": ["The study has no worker of this name."]},
    )


def test_strangers_neither_see_nor_decide(batch: Batch, lazy: Worker, stranger_client: Client) -> None:
    proposal = quality.judge_workers(study=batch.study, now=LATER)[0]
    decision = quality.decide_by_rule(study=batch.study, proposal=proposal, now=LATER)
    assert stranger_client.get("/api/v1/worker-decisions/").json()["results"] == []
    address = f"/api/v1/worker-decisions/{decision.pk}/"
    assert stranger_client.get(address).status_code == 404
    refused = stranger_client.post(f"{address}reversal/", {"reason": "Mine."}, "application/json")
    assert refused.status_code == 404
    assert WorkerDecision.objects.get().is_active


def test_a_rule_s_decision_is_computed_again(batch: Batch, lazy: Worker, researcher_client: Client) -> None:
    proposal = quality.judge_workers(study=batch.study, now=LATER)[0]
    decision = quality.decide_by_rule(study=batch.study, proposal=proposal, now=LATER)
    answer = researcher_client.post(f"/api/v1/worker-decisions/{decision.pk}/replay/")
    assert answer.json() == {"is_found": True, "is_same": True, "differences": {}}


def test_computing_again_takes_seconds_so_nobody_asks_for_it_all_the_time(
    batch: Batch, lazy: Worker, researcher_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = quality.judge_workers(study=batch.study, now=LATER)[0]
    address = f"/api/v1/worker-decisions/{quality.decide_by_rule(study=batch.study, proposal=proposal, now=LATER).pk}/"
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 1_000_010.0)
    statuses = [researcher_client.post(f"{address}replay/").status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]
    assert researcher_client.get(address).status_code == 200


def test_a_review_names_workers_by_pseudonyms(batch: Batch, researcher_client: Client) -> None:
    for number in range(9):
        crowd.join(batch, f"guessing {number}", crowd.guessing)
    for name in ("one", "other"):
        crowd.join(batch, name, crowd.same_guesses)
    before = timezone.now()
    asked = researcher_client.post("/api/v1/reviews/", {"study": batch.study.slug}, "application/json")
    assert (asked.status_code, asked.json()["content"]) == (202, None)
    quality.review(study=batch.study, now=before + timedelta(minutes=1))
    (review,) = researcher_client.get("/api/v1/reviews/").json()["results"]
    names = {Worker.pseudonym_in(batch.study_id, pk) for pk in Worker.objects.values_list("pk", flat=True)}
    assert {row["worker"] for row in review["content"]["workers"]} == names
    twins = [flag for row in review["content"]["workers"] for flag in row["flags"] if flag["rule"] == "twin_workers"]
    assert {flag["evidence"]["partner"] for flag in twins} <= names
    assert len(twins) == 2
    assert not {"worker_id", "partner_id"} & _keys(review)
    assert QualityReview.objects.get().requested_at is None


def _keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in _keys(each)}
    return {key for each in value for key in _keys(each)} if isinstance(value, list) else set()
