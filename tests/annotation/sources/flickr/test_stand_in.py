"""The stand-in keeps to what Flickr keeps to."""

from datetime import UTC, datetime

import pytest

from annotation.sources.flickr.access import Access
from tests.annotation.sources.flickr import given
from tests.annotation.sources.flickr.contract import Contract
from tests.fakes.flickr import FlickrServer


class TestStandIn(Contract):
    @pytest.fixture
    def access(self, pictures: FlickrServer) -> Access:
        begun = datetime(2013, 2, 27, tzinfo=UTC)
        pictures.library.add(100, "a dog", begun=begun, seconds=3600, width=1600, height=1200)
        pictures.library.add(50, "dog", first=1, begun=begun, seconds=3600, licence=1)
        pictures.library.add(50, "cat", first=1000, begun=begun, seconds=3600)
        return given.access(pictures, requests_per_hour=3_600_000)
