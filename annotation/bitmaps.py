"""One bit per grid position, packed into bytes; bit i is position i, lowest bit of each byte first.

That order is PostgreSQL's `get_bit` order too, so SQL and numpy read the same bits.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def pack(positions: Iterable[int], size: int) -> bytes:
    """The bitmap of `size` bits with these positions set.

    >>> pack([0, 9], 10)
    b'\\x01\\x02'
    """
    bits = np.zeros(size, dtype=np.uint8)
    for position in positions:
        if not 0 <= position < size:
            raise ValueError(f"position {position} is outside 0 to {size - 1}")
        bits[position] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def unpack(bitmap: bytes | memoryview, size: int) -> NDArray[np.bool_]:
    """The bits as booleans, shape (size,).

    >>> unpack(b"\\x05", 4)
    array([ True, False,  True, False])
    """
    return np.unpackbits(np.frombuffer(bitmap, dtype=np.uint8), count=size, bitorder="little").astype(np.bool_)


def positions(bitmap: bytes | memoryview, size: int) -> list[int]:
    """The positions that are set, ascending.

    >>> positions(b"\\x05", 4)
    [0, 2]
    """
    return [int(position) for position in np.flatnonzero(unpack(bitmap, size))]


def count(bitmap: bytes | memoryview) -> int:
    """How many positions are set.

    >>> count(b"\\x05")
    2
    """
    return int.from_bytes(bitmap, "little").bit_count()


def unpack_many(bitmaps: Sequence[bytes | memoryview], size: int) -> NDArray[np.uint8]:
    """Bitmaps of the same size as one array of 0 and 1, shape (len(bitmaps), size).

    >>> unpack_many([b"\\x01", b"\\x02"], 2)
    array([[1, 0],
           [0, 1]], dtype=uint8)
    """
    rows = np.frombuffer(b"".join(bytes(bitmap) for bitmap in bitmaps), dtype=np.uint8)
    return np.unpackbits(rows.reshape(len(bitmaps), -1), axis=1, count=size, bitorder="little")
