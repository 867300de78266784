"""What is made while it is sent. It keeps a thread of the web server until whoever asked has taken the last byte, so
only some of a process's threads do this at once, and the others stay free for pages.
"""

import weakref
from collections.abc import Iterable
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

AT_ONCE = 3
RETRY_SECONDS = 30

_places: SimpleQueue[None] = SimpleQueue()
for _ in range(AT_ONCE):
    _places.put(None)


class _Sent(StreamingHttpResponse):
    """Keeps its place until it is closed, which the web server does also where the other side has gone away."""

    def take_place(self) -> None:
        _places.get_nowait()
        self._give_back = weakref.finalize(self, _places.put, None)  # once, and also where nothing ever closes it

    def close(self) -> None:
        super().close()
        self._give_back()


def sent(request: HttpRequest, chunks: Iterable[bytes | str], **fields: Any) -> HttpResponseBase:
    """The chunks as they are made, or a page that asks to come back where too much is being sent."""
    response = _Sent(chunks, **fields)
    try:
        response.take_place()
    except Empty:
        busy = render(request, "frontend/busy.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
        busy["Retry-After"] = str(RETRY_SECONDS)
        return busy
    return response
