"""What is shown to people tells what it shows, and nothing of who took it, where or with what."""

import io
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from annotation import imaging
from annotation.imaging import SheetLayout
from tests.fakes.pictures import odd
from tests.fakes.pictures.bombs import grey_tiff, saved

LAYOUT = SheetLayout(columns=1, rows=1, side=240)


def segments(jpeg: bytes) -> set[int]:
    """The kinds of segments before the pixels."""
    found, place = set(), 2
    while jpeg[place + 1] != 0xDA:
        found.add(jpeg[place + 1])
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
    return found


def served(content: bytes) -> list[bytes]:
    rendition = imaging.read(content).rendition
    return [rendition, imaging.contact_sheet([rendition], LAYOUT)]


def test_the_telling_picture_does_tell() -> None:
    content = odd.telling(1)
    assert {0xE1, 0xE2, 0xED, 0xFE} <= segments(content)
    assert all(each in content for each in (b"Rosa", b"<x:xmpmeta", odd.PLACE.encode(), b"ICC_PROFILE"))


def test_nothing_of_it_is_in_what_is_shown() -> None:
    for shown in served(odd.telling(1)):
        assert segments(shown) <= {0xE0, 0xDB, 0xC0, 0xC4}  # JFIF, and what the pixels need
        assert not [each for each in odd.TOLD if each in shown]


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "TIFF"])
def test_nor_where_another_format_tells_it(image_format: str) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Rosa Rossi"
    content = saved(odd.photograph(1), image_format, exif=exif, xmp=b"<x:xmpmeta>Rosa</x:xmpmeta>", icc_profile=b"Rosa")
    assert b"Rosa" in content
    for shown in served(content):
        assert segments(shown) <= {0xE0, 0xDB, 0xC0, 0xC4}
        assert not [each for each in odd.TOLD if each in shown]


@pytest.mark.parametrize("make", [odd.jpeg_and_zip, odd.jpeg_and_html, odd.gif_and_jar, odd.png_and_php])
def test_a_second_nature_is_gone_from_what_is_shown(make: Callable[[int], bytes]) -> None:
    for shown in served(make(1)):
        assert shown.startswith(b"\xff\xd8")
        assert shown.endswith(b"\xff\xd9")
        assert not [each for each in (b"PK\x03\x04", b"<script", b"<?php", b"\xca\xfe\xba\xbe") if each in shown]


def test_the_picture_is_turned_as_the_camera_was_held() -> None:
    upright, sideways = imaging.read(odd.telling(1, orientation=1)), imaging.read(odd.telling(1, orientation=6))
    assert (upright.width, upright.height) == (sideways.height, sideways.width) == (120, 90)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 99])
@pytest.mark.parametrize(("count", "value"), [(1, 0), (1, 9), (1, 0xFFFFFFFF), (4, 0x44434241), (0, 6), (2**31, 8)])
def test_an_impossible_way_of_holding_it_is_passed_over(kind: int, count: int, value: int) -> None:
    assert imaging.read(grey_tiff([(0x0112, kind, count, value)])).width == 8


@pytest.mark.parametrize(
    ("note", "moment"),
    [
        ("2014:05:31 14:05:00", datetime(2014, 5, 31, 14, 5, tzinfo=UTC)),
        ("2014:05:31 14:05:00\0\0", datetime(2014, 5, 31, 14, 5, tzinfo=UTC)),
        ("0000:00:00 00:00:00", None),
        ("9999:99:99 99:99:99", None),
        ("'; DROP TABLE annotation_candidate; --", None),
        ("+014:05:31 14:05:00", None),
        ("x" * 60_000, None),
        ("", None),
    ],
)
def test_a_hostile_date_is_no_date(note: str, moment: datetime | None) -> None:
    exif = Image.Exif()
    exif[0x010E], exif.get_ifd(0x8769)[0x9003] = "a note", note
    assert imaging.taken_at(saved(odd.photograph(1), "PNG", exif=exif)) == moment


def test_what_is_shown_of_a_sideways_picture_is_what_it_shows() -> None:
    plain, turned = (Image.open(io.BytesIO(served(odd.telling(1, orientation=way))[0])) for way in (1, 8))
    again = np.asarray(turned.transpose(Image.Transpose.ROTATE_270), dtype=int)
    assert np.abs(again - np.asarray(plain, dtype=int)).mean() < 3
