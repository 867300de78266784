"""The key is in the body of the requests and nowhere else: in no message, traceback, log, cursor, record or address."""

import logging
import pickle
import traceback
from typing import Any

import pytest
from django.views.debug import ExceptionReporter

from annotation.access import Secret
from annotation.errors import CannotCollect, SourceBusy, UnreadableSource
from annotation.sources.base import RefusedRecord
from annotation.sources.flickr import ClassQuery, FlickrOptions, FlickrSource
from tests.annotation.sources.flickr import given
from tests.fakes.flickr import Fault, FlickrServer
from tests.fakes.flickr.server import KEY


def traces(error: BaseException) -> str:
    """All that a log, a debugger's page or an error tracker would keep of it: messages, and every frame's variables."""
    kept = ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]
    seen: BaseException | None = error
    while seen is not None:
        frame = seen.__traceback__
        while frame is not None:
            if "/tests/" not in frame.tb_frame.f_code.co_filename:
                kept += [f"{name}={value!r}" for name, value in frame.tb_frame.f_locals.items()]
            frame = frame.tb_next
        seen = seen.__cause__ or seen.__context__
    return "\n".join(kept)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in (Fault.BARRED_ADDRESS, Fault.SILENT)])
def test_no_failure_tells_the_key(server: FlickrServer, caplog: pytest.LogCaptureFixture, fault: Fault) -> None:
    """Also where Flickr repeats it in its answer."""
    caplog.set_level(logging.DEBUG)
    server.library.add(1, "bow")
    source = given.source(server)
    once = (Fault.THROTTLED_FOR_LONG, Fault.KEY_REFUSED, Fault.FORBIDDEN, Fault.ELSEWHERE, Fault.MISSING)
    server.faults.plan("search", *[fault] * (1 if fault in (*once, Fault.OTHER_CODE) else 4))
    with pytest.raises((SourceBusy, UnreadableSource)) as caught:
        list(source)
    assert KEY not in traces(caught.value)
    assert caplog.records, "not even the requests were logged, so nothing is shown by this"
    assert KEY not in caplog.text
    page = ExceptionReporter(None, type(caught.value), caught.value, caught.value.__traceback__)
    frames = [frame for frame in page.get_traceback_frames() if "/tests/" not in frame["filename"]]
    assert frames
    assert KEY not in repr(frames)


def test_a_collection_leaves_the_key_nowhere(server: FlickrServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.library.add(700, "bow", has_original=False)
    server.library.add(3, "longbow", first=1, has_sizes=False, has_original=False)
    server.faults.plan("search", Fault.BARRED_ADDRESS)
    records = list(given.source(server, ClassQuery("n1", "barred", ("bow", "longbow")), per_query=700))
    assert len(records) == 704
    assert any(isinstance(record, RefusedRecord) for record in records)
    assert caplog.records
    for kept in (repr(records), caplog.text, repr(server.addresses)):
        assert KEY not in kept
    assert set(server.addresses) == {"/services/rest/"}


def test_nothing_shows_the_key_by_itself(server: FlickrServer) -> None:
    known = given.access(server)
    source = given.source(server)
    for shown in (repr(known), f"{known.key}", repr(vars(source)), repr(vars(source._client))):
        assert KEY not in shown
    assert known.key.reveal() == KEY
    with pytest.raises(TypeError, match="stays in its process"):
        pickle.dumps(known)


@pytest.mark.parametrize("key", ["a b", "a\r\nHost: b", "é", "x" * 201])
def test_what_is_no_key_is_not_sent(server: FlickrServer, key: str) -> None:
    with pytest.raises(CannotCollect, match="FLICKR_API_KEY is no key") as caught:
        given.access(server, key=Secret(key))
    assert key not in traces(caught.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.flickr.example/services/rest/",
        "https://user:pw@api.flickr.example/",
        "https://api.flickr.example/?a=b",
        "https://api.flickr.example/#a",
        "ftp://127.0.0.1",
        "https://",
        "https://[",
        "https://a:99999999",
        "http://localhost",
        "",
    ],
)
def test_the_key_is_sent_nowhere_that_could_be_listened_to(server: FlickrServer, endpoint: str) -> None:
    with pytest.raises(CannotCollect, match="FLICKR_ENDPOINT must be an https address"):
        given.access(server, endpoint=endpoint)


def test_the_environment_says_who_we_are(settings: Any, server: FlickrServer) -> None:
    server.library.add(3, "bow")
    settings.FLICKR_ENDPOINT, settings.FLICKR_API_KEY = server.endpoint, KEY
    settings.FLICKR_REQUESTS_PER_HOUR = 3_600_000
    assert len(given.ids(FlickrSource(FlickrOptions(), [given.BOW]))) == 3


def test_who_has_no_key_is_told_before_it_begins(settings: Any) -> None:
    settings.FLICKR_API_KEY = ""
    with pytest.raises(CannotCollect, match="the operator sets FLICKR_API_KEY to a key of its API"):
        FlickrSource(FlickrOptions(), [given.BOW])
