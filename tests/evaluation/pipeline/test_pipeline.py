"""Batches are prepared ahead and of a size found by trial; what an image gets depends on neither."""

from typing import Any

import numpy as np
import pytest
from django.db import DatabaseError

from evaluation.errors import CannotPredict, LeaseLost
from evaluation.pipeline import BATCHES_AHEAD, FIRST_SIZE, LARGEST_SIZE, BatchSize, Pipeline, _sizes


class Doubling:
    """Answers each number with its double, and takes no more images at once than fit."""

    takes_whole_numbers = False

    def __init__(self, fits: int = 1000) -> None:
        self.fits = fits
        self.taken: list[int] = []

    def predict(self, batch: np.ndarray) -> np.ndarray:
        if len(batch) > self.fits:
            raise MemoryError("out of memory")
        self.taken.append(len(batch))
        return batch * 2


def number(row: int, inputs: np.ndarray) -> None:
    inputs[:] = row


def pipeline(runtime: Any, prepare: Any = number) -> "Pipeline[int]":
    return Pipeline(runtime, (1,), prepare, lambda rows, inputs: runtime.predict(inputs))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("size", [1, 3, 64])
def test_every_row_gets_its_own_answer_in_order(threads: int, size: int, settings: Any) -> None:
    settings.SCORING_THREADS = threads
    runtime = Doubling()
    _sizes[runtime] = BatchSize(size, is_settled=True)
    found = np.concatenate(list(pipeline(runtime).scored(range(100))))
    np.testing.assert_array_equal(found[:, 0], np.arange(100) * 2)
    assert max(runtime.taken) == size


def test_batches_of_one_size_share_a_few_pieces_of_memory() -> None:
    runtime = Doubling()
    _sizes[runtime] = BatchSize(4, is_settled=True)
    places = set()

    def noted(row: int, inputs: np.ndarray) -> None:
        places.add(inputs.ctypes.data)
        number(row, inputs)

    found = np.concatenate(list(pipeline(runtime, noted).scored(range(203))))
    np.testing.assert_array_equal(found[:, 0], np.arange(203) * 2)
    assert len(places) == 4 * (BATCHES_AHEAD + 1)


def test_a_batch_that_does_not_fit_is_halved_and_the_size_is_kept() -> None:
    runtime = Doubling(fits=3)
    found = np.concatenate(list(pipeline(runtime).scored(range(50))))
    np.testing.assert_array_equal(found[:, 0], np.arange(50) * 2)
    assert _sizes[runtime].size == 2
    runtime.taken.clear()
    assert sum(len(part) for part in pipeline(runtime).scored(range(6))) == 6
    assert runtime.taken == [2, 2, 2]


def tried(size: BatchSize, images_per_second: float, largest: int = LARGEST_SIZE) -> None:
    """Three batches of a size: one at this speed, and two that something else kept waiting."""
    for speed in (images_per_second / 3, images_per_second, images_per_second / 2):
        size.measured(size.size, size.size / speed, largest)


def test_a_batch_grows_while_that_makes_the_classifier_no_slower() -> None:
    size = BatchSize(FIRST_SIZE)
    for images_per_second in (1000, 1900, 1890):
        tried(size, images_per_second)
    assert (size.size, size.is_settled) == (64, False)
    tried(size, 1500)
    assert (size.size, size.is_settled) == (32, True)
    tried(size, 9000)
    assert size.size == 32


def test_a_batch_is_never_larger_than_allowed_or_longer_than_four_seconds() -> None:
    large, slow = BatchSize(FIRST_SIZE), BatchSize(FIRST_SIZE)
    for _ in range(9):
        tried(large, 1000, largest=100)
        slow.measured(slow.size, slow.size / 5, LARGEST_SIZE)
    assert (large.size, slow.size) == (64, 16)


def test_no_more_is_prepared_than_a_few_batches_ahead() -> None:
    prepared: list[int] = []

    def noted(row: int, inputs: np.ndarray) -> None:
        prepared.append(row)
        number(row, inputs)

    scored = pipeline(Doubling(), noted).scored(range(1000))
    next(scored)
    assert len(prepared) <= FIRST_SIZE * (BATCHES_AHEAD + 1)
    scored.close()  # type: ignore[attr-defined]
    assert len(prepared) < 1000


def test_the_first_row_that_can_not_be_prepared_is_told_and_the_rest_is_left() -> None:
    prepared: list[int] = []

    def broken(row: int, inputs: np.ndarray) -> None:
        prepared.append(row)
        if row in (4, 5):
            raise CannotPredict(f"{row} is damaged")
        number(row, inputs)

    with pytest.raises(CannotPredict, match="4 is damaged"):
        list(pipeline(Doubling(), broken).scored(range(1000)))
    assert len(prepared) < 100


def test_a_classifier_that_does_not_come_to_an_end_is_not_asked_again() -> None:
    class Endless(Doubling):
        def predict(self, batch: np.ndarray) -> np.ndarray:
            self.taken.append(len(batch))
            raise TimeoutError("stopped after 100 s")

    runtime = Endless()
    with pytest.raises(CannotPredict, match="failed on 0 and 7 that follow: stopped after 100 s"):
        list(pipeline(runtime).scored(range(20)))
    assert runtime.taken == [8]


@pytest.mark.parametrize("kind", [LeaseLost, DatabaseError])
def test_a_lease_that_is_not_renewed_between_two_passes_is_no_fault_of_the_images(kind: type[Exception]) -> None:
    class Searching(Doubling):
        def predict(self, batch: np.ndarray) -> np.ndarray:
            self.taken.append(len(batch))
            raise kind("another consumer has it, or nobody answers")

    runtime = Searching()
    with pytest.raises(kind):
        list(pipeline(runtime).scored(range(20)))
    assert runtime.taken == [8]
