"""What the pages of a parquet file unpack to, as their own headers say: each is unpacked whole.

The footer of a hostile file may say less.
"""

import struct
from collections.abc import Iterator
from typing import IO

from annotation.errors import UnreadableSource
from annotation.sources.base import printable
from annotation.sources.tables.footers import Chunk, read_struct

MAX_PAGE = 512 * 1024 * 1024
MAX_HEADER = 64 * 1024
NUM_BYTES, NUM_PACKED = 2, 3
"""Numbers of the fields, as the format has them."""


def check_pages(file: IO[bytes], chunk: Chunk) -> None:
    """Refuse a column with a page that fills the memory, or that is larger than the footer says of the whole column."""
    if not chunk.is_packed:  # what is not packed is no larger than the file
        return
    named = printable(chunk.name[:50])
    try:
        largest = max(_sizes(file, chunk), default=0)
    except (KeyError, IndexError, TypeError, ValueError, struct.error) as error:
        raise UnreadableSource(f"The column {named!r} has a page that is damaged.") from error
    if largest > chunk.num_bytes:
        raise UnreadableSource(
            f"The column {named!r} has a page of {largest:,} bytes unpacked, and its footer says that all of it has "
            f"{chunk.num_bytes:,}: the file is damaged."
        )
    if largest > MAX_PAGE:
        raise UnreadableSource(
            f"The column {named!r} has a page of {largest:,} bytes unpacked, and at most {MAX_PAGE:,} are read; save "
            "the table with smaller row groups."
        )


def _sizes(file: IO[bytes], chunk: Chunk) -> Iterator[int]:
    place = chunk.start
    while place < chunk.start + chunk.num_packed:
        file.seek(place)
        header, length = read_struct(file.read(MAX_HEADER))
        yield header[NUM_BYTES]
        if header[NUM_PACKED] < 0:
            raise ValueError
        place += length + header[NUM_PACKED]
