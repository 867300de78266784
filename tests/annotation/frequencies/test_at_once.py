"""Counts, marks and judgements at the same time, on real connections: no mark is lost, no count is half."""

from functools import partial
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection

from annotation import frequencies
from annotation.counting import handed_in
from annotation.models import Batch, TargetClass
from tests import cast
from tests.annotation.frequencies import oracle
from tests.at_once import at_once
from tests.cast import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def target_class() -> TargetClass:
    return cast.target_class(cast.study())


@pytest.fixture
def batch(target_class: TargetClass) -> Batch:
    grid = cast.grid(target_class, [cast.candidate(target_class) for _ in range(10)])
    return cast.batch(target_class.study, [grid], num_assignments=5)


def test_a_mark_set_during_a_count_stands_after_it(
    batch: Batch, target_class: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.handed_in(batch, cast.worker("first"), NOW)
    frequencies.recompute(target_class=target_class, now=NOW)
    has_read, read = Event(), handed_in.read
    study = target_class.study
    mark = partial(frequencies.mark_stale, study.target_classes.all(), study=study)
    marker = Thread(target=lambda: (has_read.wait(60), mark(), connection.close()))
    marker.start()

    def read_slowly(*args: Any, **options: Any) -> Any:
        blocks = read(*args, **options)
        has_read.set()
        marker.join(0.5)  # it waits for this count, and so goes on after it
        return blocks

    monkeypatch.setattr(handed_in, "read", read_slowly)
    frequencies.recompute(target_class=target_class, now=NOW)
    marker.join(60)
    assert list(frequencies.stale_target_classes()) == [target_class]


def test_the_same_class_counted_by_several_at_once_is_counted_right(batch: Batch, target_class: TargetClass) -> None:
    standard = frequencies.standard_filter(target_class.study)
    for name in ("a", "b", "c"):
        cast.handed_in(batch, cast.worker(name), NOW, selected=[0, 9])
        at_once([lambda: frequencies.recompute(target_class=target_class, now=NOW)] * 3)
        assert oracle.stored(target_class, standard) == oracle.counts(target_class, standard)


def test_the_standard_filter_is_made_once(target_class: TargetClass) -> None:
    study = target_class.study
    assert len({each.pk for each in at_once([lambda: frequencies.standard_filter(study)] * 4)}) == 1
