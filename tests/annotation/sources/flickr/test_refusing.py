"""What Flickr lists and can't be taken is refused with a line that says why; the rest is taken."""

import pytest

from annotation.sources.base import RefusedRecord
from annotation.sources.flickr import ClassQuery
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import FakePhoto, Fault, FlickrServer, Library


class Careless(Library):
    """Which lists also what was not asked for, as an index does that is behind its photos."""

    def search(self, asked, address):  # type: ignore[no-untyped-def]
        kept = {name: value for name, value in asked.items() if name not in ("license", "media")}
        return super().search(kept, address)


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (FakePhoto(2, "bow", licence=0), "gives as its licence 'All rights reserved', which was not asked for"),
        (FakePhoto(2, "bow", licence=12), "a licence that Twinset does not know"),
        (FakePhoto(2, "bow", media="video"), "It is a film and no photo."),
        (FakePhoto(2, "bow", has_sizes=False, has_original=False), "offers no picture of it"),
        (FakePhoto(2, "bow", has_sizes=False, width=9000, height=6000), "offers no picture of it"),
    ],
)
def test_it_is_refused_and_the_rest_taken(server: FlickrServer, photo: FakePhoto, reason: str) -> None:
    server.library = Careless([FakePhoto(1, "bow"), photo, FakePhoto(3, "bow")])
    records = list(given.source(server, given.BOW, sort="date-posted-asc"))
    assert given.ids(records) == [1, 3]
    [refused] = [record for record in records if isinstance(record, RefusedRecord)]
    assert reason in refused.reason
    assert refused.source == f"https://www.flickr.com/photos/{photo.owner}/2"
    assert refused.cursor


def test_screenshots_and_what_is_not_safe_are_not_asked_for(server: FlickrServer) -> None:
    server.library.photos += [FakePhoto(1, "bow", content_type=1), FakePhoto(2, "bow", safety=3), FakePhoto(3, "bow")]
    assert given.ids(given.source(server)) == [3]


def test_words_that_flickr_does_not_search_for_cost_no_other_name(server: FlickrServer) -> None:
    server.library.add(2, "longbow", first=200)
    server.faults.plan("search", Fault.BARRED_ADDRESS)
    records = list(given.source(server, given.BOWS, sort="date-posted-asc"))
    assert given.refusals(records) == [
        "Flickr does not search for it, as it holds an address that Flickr bars (code 116)."
    ]
    assert records[0].source == "Flickr: bow"
    assert given.ids(records) == [200, 201]


def test_a_search_that_was_refused_is_not_tried_again_when_going_on(server: FlickrServer) -> None:
    server.library.add(2, "longbow", first=200)
    server.faults.plan("search", Fault.BARRED_ADDRESS)
    [refused] = [record for record in given.source(server, given.BOWS) if isinstance(record, RefusedRecord)]
    server.searches.clear()
    records = list(given.source(server, given.BOWS, sort="date-posted-asc").after(refused.cursor))
    assert given.ids(records) == [200, 201]
    assert [asked["text"] for asked in server.searches] == ["longbow"]


def test_a_search_that_finds_nothing_is_told_and_not_made_again_when_going_on(server: FlickrServer) -> None:
    """So that whoever stops behind a hundred of them need not make them all again."""
    server.library.add(2, "bow longbow", first=100)
    server.library.add(1, "arrow", first=200)
    asked = ClassQuery("n1", "crossbow", ("bow", "longbow", "arrow"))
    records = list(given.source(server, asked, sort="date-posted-asc"))
    assert given.ids(records) == [100, 101, 200]
    fruitless = [record for record in records if isinstance(record, RefusedRecord)]
    assert [record.source for record in fruitless] == ["Flickr: crossbow", "Flickr: longbow"]
    assert {record.reason for record in fruitless} == {
        "The search finds no photo that the searches before it had not found."
    }
    server.searches.clear()
    assert given.ids(given.source(server, asked).after(fruitless[-1].cursor)) == [200]
    assert [asked["text"] for asked in server.searches] == ["arrow"]


def test_a_name_that_is_too_long_for_a_search_is_told(server: FlickrServer) -> None:
    server.library.add(1, "bow")
    records = list(given.source(server, ClassQuery("n1", "b" * 201, ("bow",))))
    assert given.refusals(records) == ["It has more than 200 characters; give the class a shorter name."]
    assert len(given.ids(records)) == 1
    assert [asked["text"] for asked in server.searches] == ["bow"]
