import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from evaluation.errors import InvalidClassifier
from evaluation.preprocessing import Preprocessing
from tests import cast
from tests.benchmarks.duplicates import photograph


def encoded(pixels: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG", **options)
    return buffer.getvalue()


def test_it_survives_json() -> None:
    whole = Preprocessing(
        size=(224, 192), resample="bicubic", crop_fraction=0.875, mean=(0.1, 0.2, 0.3), std=(1, 2, 3), layout="NHWC"
    )
    assert Preprocessing.from_json(json.loads(json.dumps(whole.to_json()))) == whole


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({}, "must name its size"),
        ([224, 224], "must be a JSON object"),
        ({"size": [224, 224], "sizes": 1}, "Unknown preprocessing: sizes"),
        ({"size": 224}, "size is 224"),
        ({"size": [224.5, 224]}, "whole numbers"),
        ({"size": [0, 224]}, "1 to 1024"),
        ({"size": [224, 2000]}, "1 to 1024"),
        ({"size": [True, 224]}, "whole numbers"),
        ({"size": [8, 8], "crop_fraction": 0}, "above 0"),
        ({"size": [1024, 8], "crop_fraction": 0.1}, "at most 4096"),
        ({"size": [8, 8], "colour": "BRG"}, "must be one of RGB, BGR, L"),
        ({"size": [8, 8], "resample": "best"}, "must be one of nearest"),
        ({"size": [8, 8], "layout": ["NCHW"]}, "must be one of NCHW"),
        ({"size": [8, 8], "mean": [1, 2]}, "expected 1 or 3 numbers"),
        ({"size": [8, 8], "colour": "L", "std": [1, 2, 3]}, "expected 1 numbers"),
        ({"size": [8, 8], "std": [0]}, "above 0"),
        ({"size": [8, 8], "scale": float("nan")}, "scale"),
        ({"size": [8, 8], "scale": 10**400}, "scale"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(data: object, reason: str) -> None:
    with pytest.raises(InvalidClassifier, match=reason):
        Preprocessing.from_json(data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layout", "colour", "shape"),
    [
        ("NCHW", "RGB", (3, 4, 5)),
        ("NHWC", "RGB", (4, 5, 3)),
        ("FLAT", "L", (20,)),
        ("NCHW", "L", (1, 4, 5)),
        ("NHWC", "BGR", (4, 5, 3)),
    ],
)
def test_the_input_has_the_shape_of_the_layout(layout: str, colour: str, shape: tuple[int, ...]) -> None:
    chosen = Preprocessing(size=(4, 5), layout=layout, colour=colour)  # type: ignore[arg-type]
    assert chosen.input_shape == shape
    pixels = chosen.crop(cast.png(size=(9, 13)))
    assert chosen.normalize(pixels).shape == shape
    batch = np.zeros((2, *shape), np.float32)
    chosen.normalize(pixels, out=batch[1])
    np.testing.assert_array_equal(batch[1], chosen.normalize(pixels))
    assert not batch[0].any()


def test_pixels_are_scaled_then_normalized_per_channel() -> None:
    chosen = Preprocessing(size=(1, 1), mean=(0.5, 0.25, 0), std=(0.5, 1, 2))
    values = chosen.normalize(np.array([[[255, 0, 51]]], dtype=np.uint8))
    np.testing.assert_allclose(values.ravel(), [1.0, -0.25, 0.1], rtol=1e-6)


def test_every_pixel_value_is_scaled_as_division_would() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    chosen = Preprocessing(size=(16, 16), colour="L")
    np.testing.assert_array_equal(chosen.normalize(every).ravel(), np.arange(256, dtype=np.float32) / np.float32(255))


def test_an_image_of_the_right_size_keeps_its_pixels() -> None:
    pixels = np.arange(5 * 4 * 3).reshape(4, 5, 3)
    np.testing.assert_array_equal(Preprocessing(size=(4, 5)).crop(encoded(pixels)), pixels)


def test_the_shorter_side_is_resized_and_the_centre_kept() -> None:
    pixels = np.zeros((4, 12, 3))
    pixels[:, 4:8] = 200
    assert (Preprocessing(size=(4, 4)).crop(encoded(pixels)) == 200).all()


def test_the_crop_fraction_leaves_the_rim_out() -> None:
    pixels = np.zeros((8, 8, 3))
    pixels[1:7, 1:7] = 90
    assert (Preprocessing(size=(6, 6), crop_fraction=0.75).crop(encoded(pixels)) == 90).all()


@pytest.mark.parametrize("size", [(640, 480), (3, 3), (333, 1000), (48, 36)])
def test_the_crop_is_that_of_the_usual_pipeline(size: tuple[int, int]) -> None:
    """Resize the shorter side to floor(32 / 0.875) = 36, the longer in proportion, keep 32 × 32."""
    content = cast.png(size=size)
    short = min(size)
    resized = PillowImage.open(io.BytesIO(content)).resize(
        (36 * size[0] // short, 36 * size[1] // short), PillowImage.Resampling.BILINEAR
    )
    left, top = round((resized.width - 32) / 2), round((resized.height - 32) / 2)
    expected = np.asarray(resized.crop((left, top, left + 32, top + 32))).astype(int)
    difference = np.abs(Preprocessing(size=(32, 32), crop_fraction=0.875).crop(content) - expected)
    assert difference.max() <= 1
    assert difference.mean() < 0.01


@pytest.mark.parametrize("resample", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(500, 375), (375, 500), (333, 500), (100, 70)])
def test_a_photograph_is_cropped_as_if_it_had_been_resized_whole(size: tuple[int, int], resample: Any) -> None:
    picture = photograph(3).resize(size)
    short = min(size)
    whole = picture.resize((256 * size[0] // short, 256 * size[1] // short), PillowImage.Resampling[resample.upper()])
    left, top = round((whole.width - 224) / 2), round((whole.height - 224) / 2)
    expected = np.asarray(whole.crop((left, top, left + 224, top + 224))).astype(int)
    chosen = Preprocessing(size=(224, 224), crop_fraction=0.875, resample=resample)
    difference = np.abs(chosen.crop(encoded(np.asarray(picture))) - expected)
    assert difference.max() <= 2
    assert difference.mean() < 0.25


def test_what_the_crop_leaves_out_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    resize = PillowImage.Image.resize
    monkeypatch.setattr(
        PillowImage.Image, "resize", lambda self, size, *rest: asked.append(size) or resize(self, size, *rest)
    )
    Preprocessing(size=(64, 64)).crop(encoded(np.zeros((20_000, 2, 3))))
    assert asked == [(64, 64)]


def test_the_orientation_in_the_file_is_followed() -> None:
    pixels = np.zeros((4, 4, 3))
    pixels[0] = 250
    turned = PillowImage.Exif()
    turned[0x0112] = 3  # upside down
    assert (Preprocessing(size=(4, 4)).crop(encoded(pixels, exif=turned))[3] == 250).all()


def test_whole_numbers_stay_whole_only_without_normalizing() -> None:
    assert Preprocessing(size=(4, 4), scale=1).keeps_whole_numbers
    assert not Preprocessing(size=(4, 4)).keeps_whole_numbers


def test_blue_comes_first_for_who_learned_it_so_and_means_are_in_that_order() -> None:
    chosen = Preprocessing(size=(1, 1), colour="BGR", scale=1, mean=(1, 2, 3))
    red = encoded(np.array([[[200, 100, 50]]]))
    np.testing.assert_array_equal(chosen.crop(red).ravel(), [200, 100, 50])
    np.testing.assert_array_equal(chosen.normalize(chosen.crop(red)).ravel(), [49, 98, 197])


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "FLAT"])
@pytest.mark.parametrize("colour", ["RGB", "BGR", "L"])
def test_the_way_back_from_an_input_is_exact(layout: str, colour: str) -> None:
    channels = 1 if colour == "L" else 3
    mean, std = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) if channels == 3 else ((0.1307,), (0.3081,))
    chosen = Preprocessing(size=(16, 48), layout=layout, colour=colour, mean=mean, std=std)  # type: ignore[arg-type]
    pixels = np.random.default_rng(0).integers(0, 256, (16, 48, channels), dtype=np.uint8)
    np.testing.assert_array_equal(chosen.denormalize(chosen.normalize(pixels)), pixels)
