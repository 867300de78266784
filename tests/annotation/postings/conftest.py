from collections.abc import Iterator

import pytest

from tests.annotation.payments.desks import PLATFORMS, Desk


@pytest.fixture(params=sorted(PLATFORMS))
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Each paid platform's local server in turn, over real HTTP."""
    with PLATFORMS[request.param]() as at:
        yield at
