"""From an untrusted file to a picture: checked, upright, RGB on white, and re-encoded for people to see."""

import hashlib
import io
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageStat
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import TiffImageFile

from annotation.errors import RefusedImage
from annotation.stats.pictures import signatures

warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

MAX_BYTES = 100 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 65_535
MAX_SCANNED_PIXELS = 20_000_000_000
"""A JPEG may go over all its pixels again and again, a few bytes each time: ten times or so is usual."""
MAX_PIECES = 2_000_000
"""Reads that a file may take: what consists of millions of crumbs is meant to keep the decoder busy."""
LARGEST_TILE = 4096 * 4096
SIDE = 400
TINY = 100
QUALITY = 85
SHEET_QUALITY = 70
GREY = (128, 128, 128)
ROWS_AT_ONCE = 512
ENOUGH_FOR_GREY = 2 * signatures.SIDE
"""Pixels in each direction that a JPEG is decoded to at least, where only its signature is needed."""

SUFFIXES = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "PNG": {".png"},
    "WEBP": {".webp"},
    "GIF": {".gif"},
    "BMP": {".bmp", ".dib"},
    "TIFF": {".tif", ".tiff"},
}
TAKEN = "JPEG, PNG, WebP, GIF, BMP or TIFF"


Colour = tuple[int, int, int]
"""Mean red, green and blue of all pixels, 0 to 255."""


@dataclass(frozen=True)
class Picture:
    """What is known of an image file; `width` and `height` are of the upright picture."""

    sha256: str
    pixel_sha256: str
    format: str
    width: int
    height: int
    num_bytes: int
    rendition: bytes
    grey: bytes
    """Its signature."""
    colour: Colour


def read(content: bytes) -> Picture:
    """Check and decode a file; `RefusedImage` says in one sentence why it is not taken."""
    check_size(len(content))
    image_format, upright = _decode(content)
    return Picture(
        sha256=hashlib.sha256(content).hexdigest(),
        pixel_sha256=_pixel_sha256(upright),
        format=image_format,
        width=upright.width,
        height=upright.height,
        num_bytes=len(content),
        rendition=_rendition(upright),
        grey=_grey(upright),
        colour=_colour(upright),
    )


def grey(content: bytes) -> bytes:
    """The signature of a file, checked as `read` does it; of a large JPEG no more is decoded than that needs."""
    check_size(len(content))
    return _grey(_decode(content, at_least=ENOUGH_FOR_GREY)[1])


def colour(content: bytes) -> Colour:
    """The mean colour of a file, checked and decoded as `read` does it."""
    check_size(len(content))
    return _colour(_decode(content)[1])


def grey_picture(grey: bytes) -> bytes:
    """A signature as a small PNG, for people to see."""
    side = signatures.SIDE
    buffer = io.BytesIO()
    Image.frombytes("L", (side, side), grey).save(buffer, "PNG")
    return buffer.getvalue()


def taken_at(content: bytes) -> datetime | None:
    """When the camera says that a file which was read before was taken; none where its note is missing or ill-formed.

    Cameras don't say where on earth they are, so it is read as universal time.
    """
    try:
        with _open(content) as image:
            note = str(image.getexif().get_ifd(IFD.Exif).get(Base.DateTimeOriginal, ""))
        return datetime.strptime(note.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except Exception:  # A spoilt note is common in good photographs, and fails in as many ways as a spoilt image.
        return None


def upright(content: bytes, at_least: int | None = None) -> Image.Image:
    """The whole picture as it is meant to be seen, upright in RGB; this is what classifiers are given.

    A JPEG of which no side needs more than `at_least` pixels is decoded to a half, a quarter or an eighth, as long as
    neither becomes shorter than that.
    """
    return _decode(content, at_least, mode=None)[1]


@dataclass(frozen=True)
class SheetLayout:
    """How the pictures of a grid lie on contact sheets: row by row, each in a square of `side` pixels."""

    columns: int = 4
    rows: int = 2
    side: int = 240

    @property
    def width(self) -> int:
        return self.columns * self.side

    @property
    def height(self) -> int:
        return self.rows * self.side

    @property
    def num_places(self) -> int:
        return self.columns * self.rows

    def num_sheets(self, num_positions: int) -> int:
        return -(-num_positions // self.num_places)

    def place(self, position: int) -> tuple[int, int, int]:
        """The sheet, column and row of a position of the grid."""
        number, place = divmod(position, self.num_places)
        row, column = divmod(place, self.columns)
        return number, column, row


def contact_sheet(renditions: Sequence[bytes | None], layout: SheetLayout) -> bytes:
    """Several pictures as one JPEG, of the same size in pixels however many they are, without metadata.

    The place of a picture that is none stays empty.
    """
    canvas = Image.new("RGB", (layout.width, layout.height), GREY)
    for position, rendition in enumerate(renditions):
        if rendition is None:
            continue
        _, column, row = layout.place(position)
        with Image.open(io.BytesIO(rendition), formats=["JPEG"]) as image:
            image.draft("RGB", (layout.side, layout.side))
            tile = image.resize((layout.side, layout.side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        canvas.paste(tile, (column * layout.side, row * layout.side))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=SHEET_QUALITY, optimize=True)
    return buffer.getvalue()


def check_size(num_bytes: int) -> None:
    """Refuse files that are empty or too large, before they are read."""
    if num_bytes == 0:
        raise RefusedImage("The file is empty.")
    if num_bytes > MAX_BYTES:
        raise RefusedImage(f"The file has {num_bytes:,} bytes; at most {MAX_BYTES:,} are taken.")


def check_name(name: str, image_format: str) -> None:
    """Refuse a file that is not what the ending of its name says.

    A name without an ending says nothing, nor does an address: servers answer `photo.jpg` and `photo.php` as they like.
    """
    if name.lower().startswith(("http://", "https://")):
        return
    suffix = PurePosixPath(name).suffix
    if suffix and suffix.lower() not in SUFFIXES[image_format]:
        raise RefusedImage(f"The file is not what its name says: it ends in {suffix} but holds a {image_format} image.")


def _decode(content: bytes, at_least: int | None = None, mode: str | None = "L") -> tuple[str, Image.Image]:
    try:
        return _format_and_upright(content, at_least, mode)
    except (RefusedImage, MemoryError):
        raise
    except Image.UnidentifiedImageError as error:
        raise RefusedImage(f"The file is not an image in a format that is taken ({TAKEN}).") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusedImage(
            f"The image is too large: at most {MAX_PIXELS // 1_000_000} million pixels are taken."
        ) from error
    except Exception as error:  # Decoders raise nearly anything on hostile bytes; each of them is a refusal.
        raise RefusedImage("The image is damaged or cut short: it can't be decoded.") from error


def _format_and_upright(content: bytes, at_least: int | None, mode: str | None) -> tuple[str, Image.Image]:
    with _open(content) as image:
        _check_declared(image)
        _check_work(image, content)
        image.verify()  # the checksums, which decoding alone skips; the file must be opened again after it
    with _open(content) as image:
        # Phones write a second, hidden picture into a JPEG and call it MPO: the first is the photograph.
        image_format = "JPEG" if image.format == "MPO" else str(image.format)
        if at_least is not None:
            image.draft(mode, (at_least, at_least))  # does nothing but to a JPEG
        image.load()
        orientation = _orientation(image)
        return image_format, _turned(_on_white(image), orientation)


def _open(content: bytes) -> Image.Image:
    return Image.open(_Counted(content), formats=list(SUFFIXES))


class _Counted(io.BytesIO):
    """A file that is not read for ever, however small the pieces."""

    num_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.num_read += 1
        if self.num_read > MAX_PIECES:
            raise RefusedImage("The file consists of millions of tiny pieces; save the picture anew.")
        return super().read(size)


def _check_declared(image: Image.Image) -> None:
    """What the header says, before a pixel is decoded."""
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise RefusedImage(
            f"The image is {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} million are taken."
        )
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise RefusedImage("The image is animated or has several pages; only single pictures are taken.")


def _check_work(image: Image.Image, content: bytes) -> None:
    """What a decoder would do, or reserve, far beyond the pixels that the picture has."""
    num_pixels = image.width * image.height
    could_be_many = len(content) // 10 * num_pixels > MAX_SCANNED_PIXELS  # a scan has ten bytes or more
    is_jpeg = image.format in ("JPEG", "MPO")
    if is_jpeg and could_be_many and content.count(b"\xff\xda") * num_pixels > MAX_SCANNED_PIXELS:
        raise RefusedImage("The image is built up in far too many steps; save it with fewer, or as a baseline JPEG.")
    if isinstance(image, TiffImageFile):
        sides = [image.tag_v2.get(tag, 1) for tag in (Base.TileWidth, Base.TileLength)]
        if math.prod(sides) > max(num_pixels, LARGEST_TILE):
            raise RefusedImage("The image has tiles that are far larger than itself; save it anew.")


def _orientation(image: Image.Image) -> int:
    """How the camera was held; 1 (upright) where its note is missing or unreadable."""
    try:
        return int(image.getexif().get(Base.Orientation, 1))
    except Exception:  # A spoilt note is common in good photographs, and fails in as many ways as a spoilt image.
        return 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _on_white(image: Image.Image) -> Image.Image:
    """Eight-bit RGB, whatever the mode, with what is transparent shown white."""
    if image.mode.startswith("I;16"):
        eight_bits = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return Image.fromarray(eight_bits).convert("RGB")
    if image.mode in ("I", "F"):
        raise RefusedImage("The image has 32-bit pixels, whose range is unknown; save it with 8 or 16 bits.")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")  # which copies even what is RGB
    see_through = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(see_through, mask=see_through.getchannel("A"))
    return white


def _pixel_sha256(image: Image.Image) -> str:
    digest = hashlib.sha256(f"RGB {image.width} {image.height} ".encode())
    for top in range(0, image.height, ROWS_AT_ONCE):
        bottom = min(top + ROWS_AT_ONCE, image.height)
        digest.update(image.crop((0, top, image.width, bottom)).tobytes())
    return digest.hexdigest()


def _grey(image: Image.Image) -> bytes:
    """The mean grey of each of 32 × 32 fields, whatever the shape of the picture."""
    size = (signatures.SIDE, signatures.SIDE)
    return image.convert("L").resize(size, Image.Resampling.BOX).tobytes()


def _colour(image: Image.Image) -> Colour:
    red, green, blue = (round(mean) for mean in ImageStat.Stat(image).mean)
    return red, green, blue


def _rendition(image: Image.Image) -> bytes:
    """Always the same size, format and quality, without metadata, so that it tells only what it shows."""
    is_tiny = max(image.size) < TINY
    method = Image.Resampling.NEAREST if is_tiny else Image.Resampling.LANCZOS
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    shown = image.resize(size, method, reducing_gap=None if is_tiny else 3.0)
    canvas = Image.new("RGB", (SIDE, SIDE), GREY)
    canvas.paste(shown, ((SIDE - shown.width) // 2, (SIDE - shown.height) // 2))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
