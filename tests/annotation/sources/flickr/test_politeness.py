"""How often Flickr is asked, and how Twinset waits when it says that this is too often, or says nothing."""

import ssl
from typing import Any

import pytest
from django.core.cache import cache
from redis import RedisError
from urllib3.exceptions import SSLError

from annotation.errors import SourceBusy, UnreadableSource
from annotation.sources.flickr.failures import of_connection, retry_after
from tests.annotation.sources.flickr import given
from tests.annotation.sources.flickr.given import Clock
from tests.fakes.flickr import Fault, FlickrServer
from tests.fakes.flickr.server import Limit

PASSING = [
    Fault.THROTTLED,
    Fault.THROTTLED_BRIEFLY,
    Fault.TROUBLE,
    Fault.UNAVAILABLE,
    Fault.SEARCH_OFF,
    Fault.OUT_OF_ORDER,
    Fault.RESET,
    Fault.CUT,
    Fault.COMPRESSED,
    Fault.NO_JSON,
    Fault.OTHER_SHAPE,
]
BUSY = [Fault.THROTTLED, Fault.TROUBLE, Fault.SEARCH_OFF, Fault.OUT_OF_ORDER, Fault.RESET, Fault.CUT]
STRANGE = [Fault.COMPRESSED, Fault.NO_JSON, Fault.OTHER_SHAPE]


def test_requests_are_spread_evenly_over_the_hour(server: FlickrServer, clock: Clock) -> None:
    server.library.add(2000, "bow")
    begun = clock.now
    assert len(given.ids(given.source(server, given.BOW, clock=clock, per_hour=1800, per_query=2000))) == 2000
    assert clock.sleeps == [2.0, 2.0, 2.0]
    assert clock.now - begun == 6


def test_who_was_busy_with_the_photos_meanwhile_does_not_wait_again(server: FlickrServer, clock: Clock) -> None:
    server.library.add(1000, "bow")
    for _ in given.source(server, given.BOW, clock=clock, per_query=1000):
        clock.now += 0.1
    assert clock.sleeps == []


def test_time_that_was_not_used_is_not_made_up_for_by_haste(server: FlickrServer, clock: Clock) -> None:
    server.library.add(1500, "bow")
    records = iter(given.source(server, given.BOW, clock=clock, per_query=1500))
    next(records)
    clock.now += 3600
    assert len(given.ids(records)) == 1499
    assert clock.sleeps == [1.0]


def test_all_who_ask_with_one_key_share_its_hour(server: FlickrServer, clock: Clock) -> None:
    """Turns of the queue as well, each of which begins anew."""
    server.library.add(5, "bow")
    for _ in range(4):
        assert len(given.ids(given.source(server, given.BOW, clock=clock, per_hour=900))) == 5
    assert clock.sleeps == [4.0, 4.0, 4.0]


def test_who_can_not_know_how_often_was_asked_does_not_ask(
    server: FlickrServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **options: Any) -> bool:
        raise RedisError("away")

    monkeypatch.setattr(type(cache), "__getattr__", lambda self, name: away)
    with pytest.raises(SourceBusy, match="Redis does not answer"):
        list(given.source(server, given.BOW, clock=clock))
    assert server.searches == []


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_by_itself_is_waited_for_and_nothing_lost(server: FlickrServer, clock: Clock, fault: Fault) -> None:
    server.library.add(700, "bow")
    server.faults.plan("search", fault, fault)
    assert len(given.ids(given.source(server, given.BOW, clock=clock, per_query=700))) == 700
    assert [asked["page"] for asked in server.searches] == ["1", "1", "1", "2"]
    if fault == Fault.THROTTLED_BRIEFLY:
        assert clock.pauses == [7, 7]
    elif fault == Fault.UNAVAILABLE:
        assert clock.pauses == [pytest.approx(9, abs=1.5)] * 2
    else:
        assert clock.pauses == [2, 8]


@pytest.mark.parametrize("fault", BUSY)
def test_what_does_not_pass_makes_the_collection_come_back_later(
    server: FlickrServer, clock: Clock, fault: Fault
) -> None:
    server.library.add(5, "bow")
    server.faults.plan("search", *[fault] * 4)
    with pytest.raises(SourceBusy, match="What was found so far is kept") as caught:
        list(given.source(server, given.BOW, clock=clock))
    assert caught.value.seconds == 300
    assert len(server.searches) == 4
    assert clock.pauses == [2, 8, 30]


def test_who_asks_for_a_long_pause_gets_it_at_once(server: FlickrServer, clock: Clock) -> None:
    server.library.add(700, "bow")
    records = iter(given.source(server, given.BOW, clock=clock, per_query=700))
    kept = [next(records) for _ in range(500)]
    server.faults.plan("search", Fault.THROTTLED_FOR_LONG)
    with pytest.raises(SourceBusy, match="asks to come again later") as caught:
        next(records)
    assert caught.value.seconds == 900
    assert clock.pauses == []
    later = given.source(server, given.BOW, clock=clock, per_query=700).after(kept[-1].cursor)
    assert len(given.ids([*kept, *later])) == 700


def test_a_server_that_throttles_is_satisfied_by_the_pause_it_asks_for(server: FlickrServer, clock: Clock) -> None:
    """Three searches in ten seconds, by a clock that both go by."""
    server.library.add(3000, "bow")
    server.limit, server.clock = Limit(searches=3, seconds=10), clock
    found = given.ids(given.source(server, given.BOW, clock=clock, per_hour=3_600_000, per_query=3000))
    assert len(found) == 3000
    assert [asked["page"] for asked in server.searches] == ["1", "2", "3", "4", "4", "5", "6"]
    assert clock.pauses == [10]


@pytest.mark.parametrize("fault", STRANGE)
def test_an_answer_that_stays_strange_ends_the_collection_with_a_sentence(
    server: FlickrServer, clock: Clock, fault: Fault
) -> None:
    server.faults.plan("search", *[fault] * 4)
    with pytest.raises(UnreadableSource, match="Flickr answers otherwise than documented: "):
        list(given.source(server, given.BOW, clock=clock))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault.KEY_REFUSED, "Flickr does not accept the key: the operator sets FLICKR_API_KEY to one that is valid."),
        (Fault.FORBIDDEN, "does not let Twinset in"),
        (Fault.ELSEWHERE, "FLICKR_ENDPOINT answers with status 307, which leads elsewhere: not followed."),
        (Fault.MISSING, "Flickr refuses with status 404: the operator looks at FLICKR_ENDPOINT."),
        (Fault.OTHER_CODE, r'refuses the search with code 112: Method "flickr.photos.search" not found … \\u202e'),
    ],
)
def test_what_can_not_pass_by_itself_is_not_tried_again(
    server: FlickrServer, clock: Clock, fault: Fault, sentence: str
) -> None:
    server.faults.plan("search", fault)
    with pytest.raises(UnreadableSource, match=sentence) as caught:
        list(given.source(server, given.BOW, clock=clock))
    assert str(caught.value).isprintable()
    assert len(server.searches) == 1
    assert clock.pauses == []


def test_a_server_that_says_nothing_is_not_waited_for_without_end(server: FlickrServer, clock: Clock) -> None:
    server.faults.plan("search", *[Fault.SILENT] * 4)
    with pytest.raises(SourceBusy, match="does not answer in time"):
        list(given.source(server, given.BOW, clock=clock, read_seconds=0.2))
    assert len(server.searches) == 4


def test_an_answer_without_end_is_broken_off(server: FlickrServer, clock: Clock) -> None:
    server.faults.plan("search", *[Fault.ENDLESS] * 4)
    with pytest.raises(UnreadableSource, match="too large"):
        list(given.source(server, given.BOW, clock=clock))


def test_an_answer_that_comes_in_drops_is_broken_off(server: FlickrServer, clock: Clock) -> None:
    """By the clock of whoever reads, which passes ten seconds with each piece here."""
    server.faults.plan("search", *[Fault.ENDLESS] * 4)
    ticking = Clock()

    def tick() -> float:
        ticking.now += 10
        return ticking.now

    source = given.source(server, given.BOW, clock=clock)
    source._client._clock = tick
    with pytest.raises(SourceBusy, match="does not answer in time"):
        list(source)


def test_nobody_listening_is_busy_too(clock: Clock) -> None:
    with FlickrServer() as server:
        source = given.source(server, given.BOW, clock=clock)
    with pytest.raises(SourceBusy, match="can't be reached"):
        list(source)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "99999999"}, 24 * 3600),
        ({"retry-after": "Mon, 30 Nov 2026 12:00:09 GMT", "date": "Mon, 30 Nov 2026 12:00:00 GMT"}, 9),
        ({"retry-after": "Mon, 30 Nov 2026 11:00:00 GMT", "date": "Mon, 30 Nov 2026 12:00:00 GMT"}, 0),
        ({"retry-after": "Mon, 30 Nov 2026 12:00:09 GMT"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_as_it_is_said(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_who_can_not_prove_to_be_flickr_is_told_nothing_more() -> None:
    error = SSLError(ssl.SSLCertVerificationError("self-signed certificate"))
    outcome = of_connection(error)
    assert isinstance(outcome, UnreadableSource)
    assert "does not prove to be it" in str(outcome)
