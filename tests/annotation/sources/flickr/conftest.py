from collections.abc import Iterator
from typing import Any

import pytest

from annotation.sources.downloads import connecting, reading
from tests.annotation.sources.flickr.given import Clock
from tests.fakes.flickr import FlickrServer


@pytest.fixture
def server() -> Iterator[FlickrServer]:
    """No test leaves a search that Flickr would answer otherwise than who asked may think."""
    with FlickrServer() as running:
        yield running
    assert running.misuses == []
    assert running.faults.are_over, "a planned fault never befell anybody"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pictures(server: FlickrServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlickrServer]:
    """The server, whose pictures may be read though it is on this machine; pauses don't last."""
    settings.DOWNLOAD_PRIVATE_HOSTS = [server.place]
    monkeypatch.setattr(reading, "sleep", lambda seconds: None)
    yield server
    connecting.forget()
