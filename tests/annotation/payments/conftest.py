from collections.abc import Iterator

import pytest

from tests.annotation.payments.desks import Desk
from tests.annotation.payments.own_desk import PLATFORMS


@pytest.fixture(params=sorted(PLATFORMS))
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Each paid platform's local server in turn, over real HTTP; then one's own people, and simulated ones."""
    with PLATFORMS[request.param]() as at:
        yield at
