"""People and rules that decide at the same moment, on real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection, transaction

from annotation import frequencies, quality
from annotation.errors import InvalidDecision
from annotation.models import Effect, TargetClass, WorkerDecision
from tests import cast
from tests.annotation.quality import crowd
from tests.at_once import at_once, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)
NUM_PEOPLE = 5
T = TypeVar("T")


def test_of_five_decisions_at_once_one_is_taken_and_the_others_are_told() -> None:
    study = cast.study()
    worker = cast.enrolment(study, cast.worker()).worker

    def decide() -> str:
        try:
            quality.decide(study=study, worker=worker, effect=Effect.STOP, reason="Now.", by=None, now=cast.NOW)
        except InvalidDecision as error:
            return str(error)
        return ""

    told = at_once([decide] * NUM_PEOPLE)
    assert sorted(map(bool, told)) == [False] + [True] * (NUM_PEOPLE - 1)
    assert WorkerDecision.objects.count() == 1


def test_a_rule_leaves_out_whom_a_person_decides_about_meanwhile() -> None:
    batch = crowd.batch()
    crowd.ordinary(batch)
    lazy, sleepy = (crowd.join(batch, name, crowd.nothing) for name in ("lazy", "sleepy"))
    quality.set_rule(study=batch.study, rule="straightlining", threshold=0.3, effect=Effect.EXCLUDE, is_automatic=True)
    proposals = quality.judge_workers(study=batch.study, now=cast.NOW.replace(year=2027))

    def apply() -> list[int]:
        taken = quality.apply_rules(study=batch.study, proposals=proposals, now=cast.NOW)
        return [decision.worker_id for decision in taken]

    with ThreadPoolExecutor(1) as review:
        with transaction.atomic():
            reason = {"reason": "Empty grids.", "by": None, "now": cast.NOW}
            quality.decide(study=batch.study, worker=lazy, effect=Effect.EXCLUDE, **reason)
            taken = review.submit(_closing, apply)
            wait_until_somebody_waits()
        assert taken.result(20) == [sleepy.pk]


def test_what_is_handed_in_and_counted_while_its_worker_is_excluded_is_counted_again() -> None:
    first = crowd.batch()
    study = first.study
    second = crowd.batch(study=study, class_id="1")
    bad = crowd.join(first, "bad", crowd.everything)
    frequencies.recompute_study(study=study, now=cast.NOW)

    def exclude() -> None:
        reason = {"reason": "All selected.", "by": None, "now": cast.NOW}
        quality.decide(study=study, worker=bad, effect=Effect.EXCLUDE, **reason)

    def go_on() -> None:
        crowd.work(second, bad, crowd.everything)
        frequencies.recompute_study(study=study, target_classes=[second_class], now=cast.NOW)

    first_class, second_class = study.target_classes.order_by("pk")
    with ThreadPoolExecutor(2) as people:
        with transaction.atomic():
            TargetClass.objects.select_for_update(no_key=True).get(pk=first_class.pk)
            excluded = people.submit(_closing, exclude)
            wait_until_somebody_waits()
            people.submit(_closing, go_on).result(20)
        excluded.result(20)
    assert set(frequencies.stale_target_classes()) == {first_class, second_class}


def _closing(call: Callable[[], T]) -> T:
    """Call it in a thread, whose connection is closed then."""
    try:
        return call()
    finally:
        connection.close()
