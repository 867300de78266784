"""Wider words are searched for only where the names of a class find too little, and only until there is enough."""

from datetime import UTC, datetime

from annotation.sources.flickr import ClassQuery
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import FlickrServer

BEAGLE = ClassQuery("n1", "beagle", ("basset",), ("dog",))
NARROW = ["beagle", "basset"]


def texts(server: FlickrServer) -> list[str]:
    return [asked["text"] for asked in server.searches]


def test_a_class_that_has_enough_is_not_searched_for_in_wider_words(server: FlickrServer) -> None:
    server.library.add(10, "beagle dog")
    found = given.ids(given.source(server, BEAGLE, use_wider=True, wanted_per_class=10))
    assert len(found) == 10
    assert texts(server) == NARROW


def test_all_names_are_searched_for_even_when_the_first_finds_enough(server: FlickrServer) -> None:
    server.library.add(10, "beagle", first=100)
    server.library.add(10, "basset", first=200)
    assert len(given.ids(given.source(server, BEAGLE, use_wider=True, wanted_per_class=5))) == 20


def test_a_class_that_runs_short_is_searched_for_in_wider_words_until_it_has_enough(server: FlickrServer) -> None:
    """Here the wider search finds what the budget of the narrow one cut off."""
    server.library.add(40, "beagle", first=100)
    server.library.add(40, "beagle dog", first=300, begun=datetime(2014, 1, 1, tzinfo=UTC))
    options = {"use_wider": True, "wanted_per_class": 35, "per_query": 30, "sort": "date-posted-asc"}
    found = given.ids(given.source(server, BEAGLE, **options))
    assert found == [*range(100, 130), *range(300, 305)]
    assert texts(server) == [*NARROW, "beagle dog"]


def test_nothing_wider_is_searched_for_unless_it_is_asked_for(server: FlickrServer) -> None:
    assert given.ids(given.source(server, BEAGLE, wanted_per_class=100)) == []
    assert texts(server) == NARROW


def test_no_search_is_made_twice_for_a_class(server: FlickrServer) -> None:
    asked = ClassQuery("n1", "ice cream", ("icecream", "Ice-Cream", "sheepdog"), ("dog", "sheepdog", "cream"))
    list(given.source(server, asked, use_wider=True, wanted_per_class=100))
    folded = [text.casefold().replace("-", " ") for text in texts(server)]
    assert len(folded) == len(set(folded)) > 4


def test_each_class_counts_its_own(server: FlickrServer) -> None:
    server.library.add(5, "beagle", first=100)
    server.library.add(1, "crane", first=200)
    server.library.add(1, "crane bird", first=300)
    classes = [ClassQuery("n1", "beagle", (), ("dog",)), ClassQuery("n2", "crane", (), ("bird",))]
    options = {"use_wider": True, "wanted_per_class": 2, "per_query": 2}
    given.ids(given.source(server, *classes, **options))
    assert texts(server) == ["beagle", "crane"]
    server.searches.clear()
    given.ids(given.source(server, *classes, **options | {"wanted_per_class": 3}))
    assert texts(server) == ["beagle", "beagle dog", "crane", "crane bird"]
