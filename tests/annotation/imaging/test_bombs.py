"""A small file gets neither much memory nor much time; what it declares is not believed."""

import time
import tracemalloc
from collections.abc import Callable

import pytest

from annotation import imaging
from annotation.errors import RefusedImage
from tests.fakes.pictures import bombs
from tests.fakes.pictures.bombs import chunk, grey_tiff, many_scans, png

REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "pixels": (bombs.pixel_bomb, "at most 50 million pixels"),
    "zTXt": (lambda: bombs.text_bomb(b"zTXt"), "can't be decoded"),
    "iTXt": (lambda: bombs.text_bomb(b"iTXt"), "can't be decoded"),
    "iCCP": (lambda: bombs.text_bomb(b"iCCP"), "can't be decoded"),
    "zTXt behind the pixels": (
        lambda: png(after=bombs.text_bomb(b"zTXt")[8 + 25 :].partition(b"IDAT")[0][:-4]),
        "can't be decoded",
    ),
    "frames": (lambda: bombs.many_frames(500), "animated or has several pages"),
    "pages": (lambda: bombs.many_pages(5000), "animated or has several pages"),
    "tiles": (bombs.tile_bomb, "tiles that are far larger"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_bombs_are_refused_with_the_reason(kind: str) -> None:
    content, said = REFUSED[kind][0](), REFUSED[kind][1]
    with pytest.raises(RefusedImage, match=said):
        imaging.read(content)


@pytest.mark.filterwarnings("ignore:Tag data larger than file")
@pytest.mark.parametrize("make", [bombs.overlong_pixels, bombs.tag_bomb, lambda: grey_tiff()])
def test_what_has_too_much_beside_the_picture_is_taken_without_it(make: Callable[[], bytes]) -> None:
    content = make()
    tracemalloc.start()
    try:
        picture = imaging.read(content)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (picture.width, picture.height) == (8, 8)
    assert most < 50_000_000


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF"])
def test_a_file_of_crumbs_is_given_up(image_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "MAX_PIECES", 20_000)
    assert imaging.read(bombs.crumbs(image_format, 100)).width == 8
    with pytest.raises(RefusedImage, match="tiny pieces"):
        imaging.read(bombs.crumbs(image_format, 30_000))


def test_a_jpeg_is_not_scanned_for_ever() -> None:
    content = many_scans((4000, 3000), 2000)
    started = time.process_time()  # others may use the machine, too
    with pytest.raises(RefusedImage, match="too many steps"):
        imaging.read(content)
    assert time.process_time() - started < 5


def test_a_progressive_jpeg_is_as_good_as_any() -> None:
    assert imaging.read(many_scans((4000, 3000), 0)).width == 4000


def test_the_largest_picture_fits() -> None:
    assert imaging.read(png(size=(7000, 7000))).width == 7000


def test_a_pattern_that_looks_like_scans_in_a_small_picture_is_no_harm() -> None:
    content = bombs.saved(bombs.Image.new("L", (8, 8)), "JPEG", comment=b"\xff\xda" * 20_000)
    assert imaging.read(content).width == 8


def test_chunks_that_nobody_knows_are_passed_over() -> None:
    assert imaging.read(png(chunk(b"teSt", bytes(1_000_000)))).width == 8
