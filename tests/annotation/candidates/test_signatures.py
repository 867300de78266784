"""Every image is signed when it is taken in; those from before are signed when they are needed."""

import io

import numpy as np
import pytest
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from PIL import Image as PillowImage

from annotation import candidates, imaging
from annotation.errors import RefusedImage
from annotation.models import Image, ImageSignature, Origin, Study
from annotation.sources.base import CandidateRecord
from annotation.stats.pictures import signatures
from annotation.storage import key_of
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    return study


def ingest(study: Study, *contents: bytes) -> None:
    records = [
        CandidateRecord(f"{n}.png", "n01", lambda content=content: content) for n, content in enumerate(contents)
    ]
    candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW)


def photograph(size: tuple[int, int] = (500, 375), image_format: str = "JPEG") -> bytes:
    """Clouds of colour, smooth as photographs are."""
    noise = np.random.default_rng(3).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    PillowImage.fromarray(noise).resize(size, PillowImage.Resampling.BICUBIC).save(buffer, image_format)
    return buffer.getvalue()


def hash_of(grey: bytes) -> int:
    return int(signatures.perceptual_hashes(candidates.unpacked([grey]))[0])


def test_an_image_is_signed_as_it_is_taken_in(study: Study) -> None:
    ingest(study, cast.png())
    row = ImageSignature.objects.get()
    assert bytes(row.grey) == imaging.read(cast.png()).grey
    assert row.hash % 2**64 == hash_of(bytes(row.grey))


def test_an_example_is_signed_too(study: Study) -> None:
    image = candidates.take_image(content=cast.png(5), name="a.png", now=cast.NOW)
    assert ImageSignature.objects.get().image == image


def test_images_from_before_are_signed_as_if_they_came_now(study: Study) -> None:
    ingest(study, *(cast.png(seed) for seed in range(3)))
    before = list(ImageSignature.objects.values_list())
    ImageSignature.objects.all().delete()
    report = candidates.sign_missing(study=study)
    assert (report.num_wanted, report.num_done, report.num_unreadable) == (3, 3, 0)
    assert list(ImageSignature.objects.values_list()) == before
    assert candidates.sign_missing(study=study).num_wanted == 0


def test_an_image_whose_file_is_lost_is_counted_and_the_others_are_signed(study: Study) -> None:
    ingest(study, cast.png(1), cast.png(2))
    ImageSignature.objects.all().delete()
    lost = Image.objects.earliest("pk")
    storages["default"].delete(key_of("images", lost.sha256))
    report = candidates.sign_missing(study=study)
    assert (report.num_done, report.num_unreadable) == (1, 1)
    assert list(candidates.unsigned(study)) == [lost]


def test_images_of_other_studies_are_left_alone(study: Study) -> None:
    ingest(study, cast.png())
    ImageSignature.objects.all().delete()
    assert candidates.sign_missing(study=cast.study("another")).num_wanted == 0


def test_a_signature_of_another_size_is_refused_by_the_database(study: Study) -> None:
    image = cast.candidate(study.target_classes.get()).image
    with pytest.raises(IntegrityError, match="1024"), transaction.atomic():
        ImageSignature.objects.create(image=image, hash=0, grey=b"short")


@pytest.mark.parametrize("size", [(500, 375), (4000, 3000), (20, 15)])
def test_a_jpeg_decoded_small_has_nearly_the_same_signature(size: tuple[int, int]) -> None:
    content = photograph(size)
    whole, small = imaging.read(content).grey, imaging.grey(content)
    assert (hash_of(whole) ^ hash_of(small)).bit_count() <= 4
    apart = signatures.pixel_distances(candidates.unpacked([whole]), candidates.unpacked([small]))
    assert apart[0] < 0.02


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "BMP"])
def test_other_formats_have_exactly_the_same_signature(image_format: str) -> None:
    content = photograph((120, 90), image_format)
    assert imaging.grey(content) == imaging.read(content).grey


def test_a_signature_is_of_the_upright_picture() -> None:
    stored = PillowImage.open(io.BytesIO(photograph()))
    notes = PillowImage.Exif()
    notes[0x0112] = 6
    buffer = io.BytesIO()
    stored.save(buffer, "JPEG", exif=notes, quality=95)
    turned = io.BytesIO()
    stored.transpose(PillowImage.Transpose.ROTATE_270).save(turned, "JPEG", quality=95)
    assert (hash_of(imaging.grey(buffer.getvalue())) ^ hash_of(imaging.grey(turned.getvalue()))).bit_count() <= 2


@pytest.mark.parametrize("content", [b"", b"GIF89a", photograph()[:2000], b"\xff\xd8\xff" + b"\0" * 100])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(RefusedImage):
        imaging.grey(content)
