"""Prolific's notifications at our own address: only what it has signed is heard, and heard twice it is the same."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotation import tasks
from annotation.models import Place
from annotation.platforms.prolific.webhooks import LONGEST_BODY
from tests.annotation.tasks.offices import HOOK_SECRET, PUBLIC_URL, Office, opened
from tests.fakes.prolific.hooks import Hooks

pytestmark = pytest.mark.django_db
ADDRESS = "/platforms/prolific/notifications/"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sent: list[int] = []
    monkeypatch.setattr(tasks.learn_posting, "apply_async", lambda args, countdown: sent.append(args[0]))
    return sent


@pytest.fixture
def office(researcher: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Told by requests as Prolific makes them, but for the way they come."""
    with opened("prolific", researcher, settings, monkeypatch) as at:
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)

        def send(url: str, event: Any, *, event_id: str, secret: str, sent_at: float) -> int:
            assert url.startswith(PUBLIC_URL)
            body = json.dumps(event).encode()
            headers = Hooks.headers(body, event_id, secret, sent_at)
            path = url.removeprefix(PUBLIC_URL)
            return client.post(path, body, content_type="application/json", headers=headers).status_code

        hooks = at.desk.server.hooks
        monkeypatch.setattr(hooks, "send", send)
        hooks.clock = lambda: at.now().timestamp()
        tasks.subscribe_to_prolific()
        yield at


def worked(office: Office) -> Any:
    _, posting = office.up()
    office.desk.work(posting)
    return posting


def posted(body: bytes, secret: str = HOOK_SECRET, **headers: str) -> int:
    signed = Hooks.headers(body, "event-1", secret, timezone.now().timestamp())
    client = Client(raise_request_exception=False)
    given = {name: value for name, value in signed.items() if name != "Content-Type"} | headers
    return client.post(ADDRESS, body, content_type="application/json", headers=given).status_code


def test_it_is_asked_for_once_and_confirmed(office: Office) -> None:
    tasks.subscribe_to_prolific()
    subscriptions = list(office.desk.server.hooks.subscriptions.values())
    assert [each.target_url for each in subscriptions] == [PUBLIC_URL + ADDRESS] * 2
    assert all(each.is_enabled for each in subscriptions)


def test_nobody_is_asked_to_tell_an_address_that_is_not_encrypted(office: Office, settings: Any) -> None:
    settings.PUBLIC_URL = "http://twin.example"
    tasks.subscribe_to_prolific()
    assert len(office.desk.server.hooks.subscriptions) == 2


def test_what_happens_is_learnt_once_however_it_comes(office: Office, asked: list[int]) -> None:
    posting = worked(office)
    assert set(office.desk.server.hooks.deliver(times=3, backwards=True)) == {204}
    assert asked == [posting.pk]
    for _ in range(2):
        tasks.learn_posting(posting.pk)
    assert [each.state for each in Place.objects.all()] == ["submitted"]


@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"age_seconds": 600}])
def test_what_another_signed_or_signed_long_ago_is_refused(
    office: Office, asked: list[int], wrong: dict[str, Any]
) -> None:
    worked(office)
    assert set(office.desk.server.hooks.deliver(**wrong)) == {401}
    assert asked == []


def test_without_a_secret_nothing_is_believed(office: Office, settings: Any, asked: list[int]) -> None:
    settings.PROLIFIC_WEBHOOK_SECRET = ""
    assert (posted(b"{}", secret=""), asked) == (401, [])


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"event_type": "study.status.change", "resource_id": "../x"}'])
def test_what_is_signed_and_can_not_be_read_is_refused(office: Office, asked: list[int], body: bytes) -> None:
    assert (posted(body), asked) == (400, [])


def test_what_is_too_large_is_not_read(office: Office, asked: list[int]) -> None:
    assert (posted(b" " * (LONGEST_BODY + 1)), asked) == (400, [])


def test_an_event_of_another_kind_is_taken_and_forgotten(office: Office, asked: list[int]) -> None:
    assert (posted(b'{"event_type": "something.new", "resource_id": "1"}'), asked) == (204, [])


def test_it_is_for_sending_only() -> None:
    assert Client().get(ADDRESS).status_code == 405
