"""A classifier that takes longer to load than a lease lasts: who loads it keeps the shard."""

import time
from datetime import timedelta

import pytest

from evaluation import classifiers, runs, tasks
from evaluation.models import Classifier, PredictionSet, Run, RunShard
from evaluation.runtimes import Runtime
from tests.evaluation import scored

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 60.0


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch, sent: list[int]) -> None:
    monkeypatch.setattr(tasks, "HOLD_EVERY", timedelta(seconds=0.05))


def test_others_do_not_get_the_shard_after_the_first_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    run = scored.run(per_class=2, shard_size=6)
    load, seen = classifiers.load, []

    def slowly(classifier: Classifier) -> Runtime:
        if not seen:
            first_lease = RunShard.objects.get(run=run).lease_expires_at
            assert first_lease is not None
            until = time.monotonic() + SECONDS
            while RunShard.objects.get(run=run).lease_expires_at == first_lease and time.monotonic() < until:
                time.sleep(0.02)
            seen.append(runs.claim(run=run, consumer="another", now=first_lease))
            assert RunShard.objects.get(run=run).started_at is None
        return load(classifier)

    monkeypatch.setattr(classifiers, "load", slowly)
    tasks.score_shard(run.pk)
    assert seen == [None]
    run.refresh_from_db()
    shard = RunShard.objects.get(run=run)
    assert (run.state, shard.num_attempts) == (Run.State.FINISHED, 1)


def test_who_was_taken_over_meanwhile_stores_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = scored.run(per_class=2, shard_size=6)
    load = classifiers.load

    def taken_over(classifier: Classifier) -> Runtime:
        RunShard.objects.filter(run=run).update(consumer="another")
        until = time.monotonic() + SECONDS
        while "was lost while its classifier was loaded" not in caplog.text and time.monotonic() < until:
            time.sleep(0.02)
        return load(classifier)

    monkeypatch.setattr(classifiers, "load", taken_over)
    tasks.score_shard(run.pk)
    assert "was lost while its classifier was loaded" in caplog.text
    assert not PredictionSet.objects.exists()
    assert RunShard.objects.get(run=run).consumer == "another"
