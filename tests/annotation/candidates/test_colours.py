"""The mean colour of every image is measured when it is taken in; of those from before, when it is needed."""

import io

import numpy as np
import pytest
from django.core.files.storage import storages
from PIL import Image as PillowImage

from annotation import candidates, imaging
from annotation.models import Image, Origin, Study
from annotation.sources.base import CandidateRecord
from annotation.storage import key_of
from tests import cast

pytestmark = pytest.mark.django_db


def photograph(seed: int, image_format: str = "JPEG", size: tuple[int, int] = (101, 67), mode: str = "RGB") -> bytes:
    """Clouds of colour that fill the range of values."""
    noise = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    picture = PillowImage.fromarray(noise).resize(size, PillowImage.Resampling.BICUBIC).convert(mode)
    picture.save(buffer, image_format)
    return buffer.getvalue()


def mean_of(content: bytes) -> list[float]:
    pixels = np.asarray(PillowImage.open(io.BytesIO(content)).convert("RGB"), dtype=float)
    means: list[float] = pixels.mean(axis=(0, 1)).tolist()
    return means


@pytest.fixture
def study() -> Study:
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    return study


def ingest(study: Study, *contents: bytes) -> None:
    records = [CandidateRecord(f"{n}", "n01", lambda content=content: content) for n, content in enumerate(contents)]
    report = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW)
    assert report.refusals == []


def measured() -> list[tuple[int | None, ...]]:
    return list(Image.objects.order_by("pk").values_list("mean_red", "mean_green", "mean_blue"))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_image_is_measured_as_it_is_taken_in(study: Study, image_format: str, mode: str) -> None:
    content = photograph(1, image_format, mode=mode)
    ingest(study, content)
    assert measured() == [pytest.approx(mean_of(content), abs=1)]


def test_the_extremes_are_within_the_range(study: Study) -> None:
    black, white = (io.BytesIO(), io.BytesIO())
    PillowImage.new("RGB", (9, 9), "black").save(black, "PNG")
    PillowImage.new("RGB", (9, 9), "white").save(white, "PNG")
    ingest(study, black.getvalue(), white.getvalue())
    assert sorted(Image.objects.values_list("mean_red", "mean_green", "mean_blue")) == [(0, 0, 0), (255, 255, 255)]


def test_an_example_is_measured_too(study: Study) -> None:
    image = candidates.take_image(content=photograph(2), name="a.jpg", now=cast.NOW)
    assert image.mean_red == pytest.approx(mean_of(photograph(2))[0], abs=1)


def test_images_from_before_are_measured_as_if_they_came_now(study: Study) -> None:
    ingest(study, *(photograph(seed) for seed in range(3)))
    before = measured()
    Image.objects.update(mean_red=None, mean_green=None, mean_blue=None)
    told: list[int] = []
    report = candidates.measure_missing(study=study, on_progress=lambda report: told.append(report.num_read))
    assert (report.num_wanted, report.num_done, report.num_unreadable, told) == (3, 3, 0, [3])
    assert measured() == before
    assert candidates.measure_missing(study=study).num_wanted == 0


def test_an_image_whose_file_is_lost_is_counted_and_the_others_are_measured(study: Study) -> None:
    ingest(study, photograph(1), photograph(2))
    Image.objects.update(mean_red=None)
    lost = Image.objects.earliest("pk")
    storages["default"].delete(key_of("images", lost.sha256))
    report = candidates.measure_missing(study=study)
    assert (report.num_done, report.num_unreadable) == (1, 1)
    assert list(candidates.unmeasured(study)) == [lost]


def test_an_import_measures_what_it_restores(study: Study) -> None:
    ingest(study, photograph(1))
    before = measured()
    Image.objects.update(mean_red=None)
    storages["default"].delete(key_of("images", Image.objects.get().sha256))
    ingest(study, photograph(1))
    assert measured() == before


def test_images_of_other_studies_are_left_alone(study: Study) -> None:
    ingest(study, photograph(1))
    Image.objects.update(mean_red=None)
    assert candidates.measure_missing(study=cast.study("another")).num_wanted == 0


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(imaging.RefusedImage):
        imaging.colour(b"GIF89a")
