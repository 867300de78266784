import threading
from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from evaluation import predictions, runs, scores
from evaluation.errors import CannotCancel, CannotRequest, InvalidPredictions, LeaseLost, NotFinished
from evaluation.models import Run, RunShard
from tests import cast
from tests.evaluation import scored

pytestmark = pytest.mark.django_db

LATER = cast.NOW + runs.LEASE


def claimed(run: Run, consumer: str = "one", **options: object) -> RunShard:
    shard = runs.claim(run=run, consumer=consumer, **{"now": cast.NOW, **options})  # type: ignore[arg-type]
    assert shard is not None
    return shard


def stored(shard: RunShard) -> RunShard:
    predictions.store(shard=shard, logits=np.zeros((shard.num_images, 3), np.float32), now=cast.NOW)
    return shard


def test_shards_cover_every_image_once() -> None:
    run = scored.run(per_class=3, shard_size=4)
    assert list(run.shards.values_list("number", "start", "stop")) == [(0, 0, 4), (1, 4, 8), (2, 8, 9)]


def test_asking_twice_gives_the_same_run() -> None:
    run = scored.run()
    assert runs.request(classifier=run.classifier, test_set=run.test_set, now=LATER) == run
    assert RunShard.objects.count() == 3


def test_a_failed_run_can_be_requested_anew() -> None:
    run = scored.run()
    runs.fail(run=run, reason="the disk was full", now=LATER)
    again = runs.request(classifier=run.classifier, test_set=run.test_set, now=LATER)
    assert (again.state, again == run) == (Run.State.OPEN, False)


def test_the_database_holds_one_run_at_a_time() -> None:
    run = scored.run()
    with pytest.raises(IntegrityError, match="run_once_unless_it_came_to_nothing"), transaction.atomic():
        Run.objects.create(classifier=run.classifier, test_set=run.test_set, requested_at=cast.NOW)


def test_only_a_frozen_set_of_the_same_study_is_scored() -> None:
    study = scored.study()
    classifier = scored.classifier(study)
    with pytest.raises(CannotRequest, match="is not frozen"):
        runs.request(classifier=classifier, test_set=scored.frozen_set(study, is_frozen=False), now=cast.NOW)
    with pytest.raises(CannotRequest, match="different studies"):
        runs.request(classifier=classifier, test_set=scored.frozen_set(scored.study("other")), now=cast.NOW)


def test_a_condition_spelled_otherwise_is_the_same_run() -> None:
    study = scored.study()
    asked = {"classifier": scored.classifier(study), "test_set": scored.frozen_set(study), "now": cast.NOW}
    first, second = (runs.request(condition=name, **asked) for name in ("fog:3", " fog:03@0"))
    assert first == second
    assert first.condition == "fog:3"
    assert runs.request(condition="fog:3@1", **asked) != first
    assert runs.request(**asked).condition == "clean"


def test_a_request_that_makes_no_sense_is_refused() -> None:
    study = scored.study()
    classifier, test_set = scored.classifier(study), scored.frozen_set(study)
    with pytest.raises(CannotRequest, match="no condition 'mist'; there are: clean, gaussian_noise:SEVERITY"):
        runs.request(classifier=classifier, test_set=test_set, condition="mist", now=cast.NOW)
    with pytest.raises(CannotRequest, match="follows the gradient"):
        runs.request(classifier=classifier, test_set=test_set, condition="pgd:linf,8", now=cast.NOW)
    with pytest.raises(CannotRequest, match="at least 1 image"):
        runs.request(classifier=classifier, test_set=test_set, shard_size=0, now=cast.NOW)
    with pytest.raises(CannotRequest, match="has no images"):
        runs.request(classifier=classifier, test_set=scored.frozen_set(study, per_class=0, name="easier"), now=cast.NOW)
    cast.target_class(study, "g3", "grey 3")
    with pytest.raises(CannotRequest, match="classes have changed"):
        runs.request(classifier=classifier, test_set=test_set, now=cast.NOW)


def test_each_claim_gets_another_shard_until_none_is_left() -> None:
    run = scored.run()
    assert [claimed(run).number for _ in range(3)] == [0, 1, 2]
    assert runs.claim(run=run, consumer="one", now=LATER - timedelta(seconds=1)) is None


def test_a_shard_is_taken_over_when_its_lease_ends() -> None:
    run = scored.run(shard_size=6)
    lost = stored(claimed(run, "dead", lease=timedelta(seconds=1)))
    taken = claimed(run, "alive", now=cast.NOW + timedelta(seconds=1))
    assert (taken.pk, taken.num_attempts) == (lost.pk, 2)
    with pytest.raises(LeaseLost):
        runs.renew(shard=lost, consumer="dead", now=cast.NOW)
    with pytest.raises(LeaseLost):
        runs.finish(shard=lost, consumer="dead", now=cast.NOW)
    runs.finish(shard=taken, consumer="alive", now=LATER)
    assert RunShard.objects.get().finished_at == LATER


def test_a_late_consumer_that_nobody_replaced_still_finishes() -> None:
    shard = stored(claimed(scored.run(shard_size=6)))
    runs.finish(shard=shard, consumer="one", now=LATER + timedelta(hours=1))
    assert RunShard.objects.get().finished_at


def test_renewing_keeps_others_away() -> None:
    run = scored.run(shard_size=6)
    shard = claimed(run)
    runs.renew(shard=shard, consumer="one", now=LATER)
    assert runs.claim(run=run, consumer="two", now=LATER) is None


def test_a_released_shard_can_be_claimed_after_the_pause() -> None:
    run = scored.run(shard_size=6)
    runs.release(shard=claimed(run), consumer="one", now=cast.NOW, retry_after=timedelta(seconds=5))
    assert runs.claim(run=run, consumer="two", now=cast.NOW + timedelta(seconds=4)) is None
    assert claimed(run, "two", now=cast.NOW + timedelta(seconds=5)).num_attempts == 2


def test_a_shard_without_predictions_is_not_finished() -> None:
    with pytest.raises(InvalidPredictions, match="no predictions yet"):
        runs.finish(shard=claimed(scored.run()), consumer="one", now=cast.NOW)


def test_a_finished_shard_is_not_finished_again() -> None:
    shard = stored(claimed(scored.run()))
    runs.finish(shard=shard, consumer="one", now=cast.NOW)
    with pytest.raises(LeaseLost):
        runs.finish(shard=shard, consumer="one", now=LATER)
    assert RunShard.objects.get(pk=shard.pk).finished_at == cast.NOW


def test_a_shard_that_kills_its_consumers_fails_the_run_after_three_tries() -> None:
    run = scored.run(shard_size=6)
    for attempt in range(3):
        claimed(run, f"consumer {attempt}", now=cast.NOW + attempt * runs.LEASE)
    assert runs.claim(run=run, consumer="fourth", now=cast.NOW + 3 * runs.LEASE) is None
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert "Images 0 to 5 were tried 3 times" in run.failure
    assert "consumer 2" in run.failure


def test_an_ended_run_gives_out_no_shards_and_keeps_its_reason() -> None:
    run = scored.run()
    shard = claimed(run)
    runs.fail(run=run, reason="first", now=cast.NOW)
    runs.fail(run=run, reason="second", now=LATER)
    run.refresh_from_db()
    assert (run.failure, run.ended_at) == ("first", cast.NOW)
    assert runs.claim(run=run, consumer="two", now=LATER) is None
    with pytest.raises(LeaseLost):
        runs.renew(shard=shard, consumer="one", now=cast.NOW)


def test_a_run_is_finished_only_with_its_score() -> None:
    run = scored.run(shard_size=6)
    with pytest.raises(NotFinished):
        runs.close(run=run, now=LATER)
    runs.finish(shard=stored(claimed(run)), consumer="one", now=cast.NOW)
    with pytest.raises(NotFinished):
        runs.close(run=run, now=LATER)
    scores.compute(run=run, now=LATER)
    runs.close(run=run, now=LATER)
    run.refresh_from_db()
    assert (run.state, run.ended_at) == (Run.State.FINISHED, LATER)


def test_progress_counts_images() -> None:
    run = scored.run(per_class=3, shard_size=4)
    runs.finish(shard=stored(claimed(run)), consumer="one", now=cast.NOW)
    followed = Run.objects.with_progress().get()
    assert (followed.num_images, followed.num_images_done) == (9, 4)


def test_progress_and_speed_are_those_of_the_consumers_at_work() -> None:
    run = scored.run(per_class=4, shard_size=6)
    for consumer, num_done in (("one", 4), ("two", 2)):
        shard = claimed(run, consumer)
        runs.renew(shard=shard, consumer=consumer, now=cast.NOW)
        runs.renew(shard=shard, consumer=consumer, now=cast.NOW + timedelta(seconds=1), num_done=num_done)
    followed = Run.objects.with_progress().with_speed(now=cast.NOW + timedelta(seconds=2)).get()
    assert (followed.num_images_done, followed.images_per_second, followed.seconds_left) == (6, 3.0, 2.0)
    later = Run.objects.with_progress().with_speed(now=cast.NOW + 2 * runs.LEASE).get()
    assert (later.images_per_second, later.seconds_left) == (0, None)


def test_a_shard_takes_two_minutes_by_what_was_measured_last() -> None:
    run = scored.run(shard_size=6)
    wanted = {"classifier": run.classifier, "condition": "clean"}
    assert runs.shard_size_for(**wanted) == runs.SHARD_SIZE  # type: ignore[arg-type]
    shard = stored(claimed(run))
    runs.renew(shard=shard, consumer="one", now=cast.NOW)
    runs.finish(shard=shard, consumer="one", now=cast.NOW + timedelta(seconds=1.5))
    assert runs.shard_size_for(**wanted) == 480  # type: ignore[arg-type]
    RunShard.objects.update(finished_at=cast.NOW + timedelta(hours=1))
    assert runs.shard_size_for(**wanted) == runs.SMALLEST  # type: ignore[arg-type]
    RunShard.objects.update(finished_at=cast.NOW)
    assert runs.shard_size_for(**wanted) == 7200  # type: ignore[arg-type]


def test_a_cancelled_run_gives_out_nothing_and_can_be_requested_anew() -> None:
    run = scored.run()
    shard = stored(claimed(run))
    runs.cancel(run=run, now=LATER)
    runs.cancel(run=run, now=LATER + timedelta(hours=1))
    run.refresh_from_db()
    assert (run.state, run.ended_at) == (Run.State.CANCELLED, LATER)
    assert runs.claim(run=run, consumer="two", now=LATER) is None
    with pytest.raises(LeaseLost):
        runs.renew(shard=shard, consumer="one", now=LATER)
    with pytest.raises(LeaseLost):
        runs.finish(shard=shard, consumer="one", now=LATER)
    again = runs.request(classifier=run.classifier, test_set=run.test_set, now=LATER)
    assert (again.state, again == run) == (Run.State.OPEN, False)


def test_what_has_ended_is_not_cancelled() -> None:
    run = scored.run()
    runs.fail(run=run, reason="the disk was full", now=LATER)
    with pytest.raises(CannotCancel, match="grey reader on greys/original@r1 has failed already"):
        runs.cancel(run=run, now=LATER)


def stopped(run: Run, number: int | None, *, attempt: int) -> None:
    """A consumer that claims the shard and dies, at this image where it was careful."""
    now = cast.NOW + attempt * runs.LEASE
    shard = claimed(run, f"consumer {attempt}", now=now)
    if number is not None:
        runs.suspect(shard=shard, consumer=f"consumer {attempt}", number=number)


def test_an_image_that_stops_every_consumer_fails_the_run_and_is_named() -> None:
    run = scored.run(shard_size=6)
    for attempt, number in enumerate([None, 4, 4]):
        stopped(run, number, attempt=attempt)
    assert runs.claim(run=run, consumer="fourth", now=cast.NOW + 3 * runs.LEASE) is None
    run.refresh_from_db()
    source = run.test_set.images.get(number=4).candidate.source
    assert run.state == Run.State.FAILED
    assert run.failure.startswith(f"Image 4 ({source}, sha256 {source[:8]}")
    assert "tried 3 times, last by consumer 2" in run.failure


def test_consumers_that_die_at_one_image_or_another_cost_tries_but_not_the_run() -> None:
    run = scored.run(shard_size=6)
    for attempt in range(runs.MAX_INTERRUPTIONS):
        stopped(run, attempt % 2, attempt=attempt)
    assert runs.claim(run=run, consumer="last", now=cast.NOW + 20 * runs.LEASE) is None
    run.refresh_from_db()
    assert "Images 0 to 5 were tried 12 times" in run.failure


@pytest.mark.django_db(transaction=True)
def test_consumers_that_claim_at_once_get_different_shards() -> None:
    run = scored.run(per_class=4, shard_size=1)
    start = threading.Barrier(4)
    got: list[int] = []

    def consume(name: str) -> None:
        start.wait()
        while (shard := runs.claim(run=run, consumer=name, now=cast.NOW)) is not None:
            got.append(shard.number)
        connection.close()

    consumers = [threading.Thread(target=consume, args=(f"consumer {number}",)) for number in range(4)]
    for consumer in consumers:
        consumer.start()
    for consumer in consumers:
        consumer.join()
    assert sorted(got) == list(range(12))
    assert set(run.shards.values_list("num_attempts", flat=True)) == {1}


@pytest.mark.django_db(transaction=True)
def test_requests_made_at_once_open_one_run() -> None:
    study = scored.study()
    classifier, test_set = scored.classifier(study), scored.frozen_set(study)
    start = threading.Barrier(3)
    got: list[int] = []

    def ask() -> None:
        start.wait()
        got.append(runs.request(classifier=classifier, test_set=test_set, now=cast.NOW, shard_size=2).pk)
        connection.close()

    people = [threading.Thread(target=ask) for _ in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(got) == 3
    assert len(set(got)) == 1
    assert RunShard.objects.count() == 3
