"""Decisions about workers: taken once, never silent, replayed and reversed; and what they do to frequencies."""

import dataclasses
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotation import frequencies, quality
from annotation.errors import CannotReplay, InvalidDecision
from annotation.models import Assignment, Batch, Effect, SelectionFrequency, Worker, WorkerDecision
from tests import cast
from tests.annotation.quality import crowd

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=1)


@pytest.fixture
def batch() -> Batch:
    return crowd.batch()


@pytest.fixture
def people(batch: Batch) -> list[Worker]:
    return crowd.ordinary(batch)


def exclude(batch: Batch, worker: Worker, by: User, reason: str = "Never looked.") -> WorkerDecision:
    return quality.decide(study=batch.study, worker=worker, effect=Effect.EXCLUDE, reason=reason, by=by, now=LATER)


def counts() -> dict[int, tuple[int, int]]:
    rows = SelectionFrequency.objects.values_list("candidate_id", "num_selected", "num_seen")
    return {pk: (selected, seen) for pk, selected, seen in rows}


def test_excluding_and_reversing_counts_as_if_never_there_and_as_before(
    batch: Batch, people: list[Worker], researcher: User
) -> None:
    frequencies.recompute_stale(study=batch.study, now=LATER)
    before = counts()
    bad = crowd.join(batch, "bad", crowd.everything)
    frequencies.recompute_stale(study=batch.study, now=LATER)
    with_them = counts()
    decision = exclude(batch, bad, researcher)
    (target_class,) = quality.affected_classes(decision)
    assert list(frequencies.stale_target_classes()) == [target_class]
    frequencies.recompute_stale(study=batch.study, now=LATER)
    assert counts() == before != with_them
    quality.reverse(decision=decision, reason="It was me who was wrong.", by=researcher, now=LATER)
    assert list(frequencies.stale_target_classes()) == [target_class]
    frequencies.recompute_stale(study=batch.study, now=LATER)
    assert counts() == with_them
    assert list(frequencies.stale_target_classes()) == []


def test_stopping_affects_no_frequency(batch: Batch, people: list[Worker], researcher: User) -> None:
    decision = quality.decide(
        study=batch.study, worker=people[0], effect=Effect.STOP, reason="Asked us to.", by=researcher, now=LATER
    )
    assert list(quality.affected_classes(decision)) == []
    assert (quality.stopped_workers(batch.study_id), quality.excluded_workers(batch.study_id)) == (
        {people[0].pk},
        set(),
    )


def test_a_decision_is_taken_once_and_again_after_its_reversal(
    batch: Batch, people: list[Worker], researcher: User
) -> None:
    first = exclude(batch, people[0], researcher)
    with pytest.raises(InvalidDecision, match="holds for worker"):
        exclude(batch, people[0], researcher)
    quality.reverse(decision=first, reason="A mistake.", by=researcher, now=LATER)
    with pytest.raises(InvalidDecision, match="was reversed before"):
        quality.reverse(decision=first, reason="A mistake.", by=researcher, now=LATER)
    assert exclude(batch, people[0], researcher).is_active
    assert [row.is_active for row in WorkerDecision.objects.all()] == [False, True]


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
def test_a_person_gives_a_reason(batch: Batch, people: list[Worker], researcher: User, reason: str) -> None:
    with pytest.raises(InvalidDecision, match="Give a reason of 1 to 500 characters"):
        exclude(batch, people[0], researcher, reason)
    decision = exclude(batch, people[0], researcher)
    with pytest.raises(InvalidDecision, match="Give a reason"):
        quality.reverse(decision=decision, reason=reason, by=researcher, now=LATER)


def test_who_takes_no_part_can_not_be_decided_about(batch: Batch, researcher: User) -> None:
    with pytest.raises(InvalidDecision, match="takes no part"):
        exclude(batch, cast.worker("of another study"), researcher)


def test_the_database_holds_one_active_decision_and_no_silent_one(batch: Batch, people: list[Worker]) -> None:
    row = {"study": batch.study, "worker": people[0], "effect": Effect.STOP, "decided_at": LATER}
    WorkerDecision.objects.create(**row, reason="A reason.")
    for wrong in (
        {"reason": "Again."},
        {"reason": "", "effect": Effect.EXCLUDE},
        {"rule": "speed_floor", "effect": Effect.EXCLUDE},
        {"reason": "A reason.", "effect": Effect.EXCLUDE, "reversed_at": LATER},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            WorkerDecision.objects.create(**row | wrong)


def test_rules_propose_and_only_those_that_may_decide(batch: Batch, people: list[Worker]) -> None:
    lazy = crowd.join(batch, "lazy", crowd.nothing)
    proposals = quality.judge_workers(study=batch.study, now=LATER)
    assert [(each.worker_id, each.setting.rule) for each in proposals] == [
        (lazy.pk, "control_accuracy"),
        (lazy.pk, "straightlining"),
    ]
    assert quality.apply_rules(study=batch.study, proposals=proposals, now=LATER) == []
    quality.set_rule(study=batch.study, rule="straightlining", threshold=0.4, effect=Effect.EXCLUDE, is_automatic=True)
    proposals = quality.judge_workers(study=batch.study, now=LATER)
    (taken,) = quality.apply_rules(study=batch.study, proposals=proposals, now=LATER)
    assert (taken.worker_id, taken.rule, taken.rule_version, taken.threshold) == (lazy.pk, "straightlining", 1, 0.4)
    assert taken.evidence["num_nothing"] == 6
    assert quality.excluded_workers(batch.study_id) == {lazy.pk}


def test_a_rule_that_has_changed_only_proposes(
    batch: Batch, people: list[Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.join(batch, "lazy", crowd.nothing)
    setting = {"study": batch.study, "rule": "straightlining", "threshold": 0.3, "effect": Effect.EXCLUDE}
    quality.set_rule(**setting, is_automatic=True)
    changed = dataclasses.replace(quality.RULES["straightlining"], version=2)
    monkeypatch.setitem(quality.RULES, "straightlining", changed)
    assert quality.review(study=batch.study, now=LATER) == []
    quality.set_rule(**setting, is_automatic=True)
    (taken,) = quality.review(study=batch.study, now=LATER + timedelta(hours=1))
    assert taken.rule_version == 2


def test_a_rule_does_not_decide_again_what_a_person_has_reversed(
    batch: Batch, people: list[Worker], researcher: User
) -> None:
    crowd.join(batch, "lazy", crowd.nothing)
    quality.set_rule(study=batch.study, rule="straightlining", threshold=0.3, effect=Effect.EXCLUDE, is_automatic=True)
    (taken,) = quality.review(study=batch.study, now=LATER)
    quality.reverse(decision=taken, reason="Those grids were empty.", by=researcher, now=LATER)
    assert quality.review(study=batch.study, now=LATER + timedelta(hours=1)) == []
    assert quality.excluded_workers(batch.study_id) == set()


def test_what_a_person_has_reversed_no_other_rule_decides_again(
    batch: Batch, people: list[Worker], researcher: User
) -> None:
    crowd.join(batch, "lazy", crowd.nothing)
    setting = {"study": batch.study, "effect": Effect.EXCLUDE, "is_automatic": True}
    quality.set_rule(rule="straightlining", threshold=0.3, **setting)
    (taken,) = quality.review(study=batch.study, now=LATER)
    quality.reverse(decision=taken, reason="Those grids were empty.", by=researcher, now=LATER)
    quality.set_rule(rule="control_accuracy", threshold=0.5, **setting)
    assert quality.review(study=batch.study, now=LATER + timedelta(hours=1)) == []
    assert quality.excluded_workers(batch.study_id) == set()


def test_no_rule_excludes_whom_a_person_has_excluded_and_let_count_again(
    batch: Batch, people: list[Worker], researcher: User
) -> None:
    lazy = crowd.join(batch, "lazy", crowd.nothing)
    quality.reverse(decision=exclude(batch, lazy, researcher), reason="They were right.", by=researcher, now=LATER)
    quality.set_rule(study=batch.study, rule="straightlining", threshold=0.3, effect=Effect.EXCLUDE, is_automatic=True)
    assert quality.review(study=batch.study, now=LATER + timedelta(hours=1)) == []
    quality.set_rule(study=batch.study, rule="straightlining", threshold=0.3, effect=Effect.STOP, is_automatic=True)
    (taken,) = quality.review(study=batch.study, now=LATER + timedelta(hours=2))
    assert (taken.worker, taken.effect) == (lazy, Effect.STOP)


def test_a_replay_finds_the_same_whatever_has_come_in_since(batch: Batch, people: list[Worker]) -> None:
    lazy = crowd.join(batch, "lazy", crowd.nothing)
    proposal = quality.judge_workers(study=batch.study, now=LATER)[0]
    decision = quality.decide_by_rule(study=batch.study, proposal=proposal, now=LATER)
    more = cast.batch(batch.study, [crowd.grid(batch.study.target_classes.get())], num_assignments=1)
    crowd.work(more, lazy, crowd.careful)
    Assignment.objects.filter(hit__batch=more, worker=lazy).update(submitted_at=LATER + timedelta(seconds=1))
    assert quality.replay(decision).is_same


def test_a_replay_says_where_it_differs(batch: Batch, people: list[Worker]) -> None:
    crowd.join(batch, "lazy", crowd.nothing)
    proposal = quality.judge_workers(study=batch.study, now=LATER)[0]
    decision = quality.decide_by_rule(study=batch.study, proposal=proposal, now=LATER)
    WorkerDecision.objects.filter(pk=decision.pk).update(evidence=decision.evidence | {"positive_right": 3})
    decision.refresh_from_db()
    found = quality.replay(decision)
    assert (found.is_found, found.is_same, found.differences) == (True, False, {"positive_right": (3, 0)})


def test_a_person_s_decision_can_not_be_replayed(batch: Batch, people: list[Worker], researcher: User) -> None:
    with pytest.raises(CannotReplay, match="A person took this decision"):
        quality.replay(exclude(batch, people[0], researcher))


def test_there_is_no_rule_of_another_name(batch: Batch) -> None:
    with pytest.raises(InvalidDecision, match="choose one of control_accuracy"):
        quality.set_rule(study=batch.study, rule="mood", threshold=1, effect=Effect.STOP, is_automatic=False)


def test_a_pseudonym_is_stable_and_another_in_every_study(batch: Batch) -> None:
    person = cast.worker("known")
    mine = [Worker.pseudonym_in(study_id, person.pk) for study_id in (batch.study_id, batch.study_id, 10**6)]
    assert mine[0] == mine[1] != mine[2]
    assert mine[0] == cast.enrolment(batch.study, person).pseudonym
    assert str(person.pk) != mine[0]
    assert len(mine[0]) == 10
