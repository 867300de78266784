"""The numbers of the live page, against counts by hand."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from annotation import assignments, bitmaps, launches
from annotation.launches import answers, pace
from annotation.models import Assignment, Batch, Grid, Study
from tests import cast
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import Desk

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def with_controls(study: Study, size: int) -> Grid:
    """The last position is a known positive, the one before it a known negative."""
    target_class = study.target_classes.get()
    grid = cast.grid(target_class, [cast.candidate(target_class) for _ in range(size)])
    Grid.objects.filter(pk=grid.pk).update(
        measured=bitmaps.pack(range(size - 2), size),
        positive_controls=bitmaps.pack([size - 1], size),
        negative_controls=bitmaps.pack([size - 2], size),
    )
    return grid


def judge(batch: Batch, name: str, selected: list[int], not_seen: list[int], after: int = 30) -> None:
    """A worker who takes so many seconds."""
    worker = cast.worker(name)
    held = assignments.claim(batch=batch, worker=worker, now=cast.NOW)
    assert held is not None
    end = cast.NOW + after * SECOND
    assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=selected, not_seen=not_seen, now=end)


def test_figures_are_what_was_handed_in(researcher: User) -> None:
    study = scenes.study(0)
    for size in (4, 12):  # bitmaps of one byte, and of two
        with_controls(study, size)
    batch = scenes.live(study, researcher, **scenes.paid(num_assignments=3, budget_minor_units=600))
    judge(batch, "a", [0, 3], [])
    judge(batch, "b", [0, 1, 2], [3], after=50)
    judge(batch, "c", [1, 3], [2], after=40)
    judge(batch, "d", [11], [10], after=40)
    assert assignments.claim(batch=batch, worker=cast.worker("e"), now=cast.NOW) is not None
    found = launches.figures(batch=batch, now=cast.NOW + 100 * SECOND)
    assert (found.num_hits, found.num_slots, found.num_submitted, found.num_held, found.num_workers) == (2, 6, 4, 1, 4)
    assert found.num_judgements == 4 + 3 + 3 + 11
    # The positive was seen by a, c and d, who selected it; the negative by a, and b, who selected it.
    assert (found.controls_right, found.controls_shown) == (4, 5)
    # Position 0: two of three selected it, and so 1: of each, one pair of three agrees.
    assert found.agreement == pytest.approx(1 / 3)
    assert (found.median_seconds, found.hourly_rate) == (40, 9_000)
    assert found.seconds_to_finish == pytest.approx(2 * 100 / 4)
    assert (found.promised, found.bound, found.spend.budget, found.spend.committed) == (600, 600, 600, 0)


def test_nothing_is_known_of_what_nobody_has_begun(study: Study, researcher: User) -> None:
    found = launches.figures(batch=scenes.live(study, researcher), now=cast.NOW)
    assert (found.num_hits, found.num_slots, found.num_submitted, found.num_judgements) == (3, 6, 0, 0)
    unknown = (found.median_seconds, found.hourly_rate, found.seconds_to_finish, found.agreement)
    assert unknown == (None, None, None, None)


def test_a_grid_claimed_ahead_takes_from_the_one_before(study: Study, researcher: User) -> None:
    batch = scenes.live(study, researcher)
    worker = cast.worker()
    first = assignments.claim(batch=batch, worker=worker, now=cast.NOW)
    assert first is not None
    second = assignments.claim(batch=batch, worker=worker, now=cast.NOW, besides=first.pk)
    assert second is not None
    for held, seconds in ((first, 60), (second, 100)):
        moment = cast.NOW + seconds * SECOND
        assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=[], not_seen=[], now=moment)
    assert pace.median_seconds(batch, num_submitted=2) == 50  # of 60 and 40


def test_what_the_platform_refused_is_said(study: Study, researcher: User, desk: Desk) -> None:
    batch = scenes.live(study, researcher, desk.platform(), **scenes.at(desk, num_pilot=1))
    scenes.go_on(batch, desk.platform())
    found = launches.figures(batch=batch, now=cast.NOW)
    assert (found.num_open, found.num_waiting) == (1, 2 if desk.name == "mturk" else 0)
    batch.postings.filter(state="open").update(refusal="No such group.")
    assert launches.figures(batch=batch, now=cast.NOW).refusals == ["No such group."]


def test_of_large_batches_whole_hits_are_looked_at(study: Study, researcher: User) -> None:
    assert [pace.one_in(number, 1_000) for number in (0, 999, 1_999, 2_000, 65_700)] == [1, 1, 1, 2, 65]
    batch = scenes.live(study, researcher)
    for name in "ab":
        for _ in range(3):
            cast.handed_in(batch, cast.worker(name) if not _ else _worker(name), cast.NOW)
    Assignment.objects.filter(hit__batch=batch).update(selected=bitmaps.pack([0], 1))
    num_even = sum(pk % 2 == 0 for pk in batch.hits.values_list("pk", flat=True))
    assert answers.figures(batch, num_submitted=6).num_paired == 6
    assert answers.figures(batch, num_submitted=2 * answers.MOST_READ).num_paired == 2 * num_even


def _worker(name: str) -> Any:
    return cast.Worker.objects.get(external_id=name)


def test_the_page_asks_as_many_queries_whatever_the_size(
    study: Study, researcher: User, django_assert_num_queries: Any
) -> None:
    batch = scenes.live(study, researcher, **scenes.paid())
    with django_assert_num_queries(15):
        launches.figures(batch=batch, now=cast.NOW)


def test_agreement_is_that_of_the_statistics(researcher: User) -> None:
    from annotation.stats.agreement import krippendorff_alpha

    study = scenes.study(0)
    for _ in range(4):
        with_controls(study, 10)
    batch = scenes.live(study, researcher, num_assignments=4)
    rng = np.random.default_rng(7)
    selected, seen = np.zeros((4, 10), dtype=int), np.zeros((4, 10), dtype=int)
    hits = list(batch.hits.order_by("id"))
    for number in range(4):
        worker = cast.worker(f"w{number}")
        for place, hit in enumerate(hits):
            slot = hit.assignments.filter(worker=None).first()
            assert slot is not None
            chosen, missed = rng.random(10) < 0.4, rng.random(10) < 0.2
            slot.worker, slot.claimed_at, slot.lease_expires_at, slot.submitted_at = (
                worker,
                cast.NOW,
                cast.NOW,
                cast.NOW,
            )
            slot.seen = bitmaps.pack(np.flatnonzero(~missed).tolist(), 10)
            slot.selected = bitmaps.pack(np.flatnonzero(chosen & ~missed).tolist(), 10)
            slot.save()
            selected[place] += chosen & ~missed
            seen[place] += ~missed
    expected = krippendorff_alpha(selected[:, :8].ravel(), seen[:, :8].ravel(), rng=rng, num_replicates=1).raw
    assert launches.figures(batch=batch, now=cast.NOW).agreement == pytest.approx(expected)
