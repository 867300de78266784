from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from kombu.exceptions import OperationalError

from annotation import assignments, bitmaps, frequencies, tasks, workers
from annotation.models import Assignment, Batch, Candidate, Grid, SelectionFrequency, TargetClass
from tests import cast

pytestmark = pytest.mark.django_db


def counts() -> dict[int, tuple[int, int]]:
    rows = SelectionFrequency.objects.values_list("candidate_id", "num_selected", "num_seen")
    return {pk: (selected, seen) for pk, selected, seen in rows}


def judge(batch: Batch, name: str, now: datetime, selected: list[int], not_seen: list[int] | None = None) -> None:
    worker = workers.register(platform="local", external_id=name, now=now)
    mine = assignments.claim(batch=batch, worker=worker, now=now)
    assert mine is not None
    assignments.submit(assignment_id=mine.pk, worker_id=worker.pk, selected=selected, not_seen=not_seen or [], now=now)


def judged_again(
    target_class: TargetClass, candidates: list[Candidate], name: str, now: datetime, selected: list[int]
) -> None:
    """A second judgement, as an import can bring it: a claim never gives a worker what they judged before."""
    batch = cast.batch(target_class.study, [cast.grid(target_class, candidates)])
    worker = workers.register(platform="local", external_id=name, now=now)
    slot = Assignment.objects.filter(hit__batch=batch).order_by("id")[:1]
    size = len(candidates)
    Assignment.objects.filter(pk__in=slot).update(
        worker=worker,
        claimed_at=now,
        lease_expires_at=now,
        submitted_at=now,
        seen=bitmaps.pack(range(size), size),
        selected=bitmaps.pack(selected, size),
    )


@pytest.fixture
def target_class() -> TargetClass:
    return cast.target_class(cast.study())


@pytest.fixture
def row_of_four(target_class: TargetClass) -> list[Candidate]:
    return [cast.candidate(target_class) for _ in range(4)]


@pytest.fixture
def batch(target_class: TargetClass, row_of_four: list[Candidate]) -> Batch:
    grid = cast.grid(target_class, row_of_four)
    grid.measured = bitmaps.pack([0, 1, 2], 4)
    grid.positive_controls = bitmaps.pack([3], 4)
    grid.save()
    return cast.batch(target_class.study, [grid], num_assignments=5)


def test_an_image_that_did_not_load_was_not_seen(
    batch: Batch, row_of_four: list[Candidate], target_class: TargetClass, now: datetime
) -> None:
    judge(batch, "a", now, selected=[0, 3])
    judge(batch, "b", now, selected=[0, 1], not_seen=[2])
    judge(batch, "c", now, selected=[])
    assert frequencies.recompute(target_class=target_class, now=now) == 3
    assert counts() == {row_of_four[0].pk: (2, 3), row_of_four[1].pk: (1, 3), row_of_four[2].pk: (0, 2)}


def test_a_control_is_not_counted(batch: Batch, row_of_four: list[Candidate], now: datetime) -> None:
    judge(batch, "a", now, selected=[3])
    frequencies.recompute(target_class=row_of_four[0].target_class, now=now)
    assert row_of_four[3].pk not in counts()


def test_the_first_judgement_of_a_worker_counts(
    batch: Batch, row_of_four: list[Candidate], target_class: TargetClass, now: datetime
) -> None:
    judge(batch, "a", now, selected=[0])
    judged_again(target_class, row_of_four[:2], "a", now + timedelta(hours=1), selected=[1])
    frequencies.recompute(target_class=target_class, now=now)
    assert counts()[row_of_four[0].pk] == (1, 1)
    assert counts()[row_of_four[1].pk] == (0, 1)


def test_a_class_is_stale_until_it_is_counted(batch: Batch, target_class: TargetClass, now: datetime) -> None:
    assert not frequencies.stale_target_classes().exists()
    judge(batch, "a", now, selected=[])
    assert list(frequencies.stale_target_classes()) == [target_class]
    tasks.sweep_frequencies()
    assert not frequencies.stale_target_classes().exists()


def test_a_burst_of_submits_asks_once_and_a_lost_queue_stops_nobody(target_class: TargetClass) -> None:
    cache.clear()
    with patch.object(tasks.recompute_frequencies, "apply_async") as send:
        for _ in range(3):
            tasks.enqueue_recompute(target_class.pk)
        assert send.call_count == 1
    cache.clear()
    tasks.counting._asked.clear()
    with patch.object(tasks.recompute_frequencies, "apply_async", side_effect=OperationalError("gone")):
        tasks.enqueue_recompute(target_class.pk)


def test_what_comes_in_after_the_count_was_due_asks_again(
    target_class: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(tasks.counting.time, "time", lambda: clock[0])
    with patch.object(tasks.recompute_frequencies, "apply_async") as send:
        tasks.enqueue_recompute(target_class.pk)
        clock[0] += tasks.counting.QUIET_SECONDS
        tasks.recompute_frequencies(target_class.pk)
        tasks.enqueue_recompute(target_class.pk)
    assert send.call_count == 2


def test_a_process_waits_for_the_count_that_another_asked_for_and_no_longer(
    target_class: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(tasks.counting.time, "time", lambda: clock[0])
    with patch.object(tasks.recompute_frequencies, "apply_async") as send:
        tasks.enqueue_recompute(target_class.pk)
        clock[0] += tasks.counting.QUIET_SECONDS - 1
        tasks.counting._asked.clear()  # as in the other process
        tasks.enqueue_recompute(target_class.pk)
        assert tasks.counting._asked[target_class.pk] == 1000 + tasks.counting.QUIET_SECONDS
    assert send.call_count == 1


def test_counting_a_class_that_is_gone_does_nothing() -> None:
    tasks.recompute_frequencies(987654)
    assert counts() == {}


GRIDS = st.lists(
    st.tuples(st.permutations(range(4)), st.sets(st.integers(0, 3))), min_size=1, max_size=3
)  # the order of the candidates, and the positions that are measured
ANSWERS = st.lists(
    st.tuples(*[st.integers(0, 2)] * 3, *[st.sets(st.integers(0, 3))] * 2),
    max_size=8,
    unique_by=lambda answer: answer[:2],
)  # grid, worker, minute, seen, selected


@settings(max_examples=25)
@given(GRIDS, ANSWERS)
def test_counts_equal_those_of_the_sql_view(
    row_of_four: list[Candidate], target_class: TargetClass, now: datetime, orders: Any, answers: Any
) -> None:
    Batch.objects.all().delete()
    Grid.objects.all().delete()
    rows = [cast.grid(target_class, [row_of_four[index] for index in order]) for order, _ in orders]
    for grid, (_, measured) in zip(rows, orders, strict=True):
        grid.measured = bitmaps.pack(measured, 4)
        grid.save()
    hits = list(cast.batch(target_class.study, rows, num_assignments=1).hits.order_by("grid__number"))
    for number, name, minute, seen, selected in answers:
        if number < len(hits):
            worker = workers.register(platform="local", external_id=str(name), now=now)
            at = now + timedelta(minutes=minute)
            bits = {"seen": bitmaps.pack(seen, 4), "selected": bitmaps.pack(selected & seen, 4)}
            Assignment.objects.create(
                hit=hits[number], worker=worker, claimed_at=at, lease_expires_at=at, submitted_at=at, **bits
            )
    frequencies.recompute(target_class=target_class, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT candidate_id, sum(is_selected::int), count(*) FROM judgement GROUP BY 1")
        from_sql = {pk: (selected, seen) for pk, selected, seen in cursor.fetchall()}
    measured_ids = {row_of_four[order[position]].pk for order, some in orders for position in some}
    assert counts() == {pk: from_sql.get(pk, (0, 0)) for pk in measured_ids}


def test_a_burst_of_submits_survives_a_redis_that_is_down(
    target_class: TargetClass, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    tasks.enqueue_recompute(target_class.pk)
    assert "waits for the sweep" in caplog.text
