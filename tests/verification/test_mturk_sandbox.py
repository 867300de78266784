"""The same tests at the real sandbox, or at any endpoint that speaks the protocol; they cost no money there.

    TWINSET_MTURK_SANDBOX=true MTURK_ACCESS_KEY=… MTURK_SECRET_KEY=… pytest tests/verification/test_mturk_sandbox.py

What they put up begins with `twinset-test-`; it is closed and deleted at the end.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from annotation.platforms.mturk import Access, MTurkPlatform
from annotation.platforms.mturk.calls import call
from tests.annotation.platforms.mturk.contract import *  # noqa: F403
from tests.annotation.platforms.mturk.contract import PREFIX

MONEY_IS_PAID = "https://mturk-requester.us-east-1.amazonaws.com"


@pytest.fixture
def fresh() -> Iterator[Callable[..., MTurkPlatform]]:
    if os.environ.get("TWINSET_MTURK_SANDBOX") != "true":
        pytest.skip("TWINSET_MTURK_SANDBOX is not true")
    access = Access.from_settings()
    assert access.endpoint.rstrip("/") != MONEY_IS_PAID, "these tests are not for the endpoint where money is paid"

    def make(**given: Any) -> MTurkPlatform:
        return MTurkPlatform(replace(access, **given))

    yield make
    platform, client = make(), access.turk()
    for posted in list(platform.postings()):
        if posted.token.startswith(PREFIX):
            platform.close(posted.external_id)
            call(client.delete_hit, HITId=posted.external_id)
