"""Which picture of a photo is taken, and what its server may do instead of handing it out."""

import io
import math

import pytest
from PIL import Image

from annotation.errors import RefusedImage, SourceBusy, UnsafePath
from annotation.sources.base import CandidateRecord
from annotation.sources.flickr.photos import Photo, Rendition
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import FakePhoto, Fault, FlickrServer

LARGE = {"width": 2600, "height": 1950}


def found(server: FlickrServer, photo: FakePhoto, **options: object) -> CandidateRecord:
    server.library.photos = [photo]
    [record] = given.source(server, **options)
    assert isinstance(record, CandidateRecord)
    return record


def name(record: CandidateRecord) -> str:
    return record.source.rpartition("/")[2]


@pytest.mark.parametrize(
    ("photo", "max_side", "expected"),
    [
        (FakePhoto(1, "bow", **LARGE), None, "1_0eff11e98e_o.jpg"),
        (FakePhoto(1, "bow", **LARGE, has_original=False), None, "1_ceff11e98e_k.jpg"),
        (FakePhoto(1, "bow", **LARGE), 2048, "1_ceff11e98e_k.jpg"),
        (FakePhoto(1, "bow", **LARGE), 2047, "1_ceff11e98e_h.jpg"),
        (FakePhoto(1, "bow", **LARGE), 600, "1_ceff11e98e.jpg"),
        (FakePhoto(1, "bow", width=640, height=480), 640, "1_0eff11e98e_o.jpg"),
        (FakePhoto(1, "bow", width=640, height=480, has_sizes=False), 100, "1_0eff11e98e_o.jpg"),
        (FakePhoto(1, "bow", **LARGE), 100, "1_ceff11e98e_n.jpg"),
        (FakePhoto(1, "bow", width=6000, height=9000), None, "1_ceff11e98e_6k.jpg"),
        (FakePhoto(1, "bow", **LARGE, licence=0), None, "1_ceff11e98e_k.jpg"),
    ],
)
def test_the_largest_is_taken_that_is_there_and_allowed(
    server: FlickrServer, photo: FakePhoto, max_side: int | None, expected: str
) -> None:
    """No original of a photo whose rights are reserved, and none that is too large to be taken here."""
    assert name(found(server, photo, max_side=max_side, licences=[0, 4])) == expected


def test_a_size_without_measures_counts_as_what_its_letter_says() -> None:
    sizes = [Rendition(letter, None, None, False, side) for letter, side in (("k", 2048.0), ("z", 640.0))]
    original = Rendition("o", None, None, True, math.inf)
    photo = Photo("1", "1@N00", "becca", 4, None, None, True, (*sizes, original))
    assert [photo.rendition(side).url for side in (None, 2048, 1000, 10)] == ["o", "k", "z", "z"]  # type: ignore[union-attr]


def test_the_picture_is_read_from_its_server(pictures: FlickrServer) -> None:
    record = found(pictures, FakePhoto(7, "bow", width=1600, height=1200, has_original=False))
    assert record.read is not None
    with Image.open(io.BytesIO(record.read())) as image:
        assert image.size == (1600, 1200)
    assert pictures.pictures == ["7_ceff11e98e_h.jpg"]


def test_no_picture_is_read_before_it_is_wanted(pictures: FlickrServer) -> None:
    pictures.library.add(50, "bow")
    assert len(given.ids(given.source(pictures))) == 50
    assert pictures.pictures == []


def test_the_picture_that_stands_in_for_a_removed_one_is_refused(pictures: FlickrServer) -> None:
    """It is a good picture, but of no photo: hundreds of candidates would be the same grey sign."""
    record = found(pictures, FakePhoto(7, "bow", is_removed=True))
    assert record.read is not None
    with pytest.raises(RefusedImage, match="leads on to another file, as that of a removed picture does"):
        record.read()


def test_what_comes_from_another_place_under_the_same_name_is_taken(pictures: FlickrServer) -> None:
    record = found(pictures, FakePhoto(7, "bow"))
    pictures.moved_to = "/elsewhere"
    assert record.read is not None
    assert record.read()[:3] == b"\xff\xd8\xff"
    assert pictures.addresses[-1] == f"/elsewhere/{name(record)}"


@pytest.mark.parametrize("fault", [Fault.MISSING, Fault.FORBIDDEN, Fault.COMPRESSED])
def test_a_picture_that_is_not_handed_out_is_refused(pictures: FlickrServer, fault: Fault) -> None:
    record = found(pictures, FakePhoto(7, "bow"))
    pictures.faults.plan("picture", fault)
    assert record.read is not None
    with pytest.raises(RefusedImage):
        record.read()


def test_a_picture_that_breaks_off_once_is_read_again(pictures: FlickrServer) -> None:
    record = found(pictures, FakePhoto(7, "bow"))
    pictures.faults.plan("picture", Fault.CUT)
    assert record.read is not None
    assert len(record.read()) > 1000
    assert len(pictures.pictures) == 2


def test_a_server_that_throttles_pictures_is_left_alone(pictures: FlickrServer) -> None:
    record = found(pictures, FakePhoto(7, "bow"))
    pictures.faults.plan("picture", Fault.THROTTLED_FOR_LONG)
    assert record.read is not None
    with pytest.raises(SourceBusy) as caught:
        record.read()
    assert caught.value.seconds == 900


def test_flickr_leads_into_no_private_network(server: FlickrServer) -> None:
    """Unlike in the other tests, nobody has allowed this machine."""
    record = found(server, FakePhoto(7, "bow"))
    assert record.read is not None
    with pytest.raises(UnsafePath):
        record.read()
    assert server.pictures == []
