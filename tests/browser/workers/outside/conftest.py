from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User

from annotation.models import Posting
from tests import outside, pictures


@pytest.fixture
def rita(db: None) -> User:
    return User.objects.create_user("rita")


@pytest.fixture
def put_up(rita: User) -> Callable[..., Posting]:
    """A batch that can be worked on, as if its platform had it."""

    def put(platform: str, num_grids: int = 1, num_hits: int = 3, num_assignments: int = 2) -> Posting:
        batch = pictures.launched(
            num_images=6, num_grids=num_hits, num_assignments=num_assignments, platform=platform,
            pay_minor_units=40, currency="USD" if platform == "mturk" else "GBP",
        )  # fmt: skip
        outside.launch(batch, rita)
        return outside.put_up(batch, num_grids=num_grids)

    return put


def address(posting: Posting, number: int = 0, **changed: str) -> str:
    """Where the platform sends this worker."""
    return f"/start/{posting.token}/?{urlencode(outside.query(posting, number, number, **changed))}"
