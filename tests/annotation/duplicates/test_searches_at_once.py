"""Two searches of a study that overlap, each on a connection of its own: what the later one knows holds."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.contrib.auth.models import User

from annotation import duplicates
from annotation.models import DuplicatePair, DuplicateSearch, Exclusion, ReferenceImage, TargetClass
from tests import cast
from tests.annotation.duplicates.scenes import again, reference, scene, shown
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LAST_STEP = "measuring the pairs"
LATER = cast.NOW + timedelta(seconds=1)
SECONDS = 120


@pytest.fixture
def bow() -> TargetClass:
    bow = cast.target_class(cast.study())
    for seed in range(3):
        shown(bow, again(scene(1), seed))
    return bow


class Halted:
    """Stops a search once, when all is read and nothing written."""

    def __init__(self, wait: Callable[[], object]) -> None:
        self._wait, self._is_over = wait, False

    def __call__(self, row: DuplicateSearch) -> None:
        if row.step == LAST_STEP and not self._is_over:
            self._is_over = True
            self._wait()


def check(of: TargetClass, num_pairs: int) -> None:
    row = DuplicateSearch.objects.get(study=of.study)
    assert (row.requested_at, row.searched_at, row.num_attempts, row.problem) == (None, LATER, 0, "")
    assert (row.step, row.num_done, row.num_wanted) == ("", 0, 0)
    pairs = list(of.study.duplicate_pairs.values_list("first", "second"))
    assert len(pairs) == len(set(pairs)) == num_pairs


def test_two_that_end_at_the_same_moment_keep_each_pair_once(bow: TargetClass) -> None:
    duplicates.request(study=bow.study, max_distance=8, now=cast.NOW)
    gate = Barrier(2)
    both = [
        lambda now=now: duplicates.search(study=bow.study, now=now, on_progress=Halted(lambda: gate.wait(SECONDS)))
        for now in (cast.NOW, LATER)
    ]
    at_once(both)
    check(bow, 3)


def test_one_that_began_earlier_and_ends_later_takes_nothing_away(bow: TargetClass) -> None:
    duplicates.request(study=bow.study, max_distance=8, now=cast.NOW)
    has_read, has_ended = Event(), Event()

    def halt() -> None:
        has_read.set()
        assert has_ended.wait(SECONDS)

    def overtake() -> DuplicateSearch:
        assert has_read.wait(SECONDS)
        shown(bow, again(scene(1), 3))  # the other one does not know of it
        row = duplicates.search(study=bow.study, now=LATER)
        has_ended.set()
        return row

    earlier, later = at_once(
        [lambda: duplicates.search(study=bow.study, now=cast.NOW, on_progress=Halted(halt)), overtake]
    )
    check(bow, 6)
    assert (earlier.num_images, later.num_images) == (4, 4)


def test_a_decision_while_a_search_ends_stays_and_what_follows_is_right(bow: TargetClass, researcher: User) -> None:
    duplicates.search(study=bow.study, now=cast.NOW)
    pair = DuplicatePair.objects.earliest("pk")
    gate = Barrier(2)

    def decide() -> None:
        gate.wait(SECONDS)
        duplicates.decide(pair=pair, is_duplicate=True, by=researcher, now=LATER)

    at_once(
        [
            decide,
            lambda: duplicates.search(study=bow.study, now=LATER, on_progress=Halted(lambda: gate.wait(SECONDS))),
        ]
    )
    (group,) = duplicates.components_of(bow.study)
    assert group.pool == (pair.first_id, pair.second_id)
    assert set(Exclusion.objects.values_list("candidate", flat=True)) == {pair.second_id}
    check(bow, 3)


def test_references_removed_while_a_search_ends_leave_no_pair_behind(bow: TargetClass, researcher: User) -> None:
    reference(bow.study, "a.jpg", scene(1))
    gate = Barrier(2)

    def remove() -> duplicates.Removal:
        gate.wait(SECONDS)
        rows = ReferenceImage.objects.all()
        return duplicates.remove_references(study=bow.study, references=rows, by=researcher, now=LATER)

    at_once(
        [
            remove,
            lambda: duplicates.search(study=bow.study, now=LATER, on_progress=Halted(lambda: gate.wait(SECONDS))),
        ]
    )
    check(bow, 3)
    assert not ReferenceImage.objects.exists()
