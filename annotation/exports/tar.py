"""Tar (POSIX ustar) as bytes: the same files make the same bytes on any day.

`tarfile` takes ten times as long to make a header, which three entries per image would feel; here headers are made
many at once.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK = 512
FILE, FOLDER = b"0", b"5"
END = bytes(2 * BLOCK)
MAX_NAME, MAX_PREFIX = 100, 155
MAX_OCTAL = 8**11
NAME, MODE, SIZE, CHECKSUM, KIND, PREFIX = (slice(0, 100), slice(100, 108), slice(124, 136), slice(148, 156), 156, 345)


def entries(names: Sequence[str], contents: Sequence[bytes]) -> Iterator[bytes]:
    """Whole files: of each a header, the content and what fills the last block; all that is small is joined."""
    small: list[bytes] = []
    for block, content in zip(headers(names, [len(content) for content in contents]), contents, strict=True):
        small.append(block)
        if len(content) > BLOCK * 8:
            yield b"".join(small)
            yield content
            small = [padding(len(content))]
        else:
            small += [content, padding(len(content))]
    yield b"".join(small)


def header(name: str, num_bytes: int, kind: bytes = FILE) -> bytes:
    """The block before a file or folder: owned by nobody, of 1970, readable by all."""
    return headers([name], [num_bytes], kind)[0]


def headers(names: Sequence[str], sizes: Sequence[int], kind: bytes = FILE) -> list[bytes]:
    """A block for each."""
    blocks = np.tile(np.frombuffer(_empty(kind), dtype=np.uint8), (len(names), 1))
    split = [_split(name.encode()) for name in names]
    blocks[:, NAME] = _column([name for name, _ in split], MAX_NAME)
    blocks[:, PREFIX : PREFIX + MAX_PREFIX] = _column([prefix for _, prefix in split], MAX_PREFIX)
    blocks[:, SIZE] = _column([_size(num_bytes) for num_bytes in sizes], 12)
    sums = blocks.sum(axis=1, dtype=np.int64).tolist()
    blocks[:, CHECKSUM] = _column([b"%06o\0 " % total for total in sums], 8)
    together = blocks.tobytes()
    return [together[first : first + BLOCK] for first in range(0, len(together), BLOCK)]


def padding(num_bytes: int) -> bytes:
    """What fills the last block of a file."""
    return bytes(-num_bytes % BLOCK)


def _empty(kind: bytes) -> bytes:
    """A header without name and size; the checksum counts itself as blanks."""
    block = bytearray(BLOCK)
    block[MODE] = b"0000755\0" if kind == FOLDER else b"0000644\0"
    block[108:124] = b"0000000\0" * 2  # owner and group
    block[136:148] = b"00000000000\0"  # time
    block[CHECKSUM] = b" " * 8
    block[KIND : KIND + 1] = kind
    block[257:265] = b"ustar\x0000"
    block[329:345] = b"0000000\0" * 2
    return bytes(block)


def _column(values: Sequence[bytes], width: int) -> NDArray[np.uint8]:
    return np.array(values, dtype=f"S{width}").view(np.uint8).reshape(len(values), width)


def _size(num_bytes: int) -> bytes:
    if num_bytes < MAX_OCTAL:
        return b"%011o\0" % num_bytes
    return b"\x80" + num_bytes.to_bytes(11, "big")  # as GNU tar writes what octal digits can't say


def _split(name: bytes) -> tuple[bytes, bytes]:
    if len(name) <= MAX_NAME:
        return name, b""
    cut = name.rfind(b"/", 0, MAX_PREFIX + 1)
    short, prefix = name[cut + 1 :], name[: max(cut, 0)]
    if cut < 1 or len(short) > MAX_NAME:
        raise ValueError(f"A tar can't hold a file called {name!r}.")
    return short, prefix
