"""What holds at Flickr and at its stand-in alike: the same tests run against both."""

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from annotation.access import Secret
from annotation.errors import UnreadableSource
from annotation.sources.base import CandidateRecord, RefusedRecord
from annotation.sources.flickr import ClassQuery, FlickrOptions, FlickrSource
from annotation.sources.flickr.access import Access
from annotation.sources.flickr.client import Client

DOG = ClassQuery("n1", "dog")
OPTIONS: dict[str, Any] = {
    "min_uploaded": "2013-03-01",
    "max_uploaded": "2013-03-31",
    "min_taken": "2012-01-01",
    "max_taken": "2013-12-31",
    "licences": [4],
    "sort": "date-posted-asc",
    "per_query": 40,
    "max_side": 800,
}


class Contract:
    """Whoever inherits it has a fixture `access`; a dozen requests in all."""

    def source(self, access: Access, *classes: ClassQuery, **changes: Any) -> FlickrSource:
        return FlickrSource(FlickrOptions.from_json(OPTIONS | changes), classes or [DOG], client=Client(access))

    @pytest.fixture
    def found(self, access: Access) -> list[CandidateRecord]:
        return [record for record in self.source(access) if isinstance(record, CandidateRecord)]

    def test_photos_are_as_they_were_asked_for(self, found: list[CandidateRecord]) -> None:
        """Flickr is taken at its word, so most are, not all."""
        assert len(found) >= 30
        assert {record.licence for record in found} == {"CC BY 2.0"}
        uploaded = [record.uploaded_at for record in found if record.uploaded_at]
        inside = [datetime(2013, 3, 1, tzinfo=UTC) <= moment < datetime(2013, 4, 1, tzinfo=UTC) for moment in uploaded]
        assert sum(inside) >= 0.9 * len(found)
        assert len({record.page_url for record in found}) == len(found)

    def test_each_says_where_it_is_from(self, found: list[CandidateRecord]) -> None:
        for record in found:
            assert re.fullmatch(r"https://www\.flickr\.com/photos/[^/]+/[0-9]+", record.page_url)
            assert re.fullmatch(r"https?://[^/]+/.*[0-9]+_[0-9a-f]+(_[a-z0-9]+)?\.(jpg|png|gif)", record.source)
            assert record.owner
            assert record.query == "dog"

    def test_going_on_in_the_middle_finds_the_rest(self, access: Access, found: list[CandidateRecord]) -> None:
        rest = [record for record in self.source(access).after(found[9].cursor) if isinstance(record, CandidateRecord)]
        assert [record.source for record in rest] == [record.source for record in found[10:]]

    def test_a_picture_is_no_larger_than_allowed(self, found: list[CandidateRecord]) -> None:
        assert found[0].read is not None
        with Image.open(io.BytesIO(found[0].read())) as image:
            assert 100 < max(image.size) <= 800

    def test_words_that_no_photo_has_find_nothing(self, access: Access) -> None:
        [told] = self.source(access, ClassQuery("n1", "qxzvkjwyh dog"))
        assert isinstance(told, RefusedRecord)
        assert "finds no photo" in told.reason

    def test_a_key_that_is_none_is_not_accepted(self, access: Access) -> None:
        unknown = Access(endpoint=access.endpoint, key=Secret("0" * 32), requests_per_hour=3600)
        with pytest.raises(UnreadableSource, match="Flickr does not accept the key"):
            list(self.source(unknown))
