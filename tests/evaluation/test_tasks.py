import logging
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from annotation import storage
from annotation.models import Study
from evaluation import classifiers, pipeline, predictions, runs, scores, tasks
from evaluation.models import Classifier, PredictionSet, Run, RunShard, Score
from evaluation.runtimes.onnx import OnnxRuntime
from tests.evaluation import scored

pytestmark = pytest.mark.django_db


def work_off(run: Run, messages: list[int]) -> None:
    """Do what a consumer does, until no message is left; waiting is skipped."""
    while messages:
        RunShard.objects.filter(run=run, finished_at=None).update(lease_expires_at=None)
        tasks.score_shard(messages.pop(0))
    run.refresh_from_db()


def without_image(run: Run, number: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lose the file of one image; its sha256 is returned."""
    lost: str = run.test_set.images.get(number=number).candidate.image.sha256
    get = storage.get

    def missing(kind: Any, sha256: str) -> bytes:
        if sha256 == lost:
            raise storage.MissingContent("it is not in the storage")
        return get(kind, sha256)

    monkeypatch.setattr(storage, "get", missing)
    return lost


def test_a_run_is_scored_shard_by_shard(sent: list[int]) -> None:
    run = scored.run(per_class=2, shard_size=2)
    tasks.enqueue_run(run)
    assert sent == [run.pk] * 3
    work_off(run, sent)
    assert run.state == Run.State.FINISHED
    assert (run.score.num_correct, run.score.num_images) == (6, 6)
    assert predictions.load(run=run).shape == (6, 3)


def test_more_messages_than_shards_change_nothing(sent: list[int]) -> None:
    run = scored.run()
    work_off(run, [run.pk] * 9)
    ended_at = run.ended_at
    tasks.score_shard(run.pk)
    run.refresh_from_db()
    assert (run.score.num_images, run.ended_at) == (6, ended_at)
    assert PredictionSet.objects.count() == 3


def test_a_message_for_a_run_that_is_gone_does_nothing(sent: list[int]) -> None:
    tasks.score_shard(404)
    assert sent == []


def test_predictions_are_by_class_number_whatever_the_order_of_the_outputs(sent: list[int]) -> None:
    study = scored.study()
    classifier = scored.classifier(study, order=[2, 0, 1])
    classifier.class_ids = ["g2", "g0", "g1"]
    classifier.save()
    run = runs.request(classifier=classifier, test_set=scored.frozen_set(study), now=timezone.now())
    work_off(run, [run.pk])
    assert run.score.num_correct == 6
    np.testing.assert_array_equal(predictions.load(run=run).argmax(axis=1), [0, 0, 1, 1, 2, 2])


def test_a_lost_image_fails_the_run_after_three_tries_and_is_named(
    sent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = scored.run()
    sha256 = without_image(run, 3, monkeypatch)
    tasks.enqueue_run(run)
    with caplog.at_level(logging.CRITICAL):
        work_off(run, sent)
    assert run.state == Run.State.FAILED
    assert "Image 3" in run.failure
    assert sha256[:12] in run.failure
    assert "tried 3 times" in run.failure
    assert not Score.objects.exists()


def test_an_image_that_the_classifier_chokes_on_is_found_and_named(
    sent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Choking:
        sizes: list[int] = []

        def predict(self, batch: np.ndarray) -> np.ndarray:
            self.sizes.append(len(batch))
            if (batch > 0.8).any():
                raise RuntimeError("too bright")
            return np.zeros((len(batch), 3), np.float32)

    monkeypatch.setattr(classifiers, "load", lambda classifier: Choking())
    run = scored.run(shard_size=6)
    tasks.enqueue_run(run)
    with caplog.at_level(logging.CRITICAL):
        work_off(run, sent)
    assert run.failure.startswith("The classifier failed on Image 4 (")
    assert "too bright (tried 3 times)" in run.failure
    assert Choking.sizes == [6, 3, 3, 1, 2, 1] + [1] * 5 + [1], "halved, then one by one, then the suspect first"


def test_an_error_after_consumers_that_were_killed_is_the_first(
    sent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = scored.run(shard_size=6)
    RunShard.objects.update(num_attempts=2, suspect=1, num_suspected=1)
    with monkeypatch.context() as patched:
        without_image(run, 4, patched)
        for num_errors in (1, 2):
            work_off(run, [run.pk])
            assert (run.state, run.shards.get().num_errors) == (Run.State.OPEN, num_errors)
    work_off(run, [run.pk])
    assert (run.state, run.shards.get().num_attempts) == (Run.State.FINISHED, 5)


def test_an_image_at_which_two_tries_ended_in_errors_has_killed_nobody(
    sent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = scored.run(shard_size=6)
    RunShard.objects.update(num_attempts=1)
    without_image(run, 4, monkeypatch)
    with caplog.at_level(logging.CRITICAL):
        work_off(run, [run.pk] * 3)
    assert run.state == Run.State.FAILED
    assert run.failure.startswith("Image 4 (")
    assert "can't be prepared" in run.failure
    assert run.failure.endswith("(tried 4 times)")


def test_a_cancelled_run_stops_its_consumer_and_keeps_no_result(
    sent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = scored.run(shard_size=6)
    output_order = classifiers.output_order

    def cancelled_meanwhile(classifier: Classifier) -> Any:
        runs.cancel(run=run, now=timezone.now())
        return output_order(classifier)

    monkeypatch.setattr(classifiers, "output_order", cancelled_meanwhile)
    monkeypatch.setattr(tasks, "RENEW_EVERY", timedelta())
    tasks.score_shard(run.pk)
    run.refresh_from_db()
    assert (run.state, run.failure, sent) == (Run.State.CANCELLED, "", [])
    assert not PredictionSet.objects.exists()


def test_a_consumer_loads_a_classifier_once(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[int] = []
    load = OnnxRuntime.load.__func__  # type: ignore[attr-defined]

    def noted(cls: Any, content: bytes, **options: Any) -> OnnxRuntime:
        loaded.append(len(content))
        return load(cls, content, **options)  # type: ignore[no-any-return]

    run = scored.run()
    monkeypatch.setattr(OnnxRuntime, "load", classmethod(noted))
    work_off(run, [run.pk] * 3)
    assert (run.state, len(loaded)) == (Run.State.FINISHED, 1)


def test_a_shard_takes_as_many_queries_whatever_its_size(
    sent: list[int], django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "FIRST_SIZE", 2)
    run = scored.run(per_class=20, shard_size=60)
    with django_assert_max_num_queries(35):
        tasks.score_shard(run.pk)
    assert run.score.num_images == 60


def test_a_shard_that_failed_once_waits_a_little(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    run = scored.run(shard_size=6)
    without_image(run, 0, monkeypatch)
    monkeypatch.setattr(tasks, "RETRY_AFTER", timedelta(minutes=5))  # however slow the machine is
    tasks.score_shard(run.pk)
    shard = run.shards.get()
    assert shard.lease_expires_at > timezone.now()
    assert sent == [run.pk]
    assert runs.claim(run=run, consumer="other", now=timezone.now()) is None


def test_a_consumer_that_lost_its_lease_leaves_the_shard_to_the_other(
    sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scored.run(shard_size=6)
    predict = predictions.predict

    def slow(*, shard: RunShard, **options: Any) -> Any:
        later = timezone.now() + 2 * runs.LEASE
        assert runs.claim(run=run, consumer="other", now=later) is not None
        return predict(shard=shard, **options)

    monkeypatch.setattr(predictions, "predict", slow)
    tasks.score_shard(run.pk)
    shard = run.shards.get()
    assert (shard.consumer, shard.finished_at, shard.num_attempts) == ("other", None, 2)
    assert not PredictionSet.objects.exists()


def test_a_consumer_that_lost_its_lease_does_not_fail_the_run_of_the_other(
    sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scored.run(shard_size=6)
    RunShard.objects.update(num_attempts=2, num_errors=runs.MAX_ATTEMPTS - 1)

    def slow(*, shard: RunShard, **options: Any) -> Any:
        RunShard.objects.update(consumer="other")
        raise OSError("the storage is away")

    monkeypatch.setattr(predictions, "predict", slow)
    tasks.score_shard(run.pk)
    run.refresh_from_db()
    assert (run.state, run.shards.get().consumer) == (Run.State.OPEN, "other")


def test_with_redis_away_the_run_waits_for_the_sweep(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.score_shard, "apply_async", refuse)
    tasks.enqueue_run(scored.run())
    assert "waits for the sweep" in caplog.text


def test_the_sweep_sends_what_is_missing_and_no_more(sent: list[int]) -> None:
    run = scored.run()
    tasks.sweep_runs()
    assert sent == [run.pk] * 3
    tasks.sweep_runs()
    assert sent == [run.pk] * 3


def test_the_sweep_leaves_held_shards_alone_until_their_lease_ends(sent: list[int]) -> None:
    run = scored.run(shard_size=6)
    runs.claim(run=run, consumer="alive", now=timezone.now())
    tasks.sweep_runs()
    assert sent == []
    run.shards.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    tasks.sweep_runs()
    assert sent == [run.pk]


def test_the_sweep_finishes_a_run_whose_consumer_died_before_counting(
    sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scored.run(shard_size=6)
    with monkeypatch.context() as dying:
        dying.setattr(tasks, "_close_if_complete", lambda run: None)
        tasks.score_shard(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.OPEN
    tasks.sweep_runs()
    run.refresh_from_db()
    assert (run.state, run.score.num_correct, sent) == (Run.State.FINISHED, 6, [])


def test_the_sweep_finishes_a_run_whose_consumer_died_after_counting(sent: list[int]) -> None:
    run = scored.run(shard_size=6)
    shard = runs.claim(run=run, consumer="dying", now=timezone.now())
    assert shard is not None
    tasks._score(shard, "dying")
    scores.compute(run=run, now=timezone.now())
    tasks.sweep_runs()
    run.refresh_from_db()
    assert run.state == Run.State.FINISHED


def test_a_run_whose_predictions_are_lost_fails_with_the_reason(
    sent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = scored.run(shard_size=6)

    def lost(*, run: Run) -> None:
        raise storage.MissingContent("predictions/ab/cd is not in the storage")

    monkeypatch.setattr(predictions, "load", lost)
    tasks.score_shard(run.pk)
    run.refresh_from_db()
    assert (run.state, run.failure) == (Run.State.FAILED, "predictions/ab/cd is not in the storage")


def test_one_run_in_trouble_does_not_keep_the_sweep_from_the_others(
    sent: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    study: Study = scored.study()
    waiting = scored.run(study)
    done = runs.request(classifier=scored.classifier(study, "b"), test_set=waiting.test_set, now=timezone.now())
    done.shards.update(finished_at=timezone.now())

    def broken(**_: Any) -> None:
        raise ConnectionError("the storage does not answer")

    monkeypatch.setattr(scores, "compute", broken)
    tasks.sweep_runs()
    assert sent == [waiting.pk] * 3
    assert "the storage does not answer" in caplog.text
