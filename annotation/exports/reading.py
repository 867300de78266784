"""Pictures read ahead by threads, each checked against its hash; memory stays the same however many there are."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from annotation import storage
from annotation.errors import IncompletePiece, MissingContent
from annotation.exports.base import Picture

T = TypeVar("T")

NUM_THREADS = 4
NUM_AHEAD = 6  # batches that wait to be taken
BATCH_IMAGES = 32
BATCH_BYTES = 4 * 1024 * 1024


def contents(
    pictures: Sequence[Picture], *, hold: Callable[[], None], num_threads: int = NUM_THREADS
) -> Iterator[bytes]:
    """The content of each, in order."""
    return each(pictures, lambda number, content: content, hold=hold, num_threads=num_threads)


def each(
    pictures: Sequence[Picture],
    use: Callable[[int, bytes], T],
    *,
    hold: Callable[[], None],
    num_threads: int = NUM_THREADS,
) -> Iterator[T]:
    """What `use` makes of each place and content, in order, done by the threads that read.

    `hold` is called again and again meanwhile. Raises `IncompletePiece`, after having tried all, for those that are
    missing or damaged.
    """
    missing: list[str] = []
    waiting: deque[Future[list[T | MissingContent]]] = deque()
    with ThreadPoolExecutor(num_threads) as pool:
        try:
            for first, batch in _batches(pictures):
                waiting.append(pool.submit(_read, first, batch, use))
                if len(waiting) > max(NUM_AHEAD, num_threads):
                    yield from _taken(waiting.popleft().result(), missing)
                    hold()
            while waiting:
                yield from _taken(waiting.popleft().result(), missing)
                hold()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if missing:
        raise IncompletePiece(missing)


def _batches(pictures: Sequence[Picture]) -> Iterator[tuple[int, Sequence[Picture]]]:
    """Neighbours that are read by one thread: many small ones, or few large ones."""
    first, num_bytes = 0, 0
    for place, picture in enumerate(pictures):
        if place > first and (place - first == BATCH_IMAGES or num_bytes + picture.num_bytes > BATCH_BYTES):
            yield first, pictures[first:place]
            first, num_bytes = place, 0
        num_bytes += picture.num_bytes
    if first < len(pictures):
        yield first, pictures[first:]


def _read(first: int, batch: Sequence[Picture], use: Callable[[int, bytes], T]) -> list[T | MissingContent]:
    results: list[T | MissingContent] = []
    for place, picture in enumerate(batch, start=first):
        try:
            results.append(use(place, storage.get("images", picture.sha256)))
        except MissingContent as error:
            results.append(MissingContent(f"image {picture.number}, {picture.source} ({error})"))
    return results


def _taken(results: list[T | MissingContent], missing: list[str]) -> Iterator[T]:
    """Results up to the first that is missing; from there on only what else is missing matters."""
    for result in results:
        if isinstance(result, MissingContent):
            missing.append(str(result))
        elif not missing:
            yield result
