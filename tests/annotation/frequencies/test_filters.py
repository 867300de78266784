from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from annotation import assignments, bitmaps, frequencies, workers
from annotation.counting import stored
from annotation.errors import InvalidFilter
from annotation.frequencies import FilterRules
from annotation.models import Batch, FrequencyTally, JudgementFilter, SelectionFrequency, TargetClass
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def target_class() -> TargetClass:
    return cast.target_class(cast.study())


@pytest.fixture
def batch(target_class: TargetClass) -> Batch:
    """Three measured candidates, a positive and a negative control."""
    grid = cast.grid(target_class, [cast.candidate(target_class) for _ in range(5)])
    grid.measured = bitmaps.pack([0, 1, 2], 5)
    grid.positive_controls, grid.negative_controls = bitmaps.pack([3], 5), bitmaps.pack([4], 5)
    grid.save()
    return cast.batch(target_class.study, [grid], num_assignments=5)


def judge(batch: Batch, name: str, selected: list[int], minutes: int = 0, not_seen: tuple[int, ...] = ()) -> int:
    """The worker hands the grid in; returns their id."""
    now = NOW + timedelta(minutes=minutes)
    worker = workers.register(platform="local", external_id=name, now=now)
    held = assignments.claim(batch=batch, worker=worker, now=now)
    assert held is not None
    assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=selected, not_seen=not_seen, now=now)
    return worker.pk


def defined(target_class: TargetClass, **rules: Any) -> JudgementFilter:
    return frequencies.define_filter(
        study=target_class.study, slug="mine", name="Mine", rules=FilterRules(**rules), now=NOW
    )


def counted(judgement_filter: JudgementFilter) -> list[tuple[int, int]]:
    rows = SelectionFrequency.objects.filter(judgement_filter=judgement_filter).order_by("candidate")
    return list(rows.values_list("num_selected", "num_seen"))


def recompute(target_class: TargetClass) -> None:
    frequencies.recompute_stale(study=target_class.study, now=NOW)


def test_a_cut_off_time_leaves_out_what_came_later(batch: Batch, target_class: TargetClass) -> None:
    judge(batch, "a", [0])
    judge(batch, "b", [0, 1], minutes=10)
    early = defined(target_class, until=NOW + timedelta(minutes=5))
    recompute(target_class)
    assert counted(early) == [(1, 1), (0, 1), (0, 1)]
    assert counted(frequencies.standard_filter(target_class.study)) == [(2, 2), (1, 2), (0, 2)]


def test_what_comes_after_the_cut_off_time_makes_nothing_stale(batch: Batch, target_class: TargetClass) -> None:
    early = defined(target_class, until=NOW)
    judge(batch, "a", [0])
    recompute(target_class)
    judge(batch, "b", [0], minutes=1)
    assert not frequencies.stale_target_classes(early).exists()
    assert list(frequencies.stale_target_classes()) == [target_class]


def test_who_fails_the_controls_of_a_grid_does_not_count_in_it(batch: Batch, target_class: TargetClass) -> None:
    judge(batch, "right", [0, 3])
    judge(batch, "wrong", [1, 4])
    judge(batch, "one of two", [2, 3, 4])
    judge(batch, "saw no control", [2], not_seen=(3, 4))
    passed = defined(target_class, min_control_accuracy=0.5)
    recompute(target_class)
    assert counted(passed) == [(1, 3), (0, 3), (2, 3)]
    tally = FrequencyTally.objects.get(judgement_filter=passed)
    assert (tally.num_assignments, tally.num_counted) == (4, 3)


def test_excluded_workers_count_only_where_the_filter_says_so(
    batch: Batch, target_class: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    liar = judge(batch, "liar", [0, 1, 2])
    judge(batch, "honest", [0])
    everyone = defined(target_class, leaves_out_excluded=False)
    recompute(target_class)
    monkeypatch.setattr(frequencies, "_excluded_workers", lambda judgement_filter: {liar})
    study = target_class.study
    frequencies.mark_stale(study.target_classes.all(), study=study)
    assert list(frequencies.stale_target_classes()) == [target_class]
    recompute(target_class)
    assert counted(frequencies.standard_filter(target_class.study)) == [(1, 1), (0, 1), (0, 1)]
    assert counted(everyone) == [(2, 2), (1, 2), (1, 2)]


def test_what_excluding_a_worker_would_change_is_told_and_not_done(batch: Batch, target_class: TargetClass) -> None:
    liar = judge(batch, "liar", [0, 1, 2])
    judge(batch, "honest", [0])
    recompute(target_class)
    standard = frequencies.standard_filter(target_class.study)
    would = frequencies.count(judgement_filter=standard, target_classes=[target_class], without_workers={liar})
    assert list(zip(would.num_selected, would.num_seen, strict=True)) == [(1, 1), (0, 1), (0, 1)]
    assert counted(standard) == [(2, 2), (1, 2), (1, 2)]


def test_a_new_filter_is_counted_by_the_next_sweep(batch: Batch, target_class: TargetClass) -> None:
    judge(batch, "a", [0])
    recompute(target_class)
    defined(target_class)
    assert list(frequencies.stale_target_classes()) == [target_class]
    recompute(target_class)
    assert not frequencies.stale_target_classes().exists()


def test_counting_again_writes_nothing(batch: Batch, target_class: TargetClass, monkeypatch: Any) -> None:
    judge(batch, "a", [0])
    recompute(target_class)
    for statement in ("REMOVE", "CHANGE", "ADD"):
        monkeypatch.setattr(stored, statement, "no statement at all")
    frequencies.recompute(target_class=target_class, now=NOW)


def test_counts_that_change_keep_their_rows(batch: Batch, target_class: TargetClass) -> None:
    judge(batch, "a", [0])
    recompute(target_class)
    before = list(SelectionFrequency.objects.order_by("candidate").values_list("id", flat=True))
    judge(batch, "b", [0, 1], not_seen=(2,))
    recompute(target_class)
    assert list(SelectionFrequency.objects.order_by("candidate").values_list("id", flat=True)) == before


@pytest.mark.parametrize("fields", [{"slug": "no spaces"}, {"slug": "standard"}, {"name": " "}, {"slug": "x" * 81}])
def test_a_filter_that_cannot_be_is_refused(target_class: TargetClass, fields: dict[str, str]) -> None:
    names = {"slug": "mine", "name": "Mine"} | fields
    with pytest.raises(InvalidFilter):
        frequencies.define_filter(study=target_class.study, rules=FilterRules(), now=NOW, **names)


def test_a_least_accuracy_in_percent_is_refused() -> None:
    with pytest.raises(InvalidFilter, match="choose 0 to 1"):
        FilterRules(min_control_accuracy=70)


def test_the_database_knows_the_standard_filter(target_class: TargetClass) -> None:
    standard = frequencies.standard_filter(target_class.study)
    with pytest.raises(IntegrityError, match="standard_filter_is_the_same_everywhere"), transaction.atomic():
        JudgementFilter.objects.filter(pk=standard.pk).update(min_control_accuracy=0.5)


def test_counts_go_with_their_study(batch: Batch, target_class: TargetClass) -> None:
    judge(batch, "a", [0])
    recompute(target_class)
    batch.delete()
    target_class.study.grids.all().delete()
    target_class.study.delete()
    assert not SelectionFrequency.objects.exists()
