"""Untrusted files become upright RGB pictures of one size, or are refused in one sentence."""

import contextlib
import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from annotation import imaging
from annotation.errors import RefusedImage
from tests.cast import png

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]
VALID = {image_format: png(1, image_format=image_format) for image_format in FORMATS}


def saved(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def shown(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(imaging.read(content).rendition))


def refusal(content: bytes) -> str:
    with pytest.raises(RefusedImage) as caught:
        imaging.read(content)
    return str(caught.value)


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header declares a huge size over almost no data."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" * 1000)),
        (b"IEND", b""),
    ]
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize("image_format", FORMATS)
def test_takes_the_common_formats(image_format: str) -> None:
    picture = imaging.read(VALID[image_format])
    assert (picture.format, picture.width, picture.height) == (image_format, 24, 16)
    assert picture.num_bytes == len(VALID[image_format])


def test_the_same_pixels_in_another_file_have_another_hash_but_the_same_pixel_hash() -> None:
    as_png, as_bmp = imaging.read(VALID["PNG"]), imaging.read(VALID["BMP"])
    assert as_png.sha256 != as_bmp.sha256
    assert as_png.pixel_sha256 == as_bmp.pixel_sha256


def test_the_same_bytes_in_another_shape_are_another_picture() -> None:
    wide, high = (imaging.read(saved(Image.new("RGB", size))) for size in ((4, 2), (2, 4)))
    assert wide.pixel_sha256 != high.pixel_sha256


@pytest.mark.parametrize("size", [(8, 8), (24, 16), (99, 3), (640, 20), (30, 900), (1, 1)])
def test_every_rendition_has_one_size_one_format_and_no_metadata(size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x010E] = "original image 17"
    image = shown(saved(Image.new("RGB", size, "red"), "JPEG", exif=exif, comment=b"secret"))
    assert (image.size, image.format, image.mode) == ((400, 400), "JPEG", "RGB")
    assert not image.getexif()
    assert not {"comment", "exif", "icc_profile"} & set(image.info)


def test_a_tiny_picture_keeps_its_hard_pixels() -> None:
    pixels = np.array([[0, 255], [255, 0]], dtype=np.uint8)
    corner = np.asarray(shown(saved(Image.fromarray(pixels))).convert("L"))
    assert corner[:190, :190].max() < 20
    assert corner[:190, 210:].min() > 235


def test_what_is_around_the_picture_is_neutral_grey() -> None:
    image = shown(saved(Image.new("RGB", (400, 100), "red")))
    top = np.asarray(image)[:100]
    assert np.abs(top.astype(int) - 128).max() < 10


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_picture_is_turned_upright(image_format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = imaging.read(saved(Image.new("RGB", (30, 20)), image_format, exif=exif))
    assert (picture.width, picture.height) == (20, 30)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_spoilt_camera_note_does_not_spoil_the_picture() -> None:
    content = saved(Image.new("RGB", (30, 20)), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f\1\2\3")
    assert imaging.read(content).width == 30


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_every_usual_mode_becomes_rgb(mode: str) -> None:
    image_format = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    content = saved(Image.new("RGB", (120, 120), "white").convert(mode), image_format)
    assert min(np.asarray(shown(content))[200, 200]) > 245


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    pixels = np.full((120, 120), 128 * 256, dtype=np.uint16)
    assert abs(int(np.asarray(shown(saved(Image.fromarray(pixels))))[200, 200, 0]) - 128) <= 2


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(mode: str) -> None:
    options = {"transparency": 0} if mode == "P" else {}
    content = saved(Image.new(mode, (120, 120), 0), **options)
    assert min(np.asarray(shown(content))[200, 200]) > 250


def test_pixels_without_a_known_range_are_refused() -> None:
    assert "32-bit" in refusal(saved(Image.new("F", (8, 8)), "TIFF"))


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"") == "The file is empty."


@pytest.mark.parametrize("content", [b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"\0" * 5000])
def test_what_is_no_image_is_refused(content: bytes) -> None:
    assert "not an image" in refusal(content)


def test_formats_beyond_the_list_are_not_even_tried() -> None:
    assert "not an image in a format" in refusal(saved(Image.new("RGB", (8, 8)), "PPM"))


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_more_than_one_frame_is_refused(image_format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = saved(frames[0], image_format, save_all=True, append_images=frames[1:])
    assert "animated or has several pages" in refusal(content)


def test_a_phones_photo_with_a_second_picture_inside_counts_as_its_first() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    assert imaging.read(saved(frames[0], "MPO", save_all=True, append_images=frames[1:])).format == "JPEG"


@pytest.mark.parametrize("size", [(8000, 8000), (12000, 12000), (60000, 60000), (2**31 - 1, 2**31 - 1), (70000, 1)])
def test_a_pixel_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert "million" in refusal(bomb(*size))


def test_a_file_that_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "MAX_BYTES", 100)
    assert "at most 100 are taken" in refusal(VALID["PNG"])


def test_a_flipped_bit_in_a_png_is_found_by_its_checksum() -> None:
    content = bytearray(VALID["PNG"])
    content[len(content) // 2] ^= 1
    assert "damaged" in refusal(bytes(content))


@given(st.sampled_from(FORMATS), st.floats(0, 1))
@settings(max_examples=60)
def test_a_file_cut_anywhere_is_taken_or_refused_but_never_crashes(image_format: str, share: float) -> None:
    content = VALID[image_format][: int(len(VALID[image_format]) * share)]
    with contextlib.suppress(RefusedImage):
        imaging.read(content)


@given(st.sampled_from(FORMATS), st.data())
@settings(max_examples=60)
def test_a_file_with_any_bytes_changed_is_taken_or_refused_but_never_crashes(
    image_format: str, data: st.DataObject
) -> None:
    content = bytearray(VALID[image_format])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RefusedImage):
        imaging.read(bytes(content))


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "folder.png/a", "a", "日本.jpe"])
def test_a_name_may_say_what_the_file_is(name: str) -> None:
    imaging.check_name(name, "JPEG")


@pytest.mark.parametrize("name", ["a.png", "a.txt", "a.jpg.exe", "x/a.GIF"])
def test_a_name_that_says_something_else_is_refused(name: str) -> None:
    with pytest.raises(RefusedImage, match="not what its name says"):
        imaging.check_name(name, "JPEG")
