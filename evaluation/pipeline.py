"""Inputs through a classifier: threads prepare the next batches while the one before is scored.

How large a batch is, is found by trial: it doubles while that makes the classifier no slower, and halves where it does
not fit the memory. What an image gets does not depend on it, but for the last bits of the runtime's arithmetic.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from django.conf import settings
from django.db import DatabaseError
from numpy.typing import NDArray

from evaluation.errors import CannotPredict, LeaseLost
from evaluation.runtimes import Runtime

FIRST_SIZE = 8
LARGEST_SIZE = 256
LARGEST_BYTES = 128 * 1024 * 1024
SECONDS_AT_MOST = 4.0  # so that progress is seen, and a cancelled run stops
NUM_TRIALS = 3  # batches of a size, of which the fastest counts: others use the machine, too
SLOWER = 0.95
BATCHES_AHEAD = 2

Inputs = NDArray[np.float32]
Logits = NDArray[np.float32]


@dataclass
class BatchSize:
    """The size of the next batch of one classifier in this process."""

    size: int
    speed: float = 0.0
    is_settled: bool = False
    trials: list[float] = field(default_factory=list)

    def measured(self, num_images: int, seconds: float, largest: int) -> None:
        """Learn from a batch that was scored."""
        if self.is_settled or num_images < self.size:
            return
        self.trials.append(num_images / max(seconds, 1e-9))
        if len(self.trials) < NUM_TRIALS and seconds * 2 < SECONDS_AT_MOST:
            return
        speed = max(self.trials)
        self.trials.clear()
        if speed < self.speed * SLOWER:
            self.size, self.is_settled = self.size // 2, True
        elif 2 * self.size / speed > SECONDS_AT_MOST or self.size * 2 > largest:
            self.is_settled = True
        else:
            self.size, self.speed = self.size * 2, max(speed, self.speed)

    def did_not_fit(self, num_images: int) -> None:
        self.size, self.is_settled = max(1, min(self.size, num_images // 2)), True


_sizes: WeakKeyDictionary[Runtime, BatchSize] = WeakKeyDictionary()


Row = TypeVar("Row")


@dataclass
class _Batch(Generic[Row]):
    rows: Sequence[Row]
    inputs: Inputs  # the first of the whole, as many as rows
    whole: Inputs
    prepared: list[Future[None]]


@dataclass(frozen=True)
class Pipeline(Generic[Row]):
    """One classifier; `prepare` writes a row's input of `shape`, and `str(row)` is what a person calls it."""

    runtime: Runtime
    shape: tuple[int, ...]
    prepare: Callable[[Row, Inputs], None]
    answer: Callable[[Sequence[Row], Inputs], Logits]  # by the runtime, perhaps in several passes

    def scored(self, rows: Sequence[Row]) -> Iterator[Logits]:
        """The logits of all rows in their order, a batch at a time; `CannotPredict` names the row that fails."""
        size = _sizes.setdefault(self.runtime, BatchSize(FIRST_SIZE))
        with ThreadPoolExecutor(settings.SCORING_THREADS) as pool:
            try:
                for batch in self._prepared_ahead(rows, size, pool):
                    yield self._score(batch, size)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def scored_alone(self, row: Row) -> Logits:
        """The logits of one row, shape (1, classes)."""
        inputs = np.empty((1, *self.shape), np.float32)
        self.prepare(row, inputs[0])
        return self._finite([row], self._predict([row], inputs))

    def _prepared_ahead(self, rows: Sequence[Row], size: BatchSize, pool: ThreadPoolExecutor) -> Iterator[_Batch[Row]]:
        batches: deque[_Batch[Row]] = deque()
        spare: list[Inputs] = []  # used again: memory fresh from the kernel costs more than writing the pixels to it
        start = 0
        while start < len(rows) or batches:
            while start < len(rows) and len(batches) <= BATCHES_AHEAD:
                part = rows[start : start + size.size]
                whole = spare.pop() if spare else np.empty((size.size, *self.shape), np.float32)
                inputs = whole[: len(part)]
                prepared = [pool.submit(self.prepare, *each) for each in zip(part, inputs, strict=True)]
                batches.append(_Batch(part, inputs, whole, prepared))
                start += len(part)
            batch = batches.popleft()
            yield batch
            if len(batch.whole) == size.size:
                spare.append(batch.whole)

    def _score(self, batch: _Batch[Row], size: BatchSize) -> Logits:
        for each in batch.prepared:
            each.result()
        started = time.perf_counter()
        logits = self._predict(batch.rows, batch.inputs)
        largest = min(LARGEST_SIZE, LARGEST_BYTES // batch.inputs[0].nbytes)
        size.measured(len(batch.rows), time.perf_counter() - started, largest)
        return self._finite(batch.rows, logits)

    def _predict(self, rows: Sequence[Row], inputs: Inputs) -> Logits:
        """The runtime's answer; a batch that it can't take is halved, down to the one image that is to blame."""
        try:
            return self.answer(rows, inputs)
        except (LeaseLost, DatabaseError):  # no fault of the images: an answer in several steps renews the lease
            raise
        except Exception as error:
            if len(rows) == 1 or isinstance(error, TimeoutError):
                told = str(rows[0]) if len(rows) == 1 else f"{rows[0]} and {len(rows) - 1} that follow"
                raise CannotPredict(f"The classifier failed on {told}: {error}") from error
        half = len(rows) // 2
        parts = [self._predict(rows[:half], inputs[:half]), self._predict(rows[half:], inputs[half:])]
        _sizes.setdefault(self.runtime, BatchSize(FIRST_SIZE)).did_not_fit(len(rows))
        return np.concatenate(parts)

    def _finite(self, rows: Sequence[Row], logits: Logits) -> Logits:
        odd = np.flatnonzero(~np.isfinite(logits).all(axis=1))
        if len(odd):
            raise CannotPredict(f"{rows[odd[0]]} got predictions that are not finite numbers.")
        return logits
