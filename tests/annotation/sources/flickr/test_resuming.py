"""Who stops anywhere, as a process does that is killed, goes on behind the last photo that was kept."""

import json
from datetime import datetime

import pytest

from annotation.errors import UnreadableSource
from annotation.sources.flickr import ClassQuery
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import FakePhoto, FlickrServer, Library
from tests.fakes.flickr.library import EPOCH

CLASSES = [
    ClassQuery("n1", "beagle", ("basset",), ("dog",)),
    ClassQuery("n2", "nothing", ("nobody",)),
    ClassQuery("n3", "crane", ("heron",), ("bird",)),
]
OPTIONS = {"per_query": 12, "use_wider": True, "wanted_per_class": 20, "sort": "date-posted-asc"}


def shelf() -> Library:
    """With photos that several searches find, and some that are refused."""
    library = Library()
    library.add(9, "beagle basset dog", first=100)
    library.add(6, "basset", first=200)
    library.add(15, "beagle dog", first=300)
    library.add(8, "crane heron", first=400)
    library.add(4, "crane", first=500, has_original=False, has_sizes=False)
    library.add(20, "heron bird", first=600)
    return library


def test_at_every_photo_the_rest_comes_in_the_same_order_and_no_earlier_page_is_asked_for(
    server: FlickrServer,
) -> None:
    """The records are the same to the letter, so that it can be left at any of them once more."""
    server.library = shelf()
    source = given.source(server, *CLASSES, **OPTIONS)
    records, searches = [], []
    for record in source:
        records.append(record)
        searches.append(len(server.searches))
    asked = list(server.searches)
    assert len(records) > 40
    assert given.refusals(records)
    for position, record in enumerate(records):
        server.searches.clear()
        rest = list(source.after(record.cursor))
        assert [each.cursor for each in rest] == [each.cursor for each in records[position + 1 :]]
        assert [each.source for each in rest] == [each.source for each in records[position + 1 :]]
        begun = searches[position]  # the page the photo was on comes again, unless the class has enough by then
        assert server.searches in (asked[begun - 1 :], asked[begun:])


def test_an_empty_cursor_is_the_beginning(server: FlickrServer) -> None:
    server.library = shelf()
    source = given.source(server, *CLASSES, **OPTIONS)
    assert [record.cursor for record in source.after("")] == [record.cursor for record in source]


def test_stopping_at_each_page_of_a_long_search_asks_for_each_page_at_most_twice(server: FlickrServer) -> None:
    server.library.add(1300, "bow", first=1)
    source = given.source(server, given.BOW, per_query=1300, sort="date-posted-asc")
    found, cursor = [], ""
    while True:
        chunk = [record for _, record in zip(range(100), source.after(cursor), strict=False)]
        if not chunk:
            break
        found += given.ids(chunk)
        cursor = chunk[-1].cursor
    assert found == list(range(1, 1301))
    pages = [int(asked["page"]) for asked in server.searches]
    assert pages == sorted(pages), "an earlier page was asked for"


def test_photos_that_are_removed_from_the_page_meanwhile_take_no_other_with_them(server: FlickrServer) -> None:
    """Those behind move forward on the page, also to before the photo where it was left."""
    photos = server.library.add(60, "bow", first=1)
    source = given.source(server, given.BOW, per_query=60, sort="date-posted-asc")
    records = [record for _, record in zip(range(30), source, strict=False)]
    server.library.remove(*photos[10:30])
    assert given.ids(source.after(records[-1].cursor)) == list(range(31, 61))


def test_photos_that_are_new_meanwhile_double_no_other(server: FlickrServer) -> None:
    """Newest first, they push those behind to the next page."""
    server.library.add(700, "bow", first=1)
    source = given.source(server, given.BOW, per_query=700, sort="date-posted-desc")
    records = [record for _, record in zip(range(400), source, strict=False)]
    server.library.add(50, "bow", first=5000, begun=datetime.fromisoformat("2013-06-01T00:00:00+00:00"))
    found = given.ids([*records, *source.after(records[-1].cursor)])
    assert len(found) == len(set(found))
    assert set(range(700, 100, -1)) <= set(found)


def test_what_removing_between_two_pages_can_lose_is_no_more_than_was_removed(server: FlickrServer) -> None:
    """They slip to the page before, which is not asked for again."""
    photos = server.library.add(900, "bow", first=1)
    found = []
    for record in given.source(server, given.BOW, per_query=900, sort="date-posted-asc"):
        found += given.ids([record])
        if len(found) == 500:
            server.library.remove(*photos[100:103])
    assert sorted(set(range(1, 901)) - set(found)) == [501, 502, 503]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("changes", [{"page": 0}, {"page": "1"}, {"here": [1.5]}, {"windows": []}, {"seen": "?"}])
def test_a_cursor_that_is_none_is_refused(server: FlickrServer, changes: dict[str, object]) -> None:
    server.library.photos.append(FakePhoto(1, "bow", uploaded=EPOCH))
    source = given.source(server)
    told = json.loads(next(iter(source)).cursor)
    assert list(source.after(json.dumps(told))) == []
    for wrong in (json.dumps(told | changes), "{}", "[]", "7", "{", "null", json.dumps(told | {"more": 1})):
        with pytest.raises(UnreadableSource, match="can't be read; collect again from the beginning"):
            source.after(wrong)


def test_a_cursor_stays_small(server: FlickrServer) -> None:
    """Six characters for a photo before the page, and twelve for one of the page itself."""
    server.library.add(3000, "bow", seconds=7)
    sizes = [len(record.cursor) for record in given.source(server, given.BOW, per_query=3000)]
    assert max(sizes) < 2500 * 6 + 500 * 12 + 500
