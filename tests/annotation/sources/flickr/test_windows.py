"""Flickr shows the first 4,000 results of a search; for more of them the time of the upload is divided."""

from datetime import UTC, datetime

import pytest

from annotation.sources.flickr import options, searching
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import FlickrServer

YEARS = {"min_uploaded": "2012-01-01", "max_uploaded": "2014-12-31"}
NEXT_YEAR = datetime(2014, 6, 1, tzinfo=UTC)


@pytest.fixture
def small(server: FlickrServer, monkeypatch: pytest.MonkeyPatch) -> FlickrServer:
    """A Flickr that shows 400 results in pages of 50, so that there need not be thousands."""
    monkeypatch.setattr(options, "AT_ONCE", 400)
    monkeypatch.setattr(searching, "AT_ONCE", 400)
    monkeypatch.setattr(searching, "MOST_PER_PAGE", 50)
    server.library.limit = 400
    return server


def test_behind_the_limit_flickr_itself_gives_the_same_page_again_and_again(server: FlickrServer) -> None:
    server.library.add(4600, "bow")
    pages = [
        server.library.search({"text": "bow", "per_page": "500", "page": str(page)}, "")["photo"]
        for page in range(6, 12)
    ]
    assert pages[2] != pages[1]
    assert all(page == pages[2] for page in pages[3:])
    assert server.library.search({"text": "bow", "per_page": "500"}, "")["pages"] == 10


def test_all_of_more_than_4000_photos_are_found_once_and_in_order(server: FlickrServer) -> None:
    server.library.add(4500, "bow", first=1)
    found = given.ids(given.source(server, per_query=5000, sort="date-posted-asc", **YEARS))
    assert found == list(range(1, 4501))


def test_a_budget_below_the_limit_is_never_divided(server: FlickrServer) -> None:
    server.library.add(4600, "bow", first=1)
    found = given.ids(given.source(server, per_query=4000, sort="date-posted-asc", **YEARS))
    assert found == list(range(1, 4001))
    assert len(server.searches) == 8
    assert len({(asked["min_upload_date"], asked["max_upload_date"]) for asked in server.searches}) == 1


def test_nothing_behind_the_limit_is_asked_for_where_time_can_not_be_divided(small: FlickrServer) -> None:
    """All uploaded in the same second."""
    small.library.add(460, "bow", first=1, seconds=0)
    day = {"min_uploaded": "2013-01-01", "max_uploaded": "2013-01-01"}
    found = given.ids(given.source(small, per_query=460, sort="date-posted-asc", **day))
    assert found == list(range(1, 401))
    assert max(int(asked["page"]) for asked in small.searches) == 8


def test_should_flickr_repeat_itself_earlier_it_is_not_asked_on(server: FlickrServer) -> None:
    server.library.add(3000, "bow", first=1)
    server.library.limit = 1000
    found = given.ids(given.source(server, per_query=3000, sort="date-posted-asc"))
    assert found == list(range(1, 1001))
    assert [asked["page"] for asked in server.searches] == ["1", "2", "3"]


@pytest.mark.parametrize("sort", ["date-posted-asc", "date-posted-desc", "relevance"])
def test_a_larger_budget_divides_the_time_until_all_can_be_seen(small: FlickrServer, sort: str) -> None:
    """Each photo once; by date of upload also in its order."""
    small.library.add(500, "bow", first=1)
    small.library.add(400, "bow", first=501, begun=NEXT_YEAR)
    found = given.ids(given.source(small, per_query=1000, sort=sort, **YEARS))
    assert sorted(found) == list(range(1, 901))
    if sort == "date-posted-asc":
        assert found == list(range(1, 901))
    if sort == "date-posted-desc":
        assert found == list(range(900, 0, -1))
    num_pages, num_divisions = 900 // 50, 20
    assert len(small.searches) <= num_pages + 2 * num_divisions
    asked = [tuple(sorted(each.items())) for each in small.searches]
    assert len(asked) == len(set(asked)), "the same page was asked for twice"


def test_a_larger_budget_ends_where_it_is_used_up(small: FlickrServer) -> None:
    small.library.add(900, "bow", first=1)
    found = given.ids(given.source(small, per_query=450, sort="date-posted-asc", **YEARS))
    assert found == list(range(1, 451))


@pytest.mark.parametrize("sort", ["date-posted-desc", "date-taken-asc"])
def test_at_every_photo_within_divided_time_the_rest_is_found(small: FlickrServer, sort: str) -> None:
    small.library.add(300, "bow", first=1)
    small.library.add(250, "bow", first=501, begun=NEXT_YEAR)
    source = given.source(small, per_query=520, sort=sort, **YEARS)
    records = list(source)
    assert len(records) == 520
    for position in range(0, 520, 7):
        small.searches.clear()
        rest = list(source.after(records[position].cursor))
        assert [record.cursor for record in rest] == [record.cursor for record in records[position + 1 :]]
        assert len(small.searches) <= 520 // 50 + 25
