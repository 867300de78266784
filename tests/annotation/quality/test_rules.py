"""Each rule finds whom it is for, and nobody else."""

from datetime import timedelta

import numpy as np
import pytest

from annotation import bitmaps, grids
from annotation.errors import CannotReplay, InvalidDecision
from annotation.models import IMPORTED, Assignment, Batch, Worker
from annotation.quality.collected import collect
from annotation.quality.rules import RULES, Evidence, rule_of
from tests import cast
from tests.annotation.quality import crowd

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=1)


def found(rule: str, batch: Batch, threshold: float | None = None) -> dict[int, Evidence]:
    """By worker id."""
    collected = collect(batch.study, until=LATER)
    by_place = RULES[rule].find(collected, RULES[rule].default if threshold is None else threshold)
    return {int(collected.worker_ids[place]): evidence for place, evidence in by_place.items()}


@pytest.fixture
def batch() -> Batch:
    return crowd.batch(num_grids=8)


def test_careful_people_are_found_by_no_rule(batch: Batch) -> None:
    crowd.ordinary(batch, num_workers=8)
    assert {rule: found(rule, batch) for rule in RULES} == {rule: {} for rule in RULES}


@pytest.mark.parametrize(
    ("habit", "right"), [(crowd.everything, (16, 0)), (crowd.nothing, (0, 16)), (crowd.contrary, (0, 0))]
)
def test_control_accuracy_finds_who_fails_either_kind(batch: Batch, habit: crowd.Habit, right: tuple[int, int]) -> None:
    crowd.ordinary(batch)
    bad = crowd.join(batch, "bad", habit)
    evidence = found("control_accuracy", batch)[bad.pk]
    assert (evidence["positive_right"], evidence["negative_right"]) == right
    assert (evidence["positive_seen"], evidence["negative_seen"]) == (16, 16)
    assert evidence["probability"] > 0.99


def test_three_controls_condemn_nobody() -> None:
    batch = crowd.batch(num_grids=1)
    crowd.ordinary(batch, num_workers=12)
    crowd.join(batch, "unlucky", crowd.contrary)
    assert found("control_accuracy", batch) == {}


def test_the_speed_floor_takes_the_time_from_the_grid_before(batch: Batch) -> None:
    crowd.ordinary(batch, num_workers=2)
    hasty = crowd.join(batch, "hasty", seconds=3)
    assert found("speed_floor", batch) == {hasty.pk: {"median_seconds": 3.0, "num_timed": 8}}


def test_a_program_may_be_fast(batch: Batch) -> None:
    robot = crowd.join(batch, "robot", seconds=1)
    Worker.objects.filter(pk=robot.pk).update(is_simulated=True)
    assert found("speed_floor", batch) == {}


def test_times_that_nobody_knows_condemn_nobody(batch: Batch) -> None:
    crowd.join(batch, "from elsewhere", seconds=0)
    assert np.isnan(collect(batch.study, until=LATER).seconds).all()
    assert found("speed_floor", batch) == {}


def test_straight_lining_finds_everything_nothing_and_the_same(batch: Batch) -> None:
    crowd.ordinary(batch)
    lazy = {
        crowd.join(batch, "all", crowd.everything).pk: (8, 0, 0),
        crowd.join(batch, "none", crowd.nothing).pk: (0, 8, 0),
        (same := crowd.join(batch, "same")).pk: (0, 0, 7),
    }
    for mine in Assignment.objects.filter(worker=same):  # the same places of the screen, where images are shuffled
        order = grids.display_order(num_positions=crowd.NUM_POSITIONS, seed=[mine.pk, same.pk])
        mine.selected = bitmaps.pack([order[place] for place in (1, 4, 7, 11, 13)], crowd.NUM_POSITIONS)
        mine.save()
    evidence = found("straightlining", batch)
    numbers = ("num_everything", "num_nothing", "num_same")
    assert {pk: tuple(each[name] for name in numbers) for pk, each in evidence.items()} == lazy


def test_nothing_is_no_straight_line_where_there_is_nothing_to_select(batch: Batch) -> None:
    for number in range(6):
        crowd.join(batch, f"right {number}", crowd.nothing)
    assert found("straightlining", batch) == {}


def test_judgements_from_elsewhere_were_no_grids_and_make_no_line(batch: Batch) -> None:
    crowd.ordinary(batch)
    crowd.join(batch, "none", crowd.nothing)
    Batch.objects.update(platform=IMPORTED, imported_from="elsewhere.csv", expired_at=LATER)
    assert found("straightlining", batch) == {}


@pytest.mark.parametrize("habit", [crowd.everything, crowd.contrary, crowd.guessing])
def test_informedness_finds_whose_judgements_tell_nothing(batch: Batch, habit: crowd.Habit) -> None:
    crowd.ordinary(batch)
    bad = crowd.join(batch, "bad", habit)
    evidence = found("informedness", batch, threshold=0.4)
    assert set(evidence) == {bad.pk}
    assert evidence[bad.pk]["num_judgements"] == 8 * len(crowd.MEASURED)
    assert evidence[bad.pk]["at_most"] < 0.4


def test_few_judgements_leave_informedness_open() -> None:
    batch = crowd.batch(num_grids=1)
    crowd.ordinary(batch, num_workers=8)
    crowd.join(batch, "bad", crowd.everything)
    assert found("informedness", batch) == {}


def test_twins_are_found_with_each_other(batch: Batch) -> None:
    for number in range(10):
        crowd.join(batch, f"guessing {number}", crowd.guessing)
    one, other = (crowd.join(batch, name, crowd.same_guesses) for name in ("one", "other"))
    evidence = found("twin_workers", batch)
    assert {pk: each["partner_id"] for pk, each in evidence.items()} == {one.pk: other.pk, other.pk: one.pk}
    assert evidence[one.pk]["num_agreed"] == evidence[one.pk]["num_shared"] == 8 * len(crowd.MEASURED)


def test_a_study_without_judgements_has_nobody_to_find(batch: Batch) -> None:
    assert {rule: found(rule, batch) for rule in RULES} == {rule: {} for rule in RULES}


def test_a_study_without_grids_has_nobody_to_find() -> None:
    collected = collect(cast.study(), until=LATER)
    assert all(rule.find(collected, rule.default) == {} for rule in RULES.values())


def test_thresholds_have_limits() -> None:
    with pytest.raises(InvalidDecision, match=r"must lie between 0\.05 and 0\.95"):
        RULES["control_accuracy"].checked(50)


def test_a_rule_of_another_version_says_so() -> None:
    with pytest.raises(CannotReplay, match="version 2 of “speed_floor”; this release has version 1"):
        rule_of("speed_floor", 2)
