"""Consumers die, Redis forgets: every run still finishes, every image counted once."""

import subprocess

import redis
from django.utils import timezone

from annotation.models import Study
from evaluation import predictions, runs, tasks
from evaluation.models import PredictionSet, Run, RunShard
from tests.evaluation import scored
from tests.flows.conftest import Consumers

IMAGE_SIZE = (2400, 2400)  # slow to read, so that there is time to kill
PER_CLASS = 20
SHARD_SIZE = 30


def slow_run(study: Study) -> Run:
    """60 large images in two shards."""
    test_set = scored.frozen_set(study, per_class=PER_CLASS, size=IMAGE_SIZE)
    return runs.request(
        classifier=scored.classifier(study), test_set=test_set, now=timezone.now(), shard_size=SHARD_SIZE
    )


def held(run: Run) -> bool:
    return run.shards.filter(finished_at=None, lease_expires_at__isnull=False).exists()


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.state != Run.State.OPEN


def kill_half_way(run: Run, consumers: Consumers, consumer: "subprocess.Popen[bytes]") -> RunShard:
    """Kill the consumer while it holds a shard, and return the shard it left behind."""
    consumers.wait_until(lambda: held(run), pause=0.01)
    consumers.kill(consumer)
    left: RunShard = run.shards.get(finished_at=None, lease_expires_at__gt=timezone.now())
    return left


def let_leases_end(run: Run) -> None:
    run.shards.filter(finished_at=None).update(lease_expires_at=timezone.now())


def test_a_killed_consumers_shard_is_taken_over_and_counted_once(
    consumer_starter: Consumers, empty_queue: redis.Redis
) -> None:
    run = slow_run(scored.study())
    tasks.enqueue_run(run)
    left = kill_half_way(run, consumer_starter, consumer_starter.start("gpu"))
    assert left.num_attempts == 1
    empty_queue.flushdb()  # the killed consumer's message with it
    let_leases_end(run)
    tasks.sweep_runs()
    consumer_starter.start("gpu")
    consumer_starter.wait_until(lambda: has_ended(run))
    assert (run.state, run.failure) == (Run.State.FINISHED, "")
    assert sorted(run.shards.values_list("num_attempts", flat=True)) == [1, 2]
    assert (run.score.num_correct, run.score.num_images) == (60, 60)
    assert PredictionSet.objects.count() == 2
    assert predictions.load(run=run).shape == (60, 3)


def test_two_consumers_share_a_run_that_the_sweep_found(consumers: Consumers) -> None:
    run = slow_run(scored.study())
    consumers.start("gpu")
    tasks.sweep_runs.delay()
    consumers.wait_until(lambda: has_ended(run))
    assert run.state == Run.State.FINISHED
    assert run.score.num_images == 60
    assert set(run.shards.values_list("num_attempts", flat=True)) == {1}
