"""Files of this machine or of a bucket, of which any part can be read, by several threads at once."""

import io
import os
import stat
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import IO, Protocol, cast

from annotation.errors import RefusedImage, UnreadableSource
from annotation.sources.base import is_remote, printable
from annotation.sources.files.buckets import Bucket, split

BLOCK = 8 * 1024 * 1024
NUM_BLOCKS = 4  # of files in buckets, kept in memory
BUFFER = 1024 * 1024


class OpenFile(Protocol):
    """A file whose parts can be read."""

    size: int

    def read_at(self, offset: int, num_bytes: int) -> bytes:
        """What is there: less at the end of the file."""
        ...

    def fetch(self, offset: int, num_bytes: int) -> bytes:
        """Exactly so much, in whatever order it is asked for; `RefusedImage` where it is not there."""
        ...


class Blocks:
    """The last few blocks that were read of files in buckets, however many such files are open."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, key: tuple[str, str, int]) -> bool:
        with self._lock:
            return key in self._kept

    def get(self, key: tuple[str, str, int], load: Callable[[], bytes]) -> bytes:
        """The block, loaded by one thread while others wait for it."""
        with self._lock:
            block = self._kept.pop(key, None)
            if block is None:
                block = load()
            self._kept[key] = block
            while len(self._kept) > NUM_BLOCKS:
                self._kept.popitem(last=False)
            return block


def open_file(address: str, blocks: Blocks | None = None) -> OpenFile:
    """Files that are opened with the same blocks share their memory."""
    return BucketFile(address, blocks or Blocks()) if is_remote(address) else LocalFile(address)


def open_stream(address: str) -> IO[bytes]:
    return cast(IO[bytes], io.BufferedReader(_Stream(open_file(address)), BUFFER))


class LocalFile:
    """Open until nobody refers to it any more, so that it can't be swapped for another meanwhile."""

    def __init__(self, address: str) -> None:
        try:
            # Not blocking: to open a pipe would otherwise wait for its writer.
            self._descriptor = os.open(address, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "there can't be such a path"
            raise UnreadableSource(f"{printable(address)} can't be read: {reason}.") from error
        weakref.finalize(self, os.close, self._descriptor)
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableSource(f"{printable(address)} is not a regular file; check the path.")
        self.size = status.st_size

    def read_at(self, offset: int, num_bytes: int) -> bytes:
        return os.pread(self._descriptor, num_bytes, offset)

    def fetch(self, offset: int, num_bytes: int) -> bytes:
        return _whole(self.read_at(offset, num_bytes), num_bytes)


class BucketFile:
    """Read in blocks of which the last few are kept: who goes through the file asks for every byte once."""

    def __init__(self, address: str, blocks: Blocks) -> None:
        name, self._key = split(address)
        self._bucket = Bucket(name)
        self.size, self._mark = self._bucket.size_and_mark(self._key)
        self._address, self._blocks = address, blocks

    def read_at(self, offset: int, num_bytes: int) -> bytes:
        end = min(offset + num_bytes, self.size)
        if offset >= end:
            return b""
        parts = [self._block(number) for number in range(offset // BLOCK, (end - 1) // BLOCK + 1)]
        start = offset - offset // BLOCK * BLOCK
        return b"".join(parts)[start : start + end - offset]

    def fetch(self, offset: int, num_bytes: int) -> bytes:
        """From the blocks that are kept, or else alone: another block for each would be too much."""
        numbers = range(offset // BLOCK, max(offset, offset + num_bytes - 1) // BLOCK + 1)
        is_kept = all(self._blocks.has((self._address, self._mark, number)) for number in numbers)
        try:
            content = self.read_at(offset, num_bytes) if is_kept else self._part(offset, num_bytes)
        except UnreadableSource as error:
            raise RefusedImage(str(error)) from error
        return _whole(content, num_bytes)

    def _block(self, number: int) -> bytes:
        begin = number * BLOCK
        load = partial(self._part, begin, min(BLOCK, self.size - begin))
        return self._blocks.get((self._address, self._mark, number), load)

    def _part(self, offset: int, num_bytes: int) -> bytes:
        if num_bytes <= 0:
            return b""
        options = {"Range": f"bytes={offset}-{offset + num_bytes - 1}"} | (
            {"IfMatch": self._mark} if self._mark else {}
        )
        return self._bucket.fetch(self._key, limit=num_bytes, **options)[:num_bytes]


class _Stream(io.RawIOBase):
    """The file from its beginning on, as libraries read it."""

    def __init__(self, file: OpenFile) -> None:
        self._file = file
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._file.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        content = self._file.read_at(self._place, len(buffer))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


def _whole(content: bytes, num_bytes: int) -> bytes:
    if len(content) != num_bytes:
        raise RefusedImage("The file that it lies in ends before it does.")
    return content
