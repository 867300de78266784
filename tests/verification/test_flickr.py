"""Flickr itself, with a key of yours: the contract that its stand-in is held to, in a dozen requests.

TWINSET_EXTERNAL_FLICKR=1 FLICKR_API_KEY=… pytest tests/verification/test_flickr.py
"""

import os

import pytest

from annotation.sources.flickr.access import Access, from_settings
from tests.annotation.sources.flickr.contract import Contract

pytestmark = pytest.mark.skipif(
    os.environ.get("TWINSET_EXTERNAL_FLICKR") != "1", reason="no key of Flickr's API: set TWINSET_EXTERNAL_FLICKR"
)


class TestAtFlickr(Contract):
    @pytest.fixture
    def access(self) -> Access:
        return from_settings()
