"""What a researcher sees of workers' reports, and what becomes of a reported image."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import assignments, complaints, frequencies
from annotation.models import (
    Batch,
    Candidate,
    Complaint,
    Exclusion,
    SelectionFrequency,
    Strategy,
    TestSet,
    TestSetImage,
)
from tests import cast, pictures

pytestmark = pytest.mark.django_db
BROKEN, OFFENSIVE = Complaint.Reason.BROKEN, Complaint.Reason.OFFENSIVE


@pytest.fixture
def batch(researcher: User) -> Batch:
    row = pictures.launched(num_images=6, num_grids=1, num_assignments=4)
    row.study.researchers.add(researcher)
    return row


@pytest.fixture
def reported(batch: Batch) -> Candidate:
    """An image that two workers call broken and one offensive."""
    for external_id, reason in (("w1", BROKEN), ("w2", OFFENSIVE), ("w3", BROKEN)):
        complaint = report(batch, external_id, 2, reason)
    return complaint.candidate


def report(batch: Batch, external_id: str, position: int, reason: Complaint.Reason) -> Complaint:
    worker = cast.worker(external_id)
    held = assignments.claim(batch=batch, worker=worker, now=cast.NOW)
    assert held is not None
    return complaints.file(assignment_id=held.pk, worker_id=worker.pk, position=position, reason=reason, now=cast.NOW)


def address(batch: Batch, name: str = "candidate-list", *args: Any) -> str:
    return reverse(f"frontend:{name}", args=[batch.study.slug, *args])


def listed(client: Client, batch: Batch) -> str:
    return client.get(address(batch), {"state": "reported"}).text


def settle(client: Client, candidate: Candidate, decision: str) -> str:
    url = reverse("frontend:candidate-settle", args=[candidate.study.slug, candidate.pk])
    return client.post(url, {"decision": decision}, follow=True).text


def test_the_flow_and_the_candidates_say_how_many_images_are_reported(
    researcher_client: Client, batch: Batch, reported: Candidate
) -> None:
    report(batch, "w4", 3, BROKEN)
    for name in ("study-detail", "candidate-list"):
        page = researcher_client.get(address(batch, name)).text
        assert 'state=reported">2 images reported</a>' in page


def test_nothing_is_said_where_nothing_is_reported(researcher_client: Client, batch: Batch) -> None:
    for name in ("study-detail", "candidate-list"):
        assert "state=reported" not in researcher_client.get(address(batch, name)).text
    assert "No report waits" in listed(researcher_client, batch)


def test_the_list_has_each_image_once_with_reasons_and_workers(
    researcher_client: Client, batch: Batch, reported: Candidate
) -> None:
    page = listed(researcher_client, batch)
    assert page.count("<figcaption") == 1
    assert "2 workers: the picture is broken" in page
    assert "1 worker: the picture is offensive or upsetting" in page


def test_an_offensive_image_is_covered_on_every_list_of_candidates(
    researcher_client: Client, batch: Batch, reported: Candidate
) -> None:
    report(batch, "w4", 3, BROKEN)
    for query in ({}, {"state": "reported"}):
        assert researcher_client.get(address(batch), query).text.count('class="covered"') == 1


def test_an_offensive_image_is_covered_among_frequencies_and_in_test_sets(
    researcher_client: Client, batch: Batch, reported: Candidate
) -> None:
    standard = frequencies.standard_filter(batch.study)
    SelectionFrequency.objects.create(judgement_filter=standard, candidate=reported, num_selected=7, num_seen=10)
    built = TestSet.objects.create(
        study=batch.study, strategy=Strategy.THRESHOLD, name="easier", revision=1, seed=0, built_at=cast.NOW
    )
    TestSetImage.objects.create(
        test_set=built, number=0, candidate=reported, target_class=reported.target_class, num_selected=7, num_seen=10
    )
    for page in (address(batch, "frequency-list"), address(batch, "test-set-detail", "easier", 1)):
        assert researcher_client.get(page).text.count('class="covered"') == 1


@pytest.mark.parametrize(("decision", "num_covered"), [("exclude", 1), ("keep", 0)])
def test_the_cover_goes_when_the_image_is_kept(
    researcher_client: Client, batch: Batch, reported: Candidate, decision: str, num_covered: int
) -> None:
    settle(researcher_client, reported, decision)
    assert researcher_client.get(address(batch)).text.count('class="covered"') == num_covered


def test_excluding_takes_the_image_out_and_off_the_list(
    researcher_client: Client, batch: Batch, reported: Candidate
) -> None:
    page = settle(researcher_client, reported, "exclude")
    assert f"Candidate {reported.pk} is excluded" in page
    assert "No report waits" in page
    assert Exclusion.objects.get().candidate == reported


def test_keeping_takes_the_image_off_the_list_only(
    researcher_client: Client, batch: Batch, reported: Candidate
) -> None:
    page = settle(researcher_client, reported, "keep")
    assert f"Candidate {reported.pk} is kept" in page
    assert "No report waits" in page
    assert not Exclusion.objects.exists()


def test_a_second_decision_says_that_there_is_nothing_to_decide(
    researcher_client: Client, batch: Batch, reported: Candidate
) -> None:
    settle(researcher_client, reported, "keep")
    assert "somebody else was faster" in settle(researcher_client, reported, "exclude")
    assert not Exclusion.objects.exists()


@pytest.mark.parametrize("decision", ["", "burn"])
def test_what_is_no_decision_decides_nothing(
    researcher_client: Client, batch: Batch, reported: Candidate, decision: str
) -> None:
    assert "excluded or kept" in settle(researcher_client, reported, decision)
    assert Complaint.objects.waiting().count() == 3


def test_nobody_decides_in_a_study_of_others(stranger: User, researcher: User, reported: Candidate) -> None:
    client = Client()
    client.force_login(stranger)
    url = reverse("frontend:candidate-settle", args=[reported.study.slug, reported.pk])
    assert client.post(url, {"decision": "exclude"}).status_code == 404
    client.force_login(researcher)
    other = cast.study("other", [researcher])
    url = reverse("frontend:candidate-settle", args=[other.slug, reported.pk])
    assert client.post(url, {"decision": "exclude"}).status_code == 404
    assert Complaint.objects.waiting().count() == 3
