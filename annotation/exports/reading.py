"""Pictures read ahead by threads, each checked against its hash; memory stays the same however many there are."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from annotation import storage
from annotation.errors import IncompletePiece, MissingContent
from annotation.exports.base import Picture

T = TypeVar("T")

NUM_THREADS = 16  # where a bucket holds the pictures: they wait for the service, not for us
BATCH_IMAGES = 32
BATCH_BYTES = 4 * 1024 * 1024


def num_threads() -> int:
    """As many as it takes to read one piece without waiting for each picture by itself."""
    return 1 if storage.is_local() else NUM_THREADS


def contents(pictures: Sequence[Picture], *, go_on: Callable[[], None]) -> Iterator[bytes]:
    """The content of each, in order."""
    return each(pictures, lambda place, content: content, go_on=go_on, num_threads=num_threads())


def each(
    pictures: Sequence[Picture],
    use: Callable[[int, bytes], T],
    *,
    go_on: Callable[[], None],
    num_threads: int,
) -> Iterator[T]:
    """What `use` makes of each place and content, in order, done by the threads that read.

    `go_on` is called again and again and may raise. Raises `IncompletePiece`, after having tried all, for those that
    are missing or damaged.
    """
    missing: list[str] = []
    for results in _read_all(pictures, use, num_threads):
        go_on()
        for result in results:
            if isinstance(result, MissingContent):
                missing.append(str(result))
            elif not missing:  # from the first that is missing on, only what else is missing matters
                yield result
    if missing:
        raise IncompletePiece(missing)


def _read_all(
    pictures: Sequence[Picture], use: Callable[[int, bytes], T], num_threads: int
) -> Iterator[Sequence[T | MissingContent]]:
    """The results of a batch after the other; by several threads, as many batches are ahead."""
    if num_threads == 1:
        yield from (_read(first, batch, use) for first, batch in _batches(pictures))
        return
    ahead: deque[Future[list[T | MissingContent]]] = deque()
    size = max(1, min(BATCH_IMAGES, len(pictures) // num_threads))
    with ThreadPoolExecutor(num_threads) as pool:
        try:
            for first, batch in _batches(pictures, size):
                ahead.append(pool.submit(_read, first, batch, use))
                if len(ahead) > num_threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _batches(pictures: Sequence[Picture], size: int = BATCH_IMAGES) -> Iterator[tuple[int, Sequence[Picture]]]:
    """Neighbours that are read by one thread: many small ones, or few large ones."""
    first, num_bytes = 0, 0
    for place, picture in enumerate(pictures):
        if place > first and (place - first == size or num_bytes + picture.num_bytes > BATCH_BYTES):
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
