"""Servers that downloads are allowed to ask, though they are on this machine, and pauses that don't last."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from annotation.sources.downloads import connecting, reading
from tests.fakes.web import Answer, WebServer

Serve = Callable[[Mapping[str, Answer | Sequence[Answer]]], WebServer]


@pytest.fixture
def serve(settings: Any) -> Iterator[Serve]:
    """Start a server that the operator allows."""
    with ExitStack() as stack:

        def start(answers: Mapping[str, Answer | Sequence[Answer]], **options: Any) -> WebServer:
            server = stack.enter_context(WebServer(answers, **options))
            settings.DOWNLOAD_PRIVATE_HOSTS = [*settings.DOWNLOAD_PRIVATE_HOSTS, server.place]
            return server

        yield start
        connecting.forget()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, none of which lasts."""
    made: list[float] = []
    monkeypatch.setattr(reading, "sleep", made.append)
    return made
