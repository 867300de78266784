"""Strange colours become the right ones, and strange shapes keep theirs."""

import io

import numpy as np
import pytest
from PIL import Image

from annotation import imaging
from annotation.errors import RefusedImage
from tests.fakes.pictures import odd
from tests.fakes.pictures.bombs import saved

INKS = {(0, 0, 0, 0): (255, 255, 255), (255, 0, 0, 0): (0, 255, 255), (0, 255, 255, 0): (255, 0, 0)}
INKS |= {(0, 0, 0, 255): (0, 0, 0), (255, 255, 0, 128): (0, 0, 127)}


def middle(content: bytes) -> tuple[int, ...]:
    shown = np.asarray(Image.open(io.BytesIO(imaging.read(content).rendition)), dtype=int)
    return tuple(shown[195:205, 195:205].mean(axis=(0, 1)))


@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("with_adobe", [True, False])
@pytest.mark.parametrize("with_profile", [True, False])
def test_inks_are_not_turned_into_their_opposites(
    ink: tuple[int, int, int, int], with_adobe: bool, with_profile: bool
) -> None:
    content = odd.cmyk(ink, with_adobe=with_adobe, with_profile=with_profile)
    assert np.abs(np.array(middle(content)) - INKS[ink]).max() < 12


def test_sixteen_bits_run_from_black_to_white() -> None:
    shown = np.asarray(Image.open(io.BytesIO(imaging.read(odd.sixteen_bits()).rendition)), dtype=int)
    row = shown[200, :, 0]
    assert row[0] < 12
    assert row[-1] > 243
    assert np.abs(row - np.linspace(0, 255, 400)).max() < 12


@pytest.mark.parametrize("size", [(1, 10_000), (10_000, 1), (65_535, 1), (1, 1)])
@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
def test_lines_are_pictures(size: tuple[int, int], image_format: str) -> None:
    picture = imaging.read(saved(Image.new("RGB", size, "red"), image_format))
    assert (picture.width, picture.height) == size
    assert Image.open(io.BytesIO(picture.rendition)).size == (400, 400)


def test_the_first_picture_of_a_phone_s_photograph_counts() -> None:
    assert imaging.read(odd.phone_photograph(1)).format == "JPEG"
    assert imaging.read(odd.phone_photograph(1)).pixel_sha256 != imaging.read(odd.phone_photograph(2)).pixel_sha256


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.jpg.html", "a.jpg ", "a.\u202egpj"])
def test_a_jpeg_by_another_name_is_refused(name: str) -> None:
    with pytest.raises(RefusedImage, match="not what its name says"):
        imaging.check_name(name, "JPEG")


@pytest.mark.parametrize("name", ["https://a.example/b.png", "HTTP://a.example/photo.php?x=a.webp", "http://a.example"])
def test_an_address_says_nothing_of_the_format(name: str) -> None:
    imaging.check_name(name, "JPEG")
