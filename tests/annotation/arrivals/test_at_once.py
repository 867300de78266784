"""Two windows of one worker, and many workers at one HIT, at the same time: never more than there is a place for."""

from datetime import datetime

import pytest

from annotation import assignments
from annotation.errors import AssignmentRefused
from annotation.models import Arrival, Assignment, Posting
from annotation.postings import arrivals
from annotation.serving.slots import Answer
from tests import outside
from tests.annotation.arrivals.conftest import Came, batch_of
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def work(arrival: Arrival, now: datetime, *, shortly: bool) -> None:
    """One window: claims and hands in until there is nothing more, by the short or the long way."""
    for _ in range(6):
        try:
            held = arrivals.claim(arrival=arrival, now=now)
            if held is None or held.is_submitted:
                return
            worker_id = held.worker_id or 0
            if shortly:
                assignments.submit_and_claim(Answer(held.pk, worker_id, 0, [0], [], None), now=now)
            else:
                assignments.submit(assignment_id=held.pk, worker_id=worker_id, selected=[0], not_seen=[], now=now)
        except AssignmentRefused:
            continue  # the other window was first


@pytest.mark.parametrize("repeat", range(4))
def test_two_windows_do_two_grids_and_never_three(repeat: int, now: datetime, came: Came) -> None:
    posting = outside.put_up(batch_of("prolific", num_grids=8), num_grids=2)
    windows = [came(posting, external_id=f"S{number}") for number in range(4)]
    at_once([lambda each=each, n=n: work(each, now, shortly=n % 2 == 0) for n, each in enumerate(windows)])
    mine = Assignment.objects.filter(worker=windows[0].worker_id)
    assert mine.filter(submitted_at__isnull=False).count() == 2
    assert mine.count() == 2


def test_six_windows_get_one_slot_of_a_hit(now: datetime, came: Came) -> None:
    arrival = came(outside.put_up(batch_of("mturk", num_assignments=6)))
    held = at_once([lambda: arrivals.claim(arrival=arrival, now=now)] * 6)
    assert len({each and each.pk for each in held}) == 1
    assert Assignment.objects.filter(worker=arrival.worker_id).count() == 1


def test_six_workers_at_a_hit_of_three_places(now: datetime, came: Came) -> None:
    posting: Posting = outside.put_up(batch_of("mturk", num_assignments=3))
    people = [came(posting, number) for number in range(6)]
    held = at_once([lambda each=each: arrivals.claim(arrival=each, now=now) for each in people])
    taken = [each for each in held if each is not None]
    assert len(taken) == len({each.pk for each in taken}) <= 3
    assert Assignment.objects.filter(hit=posting.hit, worker__isnull=False).count() == len(taken) >= 1
