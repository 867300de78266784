"""What is found for a class: which photos, in which order, with what is known of them, and with how many requests."""

from datetime import UTC, datetime

import pytest

from annotation.errors import UnreadableSource
from annotation.sources.base import CandidateRecord
from annotation.sources.flickr import ClassQuery
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import FakePhoto, FlickrServer


def test_a_photo_comes_with_all_that_is_known_of_it(server: FlickrServer) -> None:
    photo = FakePhoto(
        7243017850,
        "amphibious vehicle",
        owner="70023venus2009@N00",
        ownername="becca",
        licence=5,
        uploaded=datetime(2012, 5, 21, 10, 35, 4, tzinfo=UTC),
        taken=datetime.fromisoformat("2013-05-12 18:37:16"),
        width=2600,
        height=1950,
        has_original=False,
    )
    server.library.photos.append(photo)
    asked = ClassQuery("n02704792", "amphibian", ("amphibious vehicle",))
    _, record = given.source(server, asked)
    assert isinstance(record, CandidateRecord)
    assert record.source == f"{server.address}/65535/7243017850_ceff11e98e_k.jpg"
    assert (record.class_id, record.query, record.licence) == ("n02704792", "amphibious vehicle", "CC BY-SA 2.0")
    assert record.taken_at == datetime(2013, 5, 12, 18, 37, 16, tzinfo=UTC)
    assert record.uploaded_at == datetime(2012, 5, 21, 10, 35, 4, tzinfo=UTC)
    assert record.owner == "becca"
    assert record.page_url == "https://www.flickr.com/photos/70023venus2009@N00/7243017850"


def test_what_is_asked_for_reaches_flickr(server: FlickrServer) -> None:
    options = {
        "min_taken": "2012-07-11",
        "max_taken": "2014-07-11",
        "min_uploaded": "2012-07-12",
        "max_uploaded": "2014-07-13",
        "licences": [1, 4],
        "sort": "date-posted-asc",
        "per_query": 100,
        "safe_search": "restricted",
    }
    assert given.ids(given.source(server, **options)) == []
    [asked] = server.searches
    extras = asked.pop("extras").split(",")
    assert {"license", "owner_name", "date_taken", "date_upload", "o_dims", "url_o", "url_k", "url_m"} <= set(extras)
    assert asked == {
        "method": "flickr.photos.search",
        "format": "json",
        "nojsoncallback": "1",
        "text": "bow",
        "page": "1",
        "per_page": "100",
        "sort": "date-posted-asc",
        "license": "1,4",
        "safe_search": "3",
        "content_types": "0",
        "media": "photos",
        "min_upload_date": "1342051200",
        "max_upload_date": "1405295999",
        "min_taken_date": "2012-07-11 00:00:00",
        "max_taken_date": "2014-07-11 23:59:59",
    }


def test_only_photos_inside_the_windows_are_found(server: FlickrServer) -> None:
    """The first and the last second of them included."""
    for number, uploaded in enumerate(("2012-07-11T23:59:59", "2012-07-12T00:00:00", "2014-07-13T23:59:59"), 1):
        server.library.photos.append(FakePhoto(number, "bow", uploaded=datetime.fromisoformat(f"{uploaded}+00:00")))
    server.library.photos.append(FakePhoto(4, "bow", uploaded=datetime(2014, 7, 14, tzinfo=UTC)))
    source = given.source(server, min_uploaded="2012-07-12", max_uploaded="2014-07-13", sort="date-posted-asc")
    assert given.ids(source) == [2, 3]


def test_each_name_has_a_budget_of_its_own(server: FlickrServer) -> None:
    server.library.add(30, "bow", first=100)
    server.library.add(30, "longbow", first=200)
    found = given.ids(given.source(server, given.BOWS, per_query=10, sort="date-posted-asc"))
    assert found == [*range(100, 110), *range(200, 210)]
    assert [(asked["text"], asked["per_page"]) for asked in server.searches] == [("bow", "10"), ("longbow", "10")]


@pytest.mark.parametrize(("num_photos", "num_requests"), [(0, 1), (500, 1), (501, 2), (1200, 3)])
def test_no_page_is_asked_for_that_is_not_needed(server: FlickrServer, num_photos: int, num_requests: int) -> None:
    server.library.add(num_photos, "bow")
    assert len(given.ids(given.source(server, given.BOW, per_query=2000))) == num_photos
    assert [asked["page"] for asked in server.searches] == [str(page + 1) for page in range(num_requests)]


def test_the_next_page_is_asked_for_when_its_first_photo_is_wanted(server: FlickrServer) -> None:
    server.library.add(600, "bow")
    records = iter(given.source(server, per_query=600))
    for _ in range(500):
        next(records)
    assert len(server.searches) == 1
    next(records)
    assert len(server.searches) == 2


def test_a_photo_that_two_names_find_comes_once_with_the_first(server: FlickrServer) -> None:
    server.library.add(3, "bow longbow", first=100)
    server.library.add(2, "longbow", first=200)
    records = [
        record
        for record in given.source(server, given.BOWS, sort="date-posted-asc")
        if isinstance(record, CandidateRecord)
    ]
    assert sorted(zip(given.ids(records), [record.query for record in records], strict=True)) == [
        (100, "bow"),
        (101, "bow"),
        (102, "bow"),
        (200, "longbow"),
        (201, "longbow"),
    ]


def test_a_photo_that_two_classes_find_comes_for_both(server: FlickrServer) -> None:
    """Ingesting refuses it for the second, as it does from any other source."""
    server.library.add(1, "crane")
    classes = [ClassQuery("n1", "crane"), ClassQuery("n2", "crane")]
    assert [record.class_id for record in given.source(server, *classes) if isinstance(record, CandidateRecord)] == [
        "n1",
        "n2",
    ]


def test_pages_that_overlap_or_are_not_full_double_and_lose_nothing(server: FlickrServer) -> None:
    server.library.add(1400, "bow", first=1)
    server.library.not_shown = 7
    short = given.ids(given.source(server, given.BOW, per_query=1400))
    assert len(short) == len(set(short)) == 1400 - 3 * 7
    server.library.not_shown, server.library.overlap = 0, 20
    overlapping = given.ids(given.source(server, given.BOW, per_query=5000, **WIDE))
    assert len(overlapping) == len(set(overlapping)) >= 1400 - 20 * 2


WIDE = {"min_uploaded": "2004-01-01", "max_uploaded": "2026-01-01"}


def test_numbers_may_come_as_texts(server: FlickrServer) -> None:
    server.library.add(700, "bow", width=2048, height=1536)
    first = given.source(server, given.BOW, per_query=700)
    as_numbers = list(first)
    server.library.has_numbers_as_texts = True
    as_texts = list(first)
    assert [record.cursor for record in as_numbers] == [record.cursor for record in as_texts]
    assert [record.source for record in as_numbers] == [record.source for record in as_texts]
    assert len(as_texts) == 700


def test_names_in_any_script_are_kept_and_tricks_shown(server: FlickrServer) -> None:
    server.library.photos += [
        FakePhoto(1, "bow", title="قوس\u202e", ownername="فاطمة"),
        FakePhoto(2, "bow", title="弓", ownername="弓道家 🏹"),
        FakePhoto(3, "bow", ownername="evil\u202egpj.exe\x1b[2J\n"),
        FakePhoto(4, "bow", ownername="n" * 500),
        FakePhoto(5, "bow", ownername="  ", owner="5@N00"),
    ]
    records = {record.page_url[-1]: record for record in given.source(server) if isinstance(record, CandidateRecord)}
    owners = [records[number].owner for number in "12345"]
    assert owners[:2] == ["فاطمة", "弓道家 🏹"]
    assert owners[2] == "evil\\u202egpj.exe\\x1b[2J"
    assert owners[3:] == ["n" * 200, "5@N00"]


@pytest.mark.parametrize("name", ["قوس", "弓 道", "Gänse & Co = 100 %", "jack-o'-lantern"])
def test_a_name_in_any_script_reaches_flickr_as_it_is(server: FlickrServer, name: str) -> None:
    server.library.add(1, name)
    [record] = given.source(server, ClassQuery("n1", name))
    assert isinstance(record, CandidateRecord)
    assert record.query == name
    assert server.searches[0]["text"] == name


@pytest.mark.parametrize(
    ("changes", "taken_at"),
    [
        ({"taken": "2013-05-12 18:37:16"}, datetime(2013, 5, 12, 18, 37, 16, tzinfo=UTC)),
        ({"taken": "2013-05-01 00:00:00", "granularity": 4}, None),
        ({"is_taken_unknown": True}, None),
        ({"taken": "0000-00-00 00:00:00"}, None),
    ],
)
def test_a_date_that_nobody_knows_is_none(
    server: FlickrServer, changes: dict[str, object], taken_at: datetime | None
) -> None:
    for as_text in (False, True):
        server.library.photos = [FakePhoto(1, "bow", **changes)]  # type: ignore[arg-type]
        server.library.has_numbers_as_texts = as_text
        [record] = given.source(server)
        assert isinstance(record, CandidateRecord)
        assert record.taken_at == taken_at


def test_names_that_were_changed_meanwhile_are_searched_for_from_the_first(server: FlickrServer) -> None:
    server.library.add(3, "bow longbow", first=100)
    server.library.add(2, "crossbow", first=200)
    cursor = next(iter(given.source(server, given.BOWS, sort="date-posted-asc"))).cursor
    renamed = ClassQuery(given.BOW.class_id, "longbow", ("crossbow",))
    assert given.ids(given.source(server, renamed, sort="date-posted-asc").after(cursor)) == [101, 102, 200, 201]


def test_a_class_that_is_gone_meanwhile_is_told(server: FlickrServer) -> None:
    server.library.add(1, "bow")
    cursor = next(iter(given.source(server))).cursor
    with pytest.raises(UnreadableSource, match="class n1, which is not among the classes any more"):
        given.source(server, ClassQuery("n2", "crane")).after(cursor)
