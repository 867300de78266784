"""Studies in which people with habits of their own have judged every grid."""

import zlib
from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np

from annotation import bitmaps
from annotation.models import HIT, Assignment, Batch, Grid, Origin, Study, TargetClass, Worker
from tests import cast

NUM_POSITIONS = 16
POSITIVE, NEGATIVE = (0, 1), (2, 3)  # the controls of each grid
MEASURED = range(4, NUM_POSITIONS)
SHOWS_IT = (*POSITIVE, 4, 5, 6, 7, 8, 9)

Habit = Callable[[int, np.random.Generator], Sequence[int]]
"""What somebody selects in the grid of this number."""


def careful(grid: int, rng: np.random.Generator) -> list[int]:
    """Right but for a slip now and then."""
    truth = np.isin(np.arange(NUM_POSITIONS), SHOWS_IT)
    return np.flatnonzero(truth ^ (rng.random(NUM_POSITIONS) < 0.1)).tolist()


def everything(grid: int, rng: np.random.Generator) -> list[int]:
    return list(range(NUM_POSITIONS))


def nothing(grid: int, rng: np.random.Generator) -> list[int]:
    return []


def contrary(grid: int, rng: np.random.Generator) -> list[int]:
    return [position for position in range(NUM_POSITIONS) if position not in SHOWS_IT]


def guessing(grid: int, rng: np.random.Generator) -> list[int]:
    return np.flatnonzero(rng.random(NUM_POSITIONS) < 0.5).tolist()


def same_guesses(grid: int, rng: np.random.Generator) -> list[int]:
    """As everybody else who does so."""
    return guessing(grid, np.random.default_rng(grid))


def grid(of: TargetClass) -> Grid:
    """Two controls of either kind, then candidates to be measured."""
    origins = [Origin.ORIGINAL if position < min(MEASURED) else Origin.POOL for position in range(NUM_POSITIONS)]
    ids = [cast.candidate(of, origin).pk for origin in origins]
    masks = {"measured": MEASURED, "positive_controls": POSITIVE, "negative_controls": NEGATIVE}
    return Grid.objects.create(
        study=of.study,
        target_class=of,
        number=of.grids.count(),
        candidate_ids=ids,
        created_at=cast.NOW,
        **{name: bitmaps.pack(positions, NUM_POSITIONS) for name, positions in masks.items()},
    )


def batch(num_grids: int = 6, study: Study | None = None, class_id: str = "0") -> Batch:
    of_class = cast.target_class(study or cast.study(), class_id)
    return cast.batch(of_class.study, [grid(of_class) for _ in range(num_grids)], num_assignments=1)


def join(of: Batch, name: str, habit: Habit = careful, seconds: int = 60, seed: int = 0) -> Worker:
    """Somebody enrols, and hands in every grid of the batch, one after the other."""
    person = cast.worker(name)
    cast.enrolment(of.study, person)
    work(of, person, habit, seconds, seed)
    return person


def work(of: Batch, person: Worker, habit: Habit = careful, seconds: int = 60, seed: int = 0) -> None:
    rng, begun = (
        np.random.default_rng([seed, zlib.crc32(person.external_id.encode()), of.study.batches.count()]),
        cast.NOW,
    )
    for number, hit in enumerate(HIT.objects.filter(batch=of).order_by("id")):
        ended = begun + timedelta(seconds=seconds)
        Assignment.objects.create(
            hit=hit,
            worker=person,
            claimed_at=cast.NOW,  # all of them ahead: the time of a grid begins when the one before is done
            lease_expires_at=ended,
            submitted_at=ended,
            seen=bitmaps.pack(range(NUM_POSITIONS), NUM_POSITIONS),
            selected=bitmaps.pack(habit(number, rng), NUM_POSITIONS),
        )
        begun = ended


def ordinary(of: Batch, num_workers: int = 6) -> list[Worker]:
    return [join(of, f"careful {number}") for number in range(num_workers)]
