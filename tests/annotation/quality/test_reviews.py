"""A review: numbers of every worker and class, kept with what they were computed from."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError

from annotation import frequencies, quality, tasks
from annotation.models import Batch, ClassPosterior, Effect, FrequencyTally, QualityReview, SelectionFrequency, Worker
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


def reviewed(batch: Batch) -> dict[str, Any]:
    quality.review(study=batch.study, now=LATER)
    content: dict[str, Any] = QualityReview.objects.get(study=batch.study).content
    return content


def figures_of(batch: Batch, worker: Worker) -> dict[str, Any]:
    (row,) = [row for row in reviewed(batch)["workers"] if row["worker_id"] == worker.pk]
    return dict(row)


def test_a_worker_s_row_counts_what_they_did(batch: Batch, people: list[Worker]) -> None:
    lazy = crowd.join(batch, "lazy", crowd.nothing, seconds=20)
    row = figures_of(batch, lazy)
    assert (row["num_grids"], row["median_seconds"], row["num_nothing"]) == (6, 20.0, 6)
    assert [row[name] for name in ("positive_right", "positive_seen", "negative_right", "negative_seen")] == [
        0, 12, 12, 12,
    ]  # fmt: skip
    assert row["control_low"] < row["control_accuracy"] < row["control_high"]
    assert row["sensitivity"] < 0.2
    assert row["specificity"] > 0.8
    assert row["num_pairs"] == 6 * len(crowd.MEASURED) * len(people)
    assert [flag["rule"] for flag in row["flags"]] == ["control_accuracy", "straightlining"]


def test_what_excluding_would_change_is_what_excluding_changes(
    batch: Batch, people: list[Worker], researcher: User
) -> None:
    lazy = crowd.join(batch, "lazy", crowd.nothing)
    before = _frequencies(batch)
    foretold = figures_of(batch, lazy)
    quality.decide(study=batch.study, worker=lazy, effect=Effect.EXCLUDE, reason="Lazy.", by=researcher, now=LATER)
    after = _frequencies(batch)
    changes = [after[pk] - before[pk] for pk in before if after[pk] != before[pk]]
    assert foretold["num_changed"] == len(changes) > 0
    assert foretold["mean_shift"] == pytest.approx(sum(changes) / len(changes))
    assert foretold["mean_change"] == pytest.approx(sum(map(abs, changes)) / len(changes))
    told = figures_of(batch, lazy)
    assert all(told[name] == pytest.approx(foretold[name]) for name in ("num_changed", "mean_shift", "num_lost"))


def _frequencies(batch: Batch) -> dict[int, float]:
    frequencies.recompute_stale(study=batch.study, now=LATER)
    rows = SelectionFrequency.objects.filter(candidate__study=batch.study)
    return {row.candidate_id: row.num_selected / row.num_seen for row in rows}


def test_who_judged_alone_leaves_candidates_without_a_judgement(batch: Batch) -> None:
    alone = crowd.join(batch, "alone")
    row = figures_of(batch, alone)
    assert (row["num_lost"], row["num_changed"], row["num_pairs"]) == (6 * len(crowd.MEASURED), 0, 0)


def test_agreement_is_told_per_class_and_overall_with_an_interval(batch: Batch, people: list[Worker]) -> None:
    second = crowd.batch(num_grids=2, study=batch.study, class_id="1")
    for person in people:
        crowd.work(second, person, crowd.guessing)
    content = reviewed(batch)
    good, bad = content["classes"]
    assert good["low"] < good["alpha"] < good["high"]
    assert good["alpha"] > 0.5 > 0.2 > bad["alpha"]
    assert content["overall"]["num_units"] == 8 * len(crowd.MEASURED) == content["num_candidates"]


def test_the_model_stands_beside_the_count(batch: Batch, people: list[Worker]) -> None:
    reviewed(batch)
    (row,) = ClassPosterior.objects.all()
    shows = {
        ids[position] for ids in batch.study.grids.values_list("candidate_ids", flat=True) for position in range(4, 10)
    }
    posterior = quality.posterior_of([*row.candidate_ids[:20], 0])
    assert len(posterior) == 20
    assert {pk for pk, value in posterior.items() if value > 0.5} == shows & set(posterior)


def test_hits_whose_controls_fail_are_named(batch: Batch, people: list[Worker]) -> None:
    for number in range(4):
        crowd.join(
            batch,
            f"misled {number}",
            lambda grid, rng: crowd.contrary(0, rng) if grid == 2 else crowd.careful(grid, rng),
        )
    (hit,) = reviewed(batch)["hits"]
    assert hit["hit_id"] == batch.hits.order_by("id")[2].pk
    assert hit["num_seen"] == 40


def test_a_study_without_judgements_can_be_reviewed(batch: Batch) -> None:
    content = reviewed(batch)
    assert (content["workers"], content["model"], content["overall"]["alpha"]) == ([], None, None)


def test_the_task_reviews_and_counts_what_rules_have_excluded(batch: Batch, people: list[Worker]) -> None:
    crowd.join(batch, "lazy", crowd.nothing)
    quality.set_rule(
        study=batch.study, rule="control_accuracy", threshold=0.5, effect=Effect.EXCLUDE, is_automatic=True
    )
    quality.request(study=batch.study, now=LATER)
    tasks.review_quality(batch.study_id)
    review = QualityReview.objects.get()
    assert review.requested_at is None
    assert review.num_assignments == 7 * 6
    assert len(quality.excluded_workers(batch.study_id)) == 1
    assert quality.num_since(batch.study) == 0


def test_a_decision_asks_for_one_count_however_many_classes_it_changes(
    batch: Batch, people: list[Worker], researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, asked = batch.study, list[int]()
    for number in range(1, 4):
        crowd.work(crowd.batch(num_grids=1, study=study, class_id=str(number)), people[0])
    frequencies.recompute_stale(study=study, now=LATER)
    monkeypatch.setattr(tasks.recount_stale, "delay", asked.append)
    words = {"study": study, "reason": "Lazy.", "by": researcher, "now": LATER}
    tasks.enqueue_recounts(quality.decide(worker=people[0], effect=Effect.STOP, **words))
    assert asked == []
    decision = quality.decide(worker=people[0], effect=Effect.EXCLUDE, **words)
    assert frequencies.stale_target_classes().count() == 4
    for _ in range(2):
        tasks.enqueue_recounts(decision)
    assert asked == [study.pk]
    tasks.recount_stale(study.pk)
    assert not frequencies.stale_target_classes().exists()
    tasks.enqueue_recounts(decision)
    assert asked == [study.pk, study.pk]


def test_a_decision_stands_where_the_queue_does_not_answer(
    batch: Batch, people: list[Worker], researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delay(study_id: int) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(tasks.recount_stale, "delay", delay)
    words = {"reason": "Lazy.", "by": researcher, "now": LATER}
    tasks.enqueue_recounts(quality.decide(study=batch.study, worker=people[0], effect=Effect.EXCLUDE, **words))
    assert quality.excluded_workers(batch.study_id) == {people[0].pk}


def test_the_sweep_finds_forgotten_requests_and_automatic_rules_with_new_work(batch: Batch) -> None:
    due = lambda minutes: list(quality.due_studies(now=LATER + timedelta(minutes=minutes)))  # noqa: E731
    assert due(0) == []
    quality.request(study=batch.study, now=LATER)
    assert (due(0.5), due(2)) == ([], [batch.study])
    quality.review(study=batch.study, now=LATER)
    assert due(20) == []
    quality.set_rule(study=batch.study, rule="speed_floor", threshold=9, effect=Effect.STOP, is_automatic=True)
    assert due(20) == []
    crowd.join(batch, "new")
    assert (due(5), due(20)) == ([], [batch.study])
    assert FrequencyTally.objects.count() == 0


def test_the_sweep_asks_for_each_review_by_itself_and_once(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    other, asked = crowd.batch(study=cast.study("another")), list[int]()
    monkeypatch.setattr(tasks.review_quality, "delay", asked.append)
    for each in (batch, other):
        quality.request(study=each.study, now=cast.NOW)
    for _ in range(2):  # the first one takes long, or fails
        tasks.sweep_reviews()
    assert asked == [batch.study_id, other.study_id]
    tasks.review_quality(other.study_id)
    quality.request(study=other.study, now=cast.NOW)
    tasks.sweep_reviews()
    assert asked == [batch.study_id, other.study_id, other.study_id]


def test_posteriors_are_found_without_sorting_whole_classes(batch: Batch, people: list[Worker]) -> None:
    reviewed(batch)
    row = ClassPosterior.objects.get()
    with CaptureQueriesContext(connection) as asked:
        found = quality.posterior_of(row.candidate_ids[:20])
    assert found == dict(zip(row.candidate_ids[:20], row.probabilities[:20], strict=True))
    assert [query["sql"] for query in asked if "DISTINCT" in query["sql"]] == []


def test_an_older_review_does_not_overwrite_a_newer_one(batch: Batch, people: list[Worker]) -> None:
    quality.review(study=batch.study, now=LATER)
    quality.review(study=batch.study, now=cast.NOW)
    assert QualityReview.objects.get().reviewed_at == LATER
