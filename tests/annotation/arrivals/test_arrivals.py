"""Who comes to a posting gets what their place is for, and nothing else."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from annotation import assignments, hits
from annotation.errors import BatchClosed, HoldsEnough, MetBefore, NotYours, ServingStopped
from annotation.models import Arrival, Assignment, Batch, Place, Posting
from annotation.postings import arrivals
from annotation.quality import decisions
from annotation.serving.slots import Answer
from tests import cast, outside
from tests.annotation.arrivals.conftest import Came, batch_of

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=1801)


def claimed(arrival: Arrival, now: datetime) -> Assignment:
    found = arrivals.claim(arrival=arrival, now=now)
    assert found is not None
    return found


def hand_in(held: Assignment, now: datetime) -> Assignment:
    assert held.worker_id is not None
    return assignments.submit(assignment_id=held.pk, worker_id=held.worker_id, selected=[0], not_seen=[], now=now)


# --- arriving ---


def test_coming_again_is_the_same_arrival_and_the_newest_address_counts(now: datetime, platform: str) -> None:
    posting = outside.put_up(batch_of(platform))
    worker = outside.worker(platform)
    given = {"posting": posting, "worker": worker, "external_id": "S1"}
    first = arrivals.arrive(**given, return_to="https://a.example", now=now)
    again = arrivals.arrive(**given, return_to="https://b.example", now=now + LATER)
    assert (again.pk, again.return_to, again.arrived_at) == (first.pk, "https://b.example", now)
    other = arrivals.arrive(**given | {"external_id": "S2"}, return_to="", now=now)
    assert arrivals.latest(batch=posting.batch, worker=worker) == other
    assert arrivals.latest(batch=posting.batch, worker=outside.worker(platform, 1)) is None


def test_an_arrival_is_found_by_its_own_worker_only(platform: str, came: Came) -> None:
    arrival = came(outside.put_up(batch_of(platform)))
    assert arrivals.find(arrival.pk, worker_id=arrival.worker_id) == arrival
    assert arrivals.find(arrival.pk, worker_id=arrival.worker_id + 1) is None


def test_what_the_platform_has_is_known_by_the_submission(now: datetime, platform: str, came: Came) -> None:
    arrival = came(outside.put_up(batch_of(platform)))
    place = Place.objects.create(
        posting=arrival.posting, external_id="S1", worker_external_id="x", state="working", seen_at=now
    )
    assert not arrivals.is_handed_in_there(arrival=arrival)
    Place.objects.filter(pk=place.pk).update(state="submitted", submitted_at=now)
    assert arrivals.is_handed_in_there(arrival=arrival)
    assert not arrivals.is_handed_in_there(arrival=came(arrival.posting, external_id="S2"))


# --- a HIT of its own ---


@pytest.fixture
def batch() -> Batch:
    return batch_of("mturk")


def posted(batch: Batch) -> list[Posting]:
    return [outside.posting(batch, hit=hit) for hit in batch.hits.all()]


def test_a_worker_gets_the_very_hit_they_accepted(batch: Batch, now: datetime, came: Came) -> None:
    _first, _second, third, _fourth = posted(batch)
    mine = claimed(came(third), now)
    assert mine.hit == third.hit
    assert claimed(came(third), now) == mine
    assert mine.lease_expires_at == now + timedelta(seconds=1800)


def test_a_hit_that_is_handed_in_stays_what_it_is(batch: Batch, now: datetime, came: Came) -> None:
    arrival = came(posted(batch)[0])
    done = hand_in(claimed(arrival, now), now)
    assert claimed(arrival, now + LATER) == done
    assert arrivals.progress(arrival=arrival).is_complete


def test_a_full_hit_has_no_slot_until_a_lease_ends(batch: Batch, now: datetime, came: Came) -> None:
    posting = posted(batch)[0]
    lost, kept = claimed(came(posting, 0), now), claimed(came(posting, 1), now)
    assignments.keep_draft(assignment_id=lost.pk, worker_id=lost.worker_id or 0, selected=[1], now=now)
    assert arrivals.claim(arrival=came(posting, 2), now=now) is None
    hand_in(kept, now)
    taken = claimed(came(posting, 2), now + LATER)
    assert (taken.pk, taken.taken_from, taken.draft) == (lost.pk, [lost.worker_id], None)


def test_who_comes_back_after_their_time_has_it_again(batch: Batch, now: datetime, came: Came) -> None:
    arrival = came(posted(batch)[0])
    mine = claimed(arrival, now)
    assert claimed(arrival, now + LATER).lease_expires_at == now + LATER + timedelta(seconds=1800)
    assignments.release(assignment_id=mine.pk, worker_id=mine.worker_id or 0, now=now + LATER)
    assert claimed(arrival, now + LATER).hit == arrival.posting.hit


def test_no_image_is_judged_twice(batch: Batch, now: datetime, came: Came) -> None:
    first, second, *_ = posted(batch)
    assert first.hit is not None
    assert second.hit is not None
    grid = second.hit.grid
    grid.candidate_ids = [*grid.candidate_ids[1:], first.hit.grid.candidate_ids[0]]
    grid.save()
    held = claimed(came(first), now)
    with pytest.raises(MetBefore, match="judged some of these images before"):
        arrivals.claim(arrival=came(second), now=now)
    hand_in(held, now)
    with pytest.raises(MetBefore):
        arrivals.claim(arrival=came(second), now=now + LATER)
    assert claimed(came(second, 1), now).hit == second.hit


def test_nobody_holds_more_than_two(batch: Batch, now: datetime, came: Came) -> None:
    first, second, third, _ = posted(batch)
    claimed(came(first), now), claimed(came(second), now)
    with pytest.raises(HoldsEnough):
        arrivals.claim(arrival=came(third), now=now)


def test_a_closed_batch_gives_nothing_and_keeps_what_is_held(batch: Batch, now: datetime, came: Came) -> None:
    first, second, *_ = posted(batch)
    held = claimed(came(first), now)
    hits.expire(batch=batch, now=now)
    batch.refresh_from_db()
    assert claimed(came(first), now) == held
    second.refresh_from_db()
    with pytest.raises(BatchClosed):
        arrivals.claim(arrival=came(Posting.objects.get(pk=second.pk)), now=now)


def test_who_is_stopped_gets_nothing(batch: Batch, now: datetime, came: Came, researcher: User) -> None:
    batch.study.researchers.add(researcher)
    worker = outside.worker("mturk")
    cast.enrolment(batch.study, worker)
    arrival = came(posted(batch)[0])
    decisions.decide(
        study=batch.study, worker=worker, effect="stop", reason="Answers at random.", by=researcher, now=now
    )
    with pytest.raises(ServingStopped):
        arrivals.claim(arrival=arrival, now=now)


# --- a whole batch ---


@pytest.fixture
def posting() -> Posting:
    return outside.put_up(batch_of("prolific"), num_grids=2)


def test_as_many_grids_as_belong_to_a_place_and_then_none(posting: Posting, now: datetime, came: Came) -> None:
    arrival = came(posting)
    done = [hand_in(claimed(arrival, now), now) for _ in range(2)]
    assert len({each.hit_id for each in done}) == 2
    assert arrivals.claim(arrival=arrival, now=now) is None
    progress = arrivals.progress(arrival=arrival)
    assert (progress.num_done, progress.num_grids, progress.is_complete) == (2, 2, True)


def test_a_second_submission_of_the_same_worker_brings_no_more(posting: Posting, now: datetime, came: Came) -> None:
    for _ in range(2):
        hand_in(claimed(came(posting), now), now)
    assert arrivals.claim(arrival=came(posting, external_id="S2"), now=now) is None


def test_the_place_is_good_for_its_own_batch_only(posting: Posting, now: datetime, came: Came) -> None:
    grids = [hit.grid for hit in batch_of_same(posting).hits.all()]
    other = outside.batch(posting.batch.study, grids, platform="prolific")
    worker = outside.worker("prolific")
    for _ in range(2):
        assert hand_in(claimed(came(posting), now), now).hit.batch == posting.batch
    assert assignments.claim_in(study=other.study, worker=worker, now=now) is None
    assert assignments.claim_next(batch=posting.batch, worker=worker, now=now) is None


def batch_of_same(posting: Posting) -> Batch:
    """Grids of the same study that nobody has met."""
    of = posting.batch.study.target_classes.get()
    return cast.batch(of.study, [cast.grid(of, [cast.candidate(of)]) for _ in range(2)], platform="prolific")


def test_handing_in_the_short_way_claims_nothing_further(platform: str, now: datetime, came: Came) -> None:
    held = claimed(came(outside.put_up(batch_of(platform), num_grids=1 if platform == "mturk" else 2)), now)
    done = assignments.submit_and_claim(Answer(held.pk, held.worker_id or 0, 0, [1], [], None), now=now)
    assert done is not None
    assert done.next_id is None
    assert Assignment.objects.filter(worker=held.worker_id).count() == 1


def test_what_comes_late_does_not_exceed_the_place(now: datetime, came: Came) -> None:
    posting = outside.put_up(batch_of("prolific", num_grids=2, num_assignments=2), num_grids=1)
    lost = claimed(came(posting), now)
    worker_id = lost.worker_id or 0
    other = claimed(came(posting, 2), now)
    Assignment.objects.filter(pk=lost.pk).update(worker=outside.worker("prolific", 1), taken_from=[worker_id])
    assert hand_in(claimed(came(posting), now), now).hit != lost.hit
    assignments.release(assignment_id=other.pk, worker_id=other.worker_id or 0, now=now)
    with pytest.raises(NotYours):
        assignments.submit(assignment_id=lost.pk, worker_id=worker_id, selected=[0], not_seen=[], now=now)
    assert Assignment.objects.filter(worker=worker_id, submitted_at__isnull=False).count() == 1
