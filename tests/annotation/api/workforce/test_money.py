"""Statements, decisions about pay and messages, by programs: only of one's own studies, told by the queue."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotation import messages, tasks
from annotation.models import Batch, LedgerEntry, Message, Place, Rejection, Study, Worker
from annotation.payments import ledger, paying, rejections
from tests import cast
from tests.own_people import paid_batch, pay_due, take_in
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_round", ids.append)
    return ids


@pytest.fixture
def study(researcher: User) -> Study:
    return cast.study(researchers=[researcher])


@pytest.fixture
def batch(study: Study) -> Batch:
    batch = paid_batch(study, num_assignments=4, budget_minor_units=1000)
    for number in range(3):
        cast.handed_in(batch, cast.worker(f"w{number}"), cast.NOW)
    take_in(batch, now=cast.NOW)
    return batch


def post(client: Client, address: str, content: dict[str, Any] | None = None) -> Any:
    return client.post(f"{API}/{address}", content or {}, content_type="application/json")


def test_what_programs_decide_is_paid_and_the_statement_adds_up(
    researcher_client: Client, batch: Batch, asked: list[int]
) -> None:
    first, second, third = Place.objects.order_by("pk")
    assert post(researcher_client, f"places/{first.pk}/payment/").json()["standing"] == "under way"
    given = post(researcher_client, f"places/{first.pk}/bonus/", {"minor_units": 7, "purpose": "care"})
    assert given.json()["unsettled"] == 37
    said = post(researcher_client, f"places/{second.pk}/rejection/", {"reason": "Empty."}).json()
    assert (said["standing"], said["why"], said["rejection"]["rejected_by"]) == ("rejected", "Empty.", "rosa")
    assert asked == [batch.pk] * 3
    pay_due(batch, now=timezone.now())
    found = researcher_client.get(f"{API}/batches/{batch.pk}/statement/").json()
    assert (found["pay"], found["bonuses"], found["fees"], found["unsettled"]) == (60, 7, 0, 0)
    assert found["promised"] == batch.hits.count() * 4 * 30 - 60 - 30
    assert found["left"] == 1000 - 67 - found["promised"]
    assert found["is_paid_there"] is False
    assert [(each["standing"], each["num"]) for each in found["places"]] == [("paid", 2), ("rejected", 1)]
    rows = researcher_client.get(f"{API}/places/?batch={batch.pk}").json()["results"]
    assert sum(row["pay"] + row["bonus"] for row in rows) == found["pay"] + found["bonuses"]
    listed = researcher_client.get(f"{API}/places/?batch={batch.pk}&standing=rejected").json()["results"]
    assert [row["id"] for row in listed] == [second.pk]
    del third


def test_what_the_platform_refuses_is_given_up(researcher_client: Client, batch: Batch, asked: list[int]) -> None:
    place = Place.objects.order_by("pk")[0]
    assert post(researcher_client, f"places/{place.pk}/abandonment/", {"reason": "Late."}).status_code == 409
    token = paying.intend(place, now=timezone.now())
    ledger.refused(token=token, reason="No.", now=timezone.now())
    said = post(researcher_client, f"places/{place.pk}/abandonment/", {"reason": "Late."}).json()
    assert (said["standing"], said["why"], asked) == ("held", "Its pay was given up: Late.", [batch.pk])


def test_a_rejection_is_reversed_for_a_reason(
    researcher_client: Client, batch: Batch, asked: list[int], researcher: User
) -> None:
    place = Place.objects.order_by("pk")[0]
    rejection = rejections.reject(place=place, reason="Empty.", by=researcher, now=timezone.now())
    assert post(researcher_client, f"rejections/{rejection.pk}/reversal/").status_code == 400
    said = post(researcher_client, f"rejections/{rejection.pk}/reversal/", {"reason": "It was not."}).json()
    assert (said["reversal_reason"], said["reversed_by"], asked) == ("It was not.", "rosa", [batch.pk])
    assert LedgerEntry.objects.filter(kind="approve", step="intent", by=researcher).count() == 1
    again = post(researcher_client, f"rejections/{rejection.pk}/reversal/", {"reason": "x"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:twinset:cannot-pay")
    address = f"{API}/rejections/?batch={batch.pk}&is_reversed=true"
    assert [each["id"] for each in researcher_client.get(address).json()["results"]] == [rejection.pk]


def test_messages_are_read_and_answered(researcher_client: Client, study: Study) -> None:
    worker = cast.worker("writer")
    cast.enrolment(study, worker)
    messages.write_to_researchers(study=study, worker=worker, text="Hello", now=cast.NOW)
    waiting = f"{API}/messages/?study={study.slug}&is_from_worker=true&is_read=false"
    [found] = researcher_client.get(waiting).json()["results"]
    assert (found["text"], found["worker"]) == ("Hello", Worker.pseudonym_in(study.pk, worker.pk))
    sent = {"study": study.slug, "worker": found["worker"], "text": "Hello\x1b too."}
    assert post(researcher_client, "messages/", sent).json()["text"] == "Hello too."
    assert researcher_client.get(waiting).json()["results"] == []
    foreign = whole_study("another").rejection.pk
    assert post(researcher_client, "messages/", sent | {"rejection": foreign}).status_code == 400
    assert post(researcher_client, "messages/", sent | {"worker": "nobody"}).status_code == 400


def test_nothing_of_another_study_is_there(researcher_client: Client, asked: list[int]) -> None:
    foreign = whole_study("another")
    addresses = [
        f"batches/{foreign.batch.pk}/statement/", f"places/?batch={foreign.batch.pk}", f"places/{foreign.place.pk}/",
        f"rejections/{foreign.rejection.pk}/", f"messages/{foreign.message.pk}/",
    ]  # fmt: skip
    assert {researcher_client.get(f"{API}/{each}").status_code for each in addresses} == {404}
    for verb in ("payment", "rejection", "bonus"):
        assert post(researcher_client, f"places/{foreign.place.pk}/{verb}/").status_code == 404
    assert post(researcher_client, f"rejections/{foreign.rejection.pk}/reversal/").status_code == 404
    assert researcher_client.get(f"{API}/rejections/").json()["results"] == []
    assert (asked, Rejection.objects.active().count(), Message.objects.count()) == ([], 1, 1)
