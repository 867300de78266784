"""Where an export goes, and what each such place must be able to do."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Self

from annotation.exports import reading
from annotation.exports.base import PictureFiles, Written

BLOCK_BYTES = 1024 * 1024
MAX_CHUNKS = 1000  # the kernel takes 1,024 at once
EMPTY_SHA256 = hashlib.sha256().hexdigest()


class Target(ABC):
    """Used as a context, in which the pieces are written one after another."""

    resumes = True  # whether what a killed consumer has left can be gone on with
    num_at_once = 2  # pieces: reading, hashing and writing leave Python's lock to others
    num_threads = 1  # for the pictures of one piece; more where each waits for a service

    @abstractmethod
    def check_free(self) -> None:
        """Refuse a place where something is already: exports overwrite nothing."""

    @abstractmethod
    def folder(self, path: str) -> None:
        """Make a folder, which may be there."""

    @abstractmethod
    def picture(self, path: str, sha256: str, content: bytes) -> Written:
        """A picture of the storage under this path; called by several threads."""

    @abstractmethod
    def file(self, path: str, chunks: Iterator[bytes]) -> Written:
        """A file of these bytes; whatever is there under its path is what a killed consumer left."""

    @abstractmethod
    def is_there(self, written: Written) -> bool:
        """Whether the file is there as it was written, as well as the place can tell."""

    @abstractmethod
    def lacking(self, files: Iterable[Written]) -> list[str]:
        """Names of those that are not there, or not in their size; quick, however many they are."""

    def flush(self) -> None:
        """Until what was written would outlast a power cut; where a service has taken it, it does."""
        return None

    @abstractmethod
    def complete(self, manifest: Written) -> None:
        """Let the export appear under its name; nothing where it is already there."""

    @abstractmethod
    def clear(self, names: Collection[str]) -> None:
        """Remove what was written, so that the export can begin anew; of a place that others may write to, only the
        files of these names."""

    def discard(self) -> None:
        """Leave nothing behind of an export that failed, where nobody would look for it."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        return None

    def folders(self, paths: Sequence[str]) -> list[Written]:
        for path in paths:
            self.folder(path)
        return [Written(f"{path}/", EMPTY_SHA256, 0) for path in paths]

    def pictures(self, piece: PictureFiles, go_on: Callable[[], None]) -> list[Written]:
        def write(place: int, content: bytes) -> Written:
            return self.picture(piece.paths[place], piece.pictures[place].sha256, content)

        num_threads = max(self.num_threads, reading.num_threads())
        return list(reading.each(piece.pictures, write, go_on=go_on, num_threads=num_threads))


def gathered(chunks: Iterable[bytes], num_bytes: int) -> Iterator[Sequence[bytes]]:
    """Neighbours that have at least this size together, or are as many as may be written at once; the last may have
    less."""
    some: list[bytes] = []
    size = 0
    for chunk in chunks:
        some.append(chunk)
        size += len(chunk)
        if size >= num_bytes or len(some) == MAX_CHUNKS:
            yield some
            some, size = [], 0
    if some:
        yield some


def parts(chunks: Iterable[bytes], num_bytes: int) -> Iterator[bytes]:
    """The same bytes in parts of at least this size; only the last may be smaller."""
    whole: list[bytes] = []
    for some in gathered(chunks, num_bytes):
        whole += some
        if sum(map(len, whole)) >= num_bytes:
            yield b"".join(whole)
            whole = []
    if whole:
        yield b"".join(whole)


def write_hashed(chunks: Iterable[bytes], write: Callable[[Sequence[bytes]], object]) -> tuple[str, int]:
    """Write all, many chunks at a time; sha256 and size of it."""
    digest, size = hashlib.sha256(), 0
    for some in gathered(chunks, BLOCK_BYTES):
        for chunk in some:
            digest.update(chunk)
            size += len(chunk)
        write(some)
    return digest.hexdigest(), size
