"""Prolific itself, with an account of yours: the contract that its stand-in is held to, and nothing that costs.

    TWINSET_EXTERNAL_PROLIFIC=1 PROLIFIC_TOKEN=… PROLIFIC_WORKSPACE=… PROLIFIC_PROJECT=… \
        pytest tests/verification/test_prolific.py

It makes drafts, which no participant sees, and deletes them; one participant group stays, empty.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from annotation.platforms.prolific import Access, ProlificPlatform
from annotation.platforms.prolific.access import from_settings
from tests.annotation.platforms.prolific import given
from tests.annotation.platforms.prolific.contract import Contract

pytestmark = pytest.mark.skipif(
    os.environ.get("TWINSET_EXTERNAL_PROLIFIC") != "1", reason="no account at Prolific: set TWINSET_EXTERNAL_PROLIFIC"
)


class TestAtProlific(Contract):
    @pytest.fixture
    def access(self) -> Access:
        return from_settings()

    @pytest.fixture
    def platform(self, access: Access) -> Iterator[ProlificPlatform]:
        made = ProlificPlatform(access, book=given.MemoryBook(), clock=lambda: datetime.now(UTC))
        yield made
        made.close_connections()
