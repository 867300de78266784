"""Large JPEGs are decoded small where the crop can't tell; everything else is decoded whole."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from annotation import imaging
from evaluation.preprocessing import Preprocessing

RESNET = Preprocessing(size=(224, 224), crop_fraction=0.875)


def textured(width: int, height: int, seed: int = 0) -> PillowImage.Image:
    """Sharp stripes and noise on a slope: harder than photographs."""
    rng = np.random.default_rng(seed)
    down, across = np.indices((height, width))
    slope = 200 * across / width + 30 * ((down + across) // 7 % 2)
    pixels = slope[..., None] + rng.normal(0, 20, (height, width, 3))
    return PillowImage.fromarray(pixels.clip(0, 255).astype(np.uint8))


def jpeg(picture: PillowImage.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def whole(content: bytes, preprocessing: Preprocessing, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The crop of the picture decoded whole."""
    upright = imaging.upright
    with monkeypatch.context() as patched:
        patched.setattr(imaging, "upright", lambda content, at_least=None: upright(content))
        return preprocessing.crop(content)


def test_a_large_jpeg_is_decoded_small_and_the_crop_hardly_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    content = jpeg(textured(2600, 2100))
    assert imaging.upright(content, RESNET._enough).size == (650, 525)
    difference = np.abs(RESNET.crop(content).astype(int) - whole(content, RESNET, monkeypatch))
    assert 0 < difference.mean() < 1
    assert difference.max() <= 8


def test_no_side_becomes_shorter_than_twice_what_is_resized_to() -> None:
    assert imaging.upright(jpeg(textured(2000, 1024)), RESNET._enough).size == (1000, 512)
    assert imaging.upright(jpeg(textured(2000, 1023)), RESNET._enough).size == (2000, 1023)


@pytest.mark.parametrize("size", [(500, 375), (100, 80), (1000, 900)])
def test_usual_and_small_jpegs_are_decoded_whole(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    content = jpeg(textured(*size))
    np.testing.assert_array_equal(RESNET.crop(content), whole(content, RESNET, monkeypatch))


def test_single_pixels_are_taken_of_the_whole_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    nearest = Preprocessing(size=(224, 224), crop_fraction=0.875, resample="nearest")
    content = jpeg(textured(2600, 2100))
    np.testing.assert_array_equal(nearest.crop(content), whole(content, nearest, monkeypatch))


def test_other_formats_are_decoded_whole() -> None:
    buffer = io.BytesIO()
    textured(1200, 1100).save(buffer, "PNG")
    assert imaging.upright(buffer.getvalue(), 100).size == (1200, 1100)


def test_a_large_jpeg_lying_on_its_side_is_stood_up() -> None:
    lying = textured(2600, 2100).transpose(PillowImage.Transpose.ROTATE_90)
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    found = RESNET.crop(jpeg(lying, exif=exif)).astype(int)
    assert np.abs(found - RESNET.crop(jpeg(textured(2600, 2100)))).mean() < 3


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_large_jpegs_of_other_modes_keep_their_colours(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = jpeg(textured(2600, 2100).convert(mode))
    assert imaging.upright(content, RESNET._enough).size == (650, 525)
    assert np.abs(RESNET.crop(content).astype(int) - whole(content, RESNET, monkeypatch)).mean() < 1


@pytest.mark.parametrize("colour", ["RGB", "L"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "FLAT"])
def test_every_value_is_that_of_the_formula_in_double_precision(layout: Any, colour: Any) -> None:
    mean, std = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) if colour == "RGB" else ((0.449,), (0.226,))
    chosen = Preprocessing(size=(16, 48), layout=layout, colour=colour, mean=mean, std=std)
    pixels = np.arange(16 * 48 * chosen.num_channels).reshape(16, 48, -1).astype(np.uint8)
    expected = ((pixels * np.float64(1 / 255) - np.array(mean)) / np.array(std)).astype(np.float32)
    placed = expected.transpose(2, 0, 1) if layout == "NCHW" else expected
    np.testing.assert_array_equal(chosen.normalize(pixels), placed.reshape(chosen.input_shape))
