from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation.models import Study
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import OUTSIDE, Desk


@pytest.fixture(params=sorted(OUTSIDE))
def desk(request: pytest.FixtureRequest, settings: Any) -> Iterator[Desk]:
    """Each paid platform's local server in turn, over real HTTP; the environment names it."""
    settings.PUBLIC_URL = "https://twin.example"
    settings.MTURK_ACCESS_KEY = settings.MTURK_SECRET_KEY = "a-key"
    settings.PROLIFIC_TOKEN = settings.PROLIFIC_WORKSPACE = settings.PROLIFIC_PROJECT = "a-name"
    with OUTSIDE[request.param]() as at:
        yield at


@pytest.fixture
def study(researcher: User) -> Study:
    return scenes.study(3, researchers=[researcher])
