"""What the grid's scripts say to the server, and what programs that run wild are told."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from django.utils import timezone

from annotation import assignments, bitmaps
from annotation.models import Assignment, Batch, Worker
from frontend import limits
from tests import cast, pictures

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2, num_assignments=1)


@pytest.fixture
def grid(batch: Batch) -> str:
    """The address of a grid that a worker holds."""
    join = cast.join(batch)
    return str(Client().post(join).headers["Location"])


def held() -> Assignment:
    return Assignment.objects.get(worker__isnull=False, submitted_at__isnull=True)


def keep(grid: str, *selected: Any) -> Any:
    return Client().post(f"{grid}draft/", {"selected": selected})


# --- drafts ---


def test_a_draft_is_kept_and_renews_the_lease(grid: str) -> None:
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=timezone.now() + timedelta(minutes=1))
    answer = keep(grid, 1, 4).json()
    assert bitmaps.positions(held().draft or b"", 6) == [1, 4]
    assert 1700 < answer["seconds_left"] <= 1800


def test_the_page_starts_from_the_draft(grid: str) -> None:
    keep(grid, 3)
    page = Client().get(grid).text
    assert re.search(r'value="3" aria-label="Image \d" checked', page)
    assert page.count(" checked") == 1


@pytest.mark.parametrize("position", ["6", "-1", "bow", "9" * 30])
def test_a_draft_of_positions_that_do_not_exist_is_refused(grid: str, position: str) -> None:
    answer = keep(grid, position)
    assert answer.status_code == 400
    assert held().draft is None


def test_drafts_are_for_the_present_holder_only(grid: str) -> None:
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    answer = Client().post(f"{grid}draft/", {"selected": 1}, headers=JSON)
    assert answer.status_code == 410
    assert answer.json()["heading"] == "This grid is no longer yours"


def test_the_lease_can_be_renewed(grid: str) -> None:
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=timezone.now() + timedelta(minutes=1))
    assert Client().post(f"{grid}lease/").json()["seconds_left"] > 1700


# --- handing in by script ---


def test_a_script_gets_receipt_and_next_grid(grid: str) -> None:
    key = str(uuid4())
    answer = Client().post(grid, {"selected": 1, "key": key}, headers=JSON)
    row = Assignment.objects.get(submitted_at__isnull=False)
    assert answer.json()["receipt"] == row.pk
    assert f"Saved, receipt {row.pk}" in Client().get(answer.json()["next"]).text
    assert str(row.submission_key) == key


def test_a_retry_that_saw_less_gets_the_same_receipt_by_its_key(grid: str) -> None:
    fields = {"selected": 1, "key": str(uuid4())}
    first = Client().post(grid, {**fields, "not_seen": 2}, headers=JSON).json()
    assert Client().post(grid, fields, headers=JSON).json()["receipt"] == first["receipt"]


def test_a_script_is_refused_in_json(grid: str) -> None:
    Client().post(grid, {"selected": 1})
    answer = Client().post(grid, {"selected": 2}, headers=JSON)
    assert answer.status_code == 409
    assert "the first one counts" in answer.json()["what"]


def test_late_work_is_stored_in_another_slot_of_the_hit(batch: Batch, grid: str) -> None:
    mine = held()
    Assignment.objects.create(hit=mine.hit)
    Assignment.objects.filter(pk=mine.pk).update(worker=cast.worker("another"), taken_from=[mine.worker_id])
    answer = Client().post(grid, {"selected": 1})
    row = Assignment.objects.get(submitted_at__isnull=False)
    assert (row.hit_id, row.worker_id, row.is_late) == (mine.hit_id, mine.worker_id, True)
    assert f"Saved, receipt {row.pk}" in Client().get(answer.headers["Location"]).text


# --- the next grid ahead ---


def ahead(grid: str) -> Any:
    return Client().post(f"{grid}next/", headers=JSON)


def test_the_next_grid_is_claimed_ahead_and_is_the_one_that_handing_in_leads_to(grid: str) -> None:
    address = ahead(grid).json()["next"]
    assert ahead(grid).json()["next"] == address
    assert Client().get(address).status_code == 200
    assert Client().post(grid, {"selected": 1}).headers["Location"].partition("?")[0] == address


def test_there_is_nothing_ahead_of_the_last_grid(grid: str) -> None:
    last = ahead(grid).json()["next"]
    Client().post(grid, {"selected": 1})
    assert ahead(last).json()["next"] is None


def test_there_is_nothing_ahead_in_a_closed_batch(grid: str) -> None:
    Batch.objects.update(expired_at=timezone.now())
    assert ahead(grid).json()["next"] is None


def test_who_holds_enough_has_nothing_ahead(batch: Batch, grid: str) -> None:
    of = batch.hits.first().grid.target_class
    elsewhere = cast.batch(batch.study, [cast.grid(of, [cast.candidate(of)])])
    assert assignments.claim(batch=elsewhere, worker=Worker.objects.get(), now=timezone.now()) is not None
    assert ahead(grid).json()["next"] is None


def test_only_the_present_holder_claims_ahead(grid: str) -> None:
    Client().post(f"{grid}release/")
    assert ahead(grid).status_code == 410
    assert not Assignment.objects.filter(worker__isnull=False).exists()


# --- leaving ---


def test_returning_a_grid_keeps_the_one_claimed_ahead(grid: str) -> None:
    address = ahead(grid).json()["next"]
    Client().post(f"{grid}release/")
    assert Client().get(address).status_code == 200


def test_done_for_today_gives_back_the_grid_claimed_ahead_too(grid: str) -> None:
    ahead(grid)
    Client().post(f"{grid}release/", {"resting": "1"})
    assert not Assignment.objects.filter(worker__isnull=False).exists()


def test_done_for_today_gives_the_grid_back(grid: str) -> None:
    answer = Client().post(f"{grid}release/", {"resting": "1"})
    assert not Assignment.objects.filter(worker__isnull=False).exists()
    assert "no time is running" in Client().get(answer.headers["Location"]).text


def test_progress_is_shown(grid: str) -> None:
    second = Client().post(grid, {"selected": 1}).headers["Location"]
    assert "<li>Grids done 1</li>" in Client().get(second).text


def test_progress_comes_with_the_next_grid(grid: str) -> None:
    second = Client().post(grid, {"selected": 1}).headers["Location"].partition("?")[0]
    assert "<li>Grids done 1</li>" in ahead(second).json()["done_so_far"]


def test_what_was_done_is_shown_and_nothing_of_pay_that_may_still_wait(grid: str) -> None:
    Batch.objects.update(pay_minor_units=120, currency="EUR")
    second = Client().get(Client().post(grid, {"selected": 1}).headers["Location"]).text
    assert "<li>Grids done 1</li>" in second
    assert "<li>accepted" not in second
    assert "so far</li>" not in second


# --- limits ---


def test_who_asks_too_often_is_told_when_to_come_back(grid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)
    statuses = [keep(grid, 1).status_code for _ in range(241)]
    assert statuses == [200] * 240 + [429]
    assert keep(grid, 1).headers["Retry-After"] == "10"
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_020.0)
    assert keep(grid, 1).status_code == 200


def test_limits_can_be_switched_off_for_measuring(grid: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, request, token, by: 10_000)
    assert keep(grid, 1).status_code == 429
    settings.WORKER_LIMITS = False
    assert keep(grid, 1).status_code == 200


def test_limits_are_per_worker(batch: Batch, grid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_count", lambda name, request, token, by: 10_000 if token in grid else 1)
    join = cast.join(batch)
    other = str(Client().post(join).headers["Location"])
    assert keep(grid, 1).status_code == 429
    assert keep(other, 1).status_code == 200


def test_without_redis_everybody_may(grid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(RedisCache, "add", away)
    assert keep(grid, 1).status_code == 200


def test_joining_is_limited_by_address(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)
    statuses = [Client().post(cast.join(batch)).status_code for _ in range(121)]
    assert statuses == [303] * 120 + [429]
    assert Client(REMOTE_ADDR="192.0.2.7").post(cast.join(batch)).status_code == 303
