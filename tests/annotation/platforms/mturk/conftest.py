"""A platform at the local server. `contract.py` runs at the real sandbox too, where `fresh` is another fixture."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from annotation.platforms.mturk import Access, MTurkPlatform
from tests.fakes.mturk import ACCESS_KEY, REGION, SECRET_KEY, MTurkServer


@pytest.fixture
def server() -> Iterator[MTurkServer]:
    with MTurkServer() as running:
        yield running
    assert running.defects == []


@pytest.fixture
def access_with(server: MTurkServer) -> Callable[..., Access]:
    def make(**given: Any) -> Access:
        values = {"endpoint": server.address, "region": REGION, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        return Access(**values | given)

    return make


@pytest.fixture
def fresh(server: MTurkServer, access_with: Callable[..., Access]) -> Callable[..., MTurkPlatform]:
    """Makes a platform that remembers nothing, as another process would; what is given is about how to reach it."""
    return lambda **given: MTurkPlatform(access_with(**given), clock=server.clock.now)


@pytest.fixture
def platform(fresh: Callable[..., MTurkPlatform]) -> MTurkPlatform:
    return fresh()
