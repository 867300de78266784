import numpy as np
import pytest
from PIL import Image

from annotation.stats.pictures.signatures import perceptual_hashes, pixel_distances
from annotation.stats.pictures.variants import CORNERS, CUT, VARIANTS, cropped, mirrored

SIDE = 640


@pytest.fixture
def pictures() -> list[Image.Image]:
    """Smooth ones, as photographs are."""
    rng = np.random.default_rng(0)
    coarse = [Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)) for _ in range(20)]
    return [image.resize((SIDE, SIDE), Image.Resampling.BICUBIC) for image in coarse]


def signatures(pictures: list[Image.Image]) -> np.ndarray:
    return np.array([np.asarray(picture.resize((32, 32), Image.Resampling.BOX)) for picture in pictures])


def test_mirroring_a_signature_is_mirroring_the_picture(pictures: list[Image.Image]) -> None:
    of_mirrored = signatures([picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in pictures])
    assert (mirrored(signatures(pictures)) == of_mirrored).all()


@pytest.mark.parametrize("name", CORNERS)
def test_cropping_a_signature_is_nearly_cropping_the_picture(pictures: list[Image.Image], name: str) -> None:
    above, left = (SIDE * CUT * share for share in CORNERS[name])
    box = tuple(round(edge) for edge in (left, above, left + SIDE * (1 - CUT), above + SIDE * (1 - CUT)))
    wanted = signatures([picture.crop(box) for picture in pictures])
    made = VARIANTS[f"cropped to {name}"](signatures(pictures))
    apart = pixel_distances(made, wanted)
    assert (apart < 0.02).all()
    assert (apart < pixel_distances(signatures(pictures), wanted) / 2).all()
    assert np.bitwise_count(perceptual_hashes(made) ^ perceptual_hashes(wanted)).max() <= 4


def test_a_part_that_is_the_whole_changes_nothing(pictures: list[Image.Image]) -> None:
    assert np.allclose(cropped(signatures(pictures), cut=0, above=0.3, left=0.7), signatures(pictures))


@pytest.mark.parametrize("share", [{"cut": 1.0}, {"cut": -0.1}, {"above": 1.5}, {"left": -1.0}])
def test_shares_out_of_range_are_refused(share: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(share))):
        cropped(np.zeros((1, 32, 32)), **{"cut": 0.1, "above": 0.0, "left": 0.0} | share)


@pytest.mark.parametrize("as_copy", VARIANTS.values(), ids=VARIANTS)
def test_signatures_of_another_shape_are_refused(as_copy: object) -> None:
    assert callable(as_copy)
    with pytest.raises(ValueError, match="give"):
        as_copy(np.zeros((2, 16, 16)))
