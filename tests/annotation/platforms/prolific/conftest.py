from collections.abc import Iterator

import pytest

from annotation.platforms.prolific import ProlificPlatform
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account, ProlificServer


@pytest.fixture
def account() -> Account:
    return Account(token=given.TOKEN)


@pytest.fixture
def server(account: Account) -> Iterator[ProlificServer]:
    """Held to the published schema itself, too: a test ends badly where it was not kept."""
    with ProlificServer(account) as running:
        yield running
    assert running.broken_promises == []
    assert running.faults.are_over, "a planned fault never befell anybody"


@pytest.fixture
def book() -> given.MemoryBook:
    return given.MemoryBook()


@pytest.fixture
def platform(server: ProlificServer, book: given.MemoryBook) -> Iterator[ProlificPlatform]:
    made = given.platform(server, book)
    yield made
    made.close_connections()


@pytest.fixture
def hasty(server: ProlificServer, book: given.MemoryBook) -> Iterator[ProlificPlatform]:
    """For an answer that does not come: the other would wait for long, so that a busy machine is no silent server."""
    made = given.platform(server, book, read_seconds=1)
    yield made
    made.close_connections()
