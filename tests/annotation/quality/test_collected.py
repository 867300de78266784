"""The arrays that rules look at."""

from datetime import timedelta

import pytest

from annotation import bitmaps
from annotation.models import HIT, Assignment, Origin
from annotation.quality.collected import collect
from tests import cast
from tests.annotation.quality import crowd

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=1)


def test_what_comes_in_after_the_time_is_left_out() -> None:
    batch = crowd.batch(num_grids=5)
    crowd.join(batch, "one", seconds=60)
    assert collect(batch.study, until=cast.NOW + timedelta(seconds=180)).num_assignments == 3


def test_all_is_oldest_first_and_of_one_moment_in_the_order_of_ids_whatever_hit_it_is_of() -> None:
    batch, person = crowd.batch(num_grids=3), cast.worker()
    everything = bitmaps.pack(range(crowd.NUM_POSITIONS), crowd.NUM_POSITIONS)
    rows = [
        Assignment.objects.create(
            hit=hit, worker=person, claimed_at=cast.NOW, lease_expires_at=cast.NOW,
            submitted_at=cast.NOW + timedelta(hours=hours), seen=everything, selected=everything,
        )
        for hit, hours in zip(HIT.objects.filter(batch=batch).order_by("-id"), (3, 1, 1), strict=True)
    ]  # fmt: skip
    collected = collect(batch.study, until=LATER)
    assert collected.ids.tolist() == [rows[1].pk, rows[2].pk, rows[0].pk]
    assert collected.seconds[[0, 2]].tolist() == [3600, 7200]


def test_only_measured_positions_count_and_only_where_they_were_seen() -> None:
    batch = crowd.batch(num_grids=1)
    crowd.join(batch, "one", crowd.everything)
    Assignment.objects.filter(submitted_at__isnull=False).update(seen=bitmaps.pack(range(6), crowd.NUM_POSITIONS))
    collected = collect(batch.study, until=LATER)
    assert collected.counted[0].nonzero()[0].tolist() == [4, 5]
    assert collected.counts[1].sum() == 2


def test_the_first_judgement_of_a_candidate_counts_whatever_the_grid_s_size() -> None:
    target_class = cast.target_class(cast.study())
    images = [cast.candidate(target_class) for _ in range(3)]
    large = cast.batch(target_class.study, [cast.grid(target_class, images)], num_assignments=1)
    small = cast.batch(target_class.study, [cast.grid(target_class, images[2:])], num_assignments=1)
    person = cast.worker()
    for number, (of, selected) in enumerate([(small, [0]), (large, [])]):
        size = 1 if of == small else 3
        Assignment.objects.filter(hit=HIT.objects.get(batch=of)).update(
            worker=person, claimed_at=cast.NOW, lease_expires_at=cast.NOW,
            submitted_at=cast.NOW + timedelta(minutes=number),
            seen=bitmaps.pack(range(size), size), selected=bitmaps.pack(selected, size),
        )  # fmt: skip
    collected = collect(target_class.study, until=LATER)
    counted = dict(zip(collected.grids.candidate_of_column.tolist(), zip(*collected.counts, strict=True), strict=True))
    assert counted == {images[0].pk: (0, 1), images[1].pk: (0, 1), images[2].pk: (1, 1)}


def test_a_negative_control_is_not_the_candidate_of_its_own_class() -> None:
    study = cast.study()
    bow, tie = cast.target_class(study, "0", "bow"), cast.target_class(study, "1", "tie")
    image = cast.candidate(tie, Origin.ORIGINAL)
    own, other = cast.grid(tie, [image]), cast.grid(bow, [cast.candidate(bow), image])
    other.measured, other.negative_controls = bitmaps.pack([0], 2), bitmaps.pack([1], 2)
    other.save()
    person = cast.worker()
    for grid in (own, other):
        crowd_of = cast.batch(study, [grid], num_assignments=1)
        Assignment.objects.filter(hit__batch=crowd_of).update(
            worker=person, claimed_at=cast.NOW, lease_expires_at=cast.NOW, submitted_at=cast.NOW,
            seen=bitmaps.pack(range(grid.num_positions), grid.num_positions),
            selected=bitmaps.pack([0], grid.num_positions),
        )  # fmt: skip
    collected = collect(study, until=LATER)
    pairs = zip(collected.grids.class_of_column, collected.grids.candidate_of_column, collected.counts[1], strict=True)
    assert {(int(of), int(pk)): int(n) for of, pk, n in pairs if pk == image.pk} == {
        (tie.pk, image.pk): 1,
        (bow.pk, image.pk): 0,
    }
