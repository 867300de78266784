"""What is sent as it is made: so much at once, and each place comes back once."""

import gc
import re
from collections.abc import Iterable, Iterator
from queue import SimpleQueue

import pytest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from frontend.views import sending
from tests.test_architecture import CODE, relative

pytestmark = pytest.mark.django_db  # whatever is closed asks whether its connection still works


@pytest.fixture(autouse=True)
def _all_places_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    places: SimpleQueue[None] = SimpleQueue()
    for _ in range(sending.AT_ONCE):
        places.put(None)
    monkeypatch.setattr(sending, "_places", places)


@pytest.fixture
def request_(rf: RequestFactory) -> HttpRequest:
    return rf.get("/downloads/token/")


def sent(request: HttpRequest, chunks: Iterable[str] = ()) -> HttpResponseBase:
    return sending.sent(request, chunks, content_type="text/plain")


def num_free() -> int:
    return sending._places.qsize()


def test_who_comes_when_all_places_are_taken_is_told_to_come_back(request_: HttpRequest) -> None:
    held = [sent(request_) for _ in range(sending.AT_ONCE)]
    assert {each.status_code for each in held} == {200}
    busy = sent(request_)
    assert (busy.status_code, busy["Retry-After"]) == (503, "30")
    assert not busy.streaming
    held[0].close()
    assert sent(request_).status_code == 200


def test_a_place_comes_back_once_however_its_answer_ends(request_: HttpRequest) -> None:
    def failing() -> Iterator[str]:
        yield "begun"
        raise OSError("the storage does not answer")

    closed = sent(request_)
    closed.close()
    closed.close()
    broken = sent(request_, failing())
    with pytest.raises(OSError, match="does not answer"):
        list(broken)
    broken.close()
    lost = sent(request_)
    assert num_free() == sending.AT_ONCE - 1
    del lost
    gc.collect()
    assert num_free() == sending.AT_ONCE


def test_nothing_is_sent_as_it_is_made_without_a_place() -> None:
    streaming = {path for path in CODE if re.search(r"StreamingHttpResponse|FileResponse", path.read_text())}
    assert {relative(path) for path in streaming} == {"frontend/views/sending.py"}
