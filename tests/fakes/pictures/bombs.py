"""Small files that want much memory or much time."""

import io
import re
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

Entry = tuple[int, int, int, int]
"""Tag, type, count and value (or where it lies) of a TIFF's directory."""


def saved(image: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*before: bytes, size: tuple[int, int] = (8, 8), pixels: bytes | None = None, after: bytes = b"") -> bytes:
    """A PNG with more chunks before and after its pixels, or another size than these have."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    if pixels is None:
        pixels = b"".join(b"\0" + b"\x80" * 3 * size[0] for _ in range(size[1]))
    packed = chunk(b"IDAT", zlib.compress(pixels, 9))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + packed + after + chunk(b"IEND")


def pixel_bomb() -> bytes:
    """60,000 × 60,000 pixels are declared, and hardly any are there."""
    return png(size=(60_000, 60_000), pixels=bytes(1000))


def text_bomb(kind: bytes, num_bytes: int = 100_000_000) -> bytes:
    """A note (`zTXt`, `iTXt`) or a colour profile (`iCCP`) that unpacks to far more than the picture."""
    head = b"k\0\1\0\0\0" if kind == b"iTXt" else b"k\0\0"
    return png(chunk(kind, head + zlib.compress(bytes(num_bytes), 9)))


def overlong_pixels() -> bytes:
    """The stream of pixels unpacks to 100 MB, of which the picture needs 200 bytes."""
    return png(pixels=bytes(100_000_000))


def crumbs(image_format: str, num: int) -> bytes:
    """So many tiny parts around a small picture, all of them allowed."""
    if image_format == "PNG":
        return png(chunk(b"teSt") * num)
    if image_format == "JPEG":
        whole = saved(Image.new("L", (8, 8)), "JPEG")
        return whole[:2] + b"\xff" * num + whole[2:]
    whole = saved(Image.new("P", (8, 8)), "GIF")
    place = 13 + 3 * 2 ** ((whole[10] & 7) + 1)
    return whole[:place] + b"\x21\xfe\x01a\0" * num + whole[place:]


def many_scans(size: tuple[int, int], num: int) -> bytes:
    """A progressive JPEG whose last scan comes so many times more."""
    whole = saved(Image.new("L", size), "JPEG", progressive=True, quality=50)
    last = [found.start() for found in re.finditer(b"\xff\xda", whole)][-1]
    return whole[:-2] + whole[last:-2] * num + whole[-2:]


def tiff(entries: Sequence[Entry], rest: bytes) -> bytes:
    """A TIFF with this directory; offsets count from the file's beginning, and `rest` lies behind the directory."""
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", 0) + rest


def grey_tiff(more: Sequence[Entry] = (), data: bytes = b"") -> bytes:
    """8 × 8 pixels; `more` entries may refer to `data`, which lies at `data_at(len(more))`."""
    at = data_at(len(more))
    known: list[Entry] = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    known += [(273, 4, 1, at + len(data)), (277, 3, 1, 1), (278, 4, 1, 8), (279, 4, 1, 64)]
    return tiff([*known, *more], data + bytes(64))


def data_at(num_more: int) -> int:
    return 8 + 2 + 12 * (9 + num_more) + 4


def tag_bomb() -> bytes:
    """2,000 tags, all with the same megabyte: 2 GB."""
    return grey_tiff([(1000 + tag, 7, 1_000_000, data_at(2000)) for tag in range(2000)], bytes(1_000_000))


def tile_bomb(side: int = 20_000) -> bytes:
    """A picture of 8 × 8 in one tile of 400 million pixels."""
    entries: list[Entry] = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 5), (262, 3, 1, 1)]
    entries += [(277, 3, 1, 1), (322, 4, 1, side), (323, 4, 1, side), (324, 4, 1, 200), (325, 4, 1, 20)]
    return tiff(entries, bytes(300))


def many_pages(num: int) -> bytes:
    """A TIFF of pages of one pixel each."""
    size = 2 + 12 * 9 + 4
    at = 8 + size * num
    entries: list[Entry] = [(256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, at), (277, 3, 1, 1), (278, 4, 1, 1), (279, 4, 1, 1)]
    page = struct.pack("<H", 9) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    pages = (page + struct.pack("<I", 8 + size * (number + 1) if number + 1 < num else 0) for number in range(num))
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages) + b"\0"


def many_frames(num: int) -> bytes:
    frames = [Image.new("RGB", (8, 8), (number % 256, number // 256, 7)) for number in range(num)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
