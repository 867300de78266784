"""A collection from Flickr in the queue, at a local server that speaks its paths, and throttles."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation import collecting, tasks
from annotation.models import Collection, Origin, Study
from annotation.sources.downloads import connecting
from tests import cast
from tests.fakes.flickr import FlickrServer
from tests.fakes.flickr.server import Limit

pytestmark = pytest.mark.django_db
SMALL = {"width": 320, "height": 240}


@pytest.fixture
def server(settings: Any) -> Iterator[FlickrServer]:
    with FlickrServer() as running:
        settings.FLICKR_ENDPOINT, settings.FLICKR_API_KEY = running.endpoint, running.key
        settings.FLICKR_REQUESTS_PER_HOUR = 3_600_000
        settings.DOWNLOAD_PRIVATE_HOSTS = [running.place]
        yield running
        connecting.forget()
    assert running.misuses == []


@pytest.fixture
def study() -> Study:
    study = cast.study()
    bow = cast.target_class(study, "n1", "bow")
    bow.synonyms, bow.wider_words = ["longbow"], ["weapon"]
    bow.save()
    cast.target_class(study, "n2", "crane")
    return study


def asked(study: Study, **options: Any) -> Collection:
    wanted = collecting.searched(options=options, origin=Origin.POOL)
    return collecting.request(study=study, wanted=wanted, now=timezone.now())


def test_photos_of_all_classes_come_with_their_provenance_and_their_collection(
    server: FlickrServer, study: Study
) -> None:
    server.library.add(3, "bow", first=101, **SMALL)
    server.library.add(2, "longbow", first=201, licence=9, ownername="Ada", **SMALL)
    server.library.add(1, "crane", first=301, **SMALL)
    row = asked(study, sort="date-posted-asc")
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.num_created, row.num_refused) == ("finished", 6, 0)
    found = study.candidates.filter(collection=row, query="longbow").order_by("pk")
    assert [(each.owner, each.licence, each.target_class.class_id) for each in found] == [("Ada", "CC0 1.0", "n1")] * 2


def test_a_throttled_search_waits_as_long_as_it_is_told_and_goes_on_there(server: FlickrServer, study: Study) -> None:
    server.library.add(3, "bow", first=101, **SMALL)
    server.library.add(3, "crane", first=301, **SMALL)
    server.limit = Limit(searches=2, seconds=3600)
    row, begun = asked(study, sort="date-posted-asc"), timezone.now()
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.num_created) == ("open", 3)
    assert row.come_back_at is not None
    assert row.come_back_at - begun > timedelta(minutes=59)
    tasks.collect(row.pk)  # a message that comes too early asks for nothing
    assert len(server.searches) == 3
    server.limit = None
    Collection.objects.update(come_back_at=timezone.now())
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert (row.state, row.num_created, row.num_existing) == ("finished", 6, 0)


def test_a_key_that_was_taken_away_meanwhile_fails_the_collection_in_words(
    server: FlickrServer, study: Study, settings: Any
) -> None:
    row = asked(study)
    settings.FLICKR_API_KEY = ""
    tasks.collect(row.pk)
    row.refresh_from_db()
    assert row.state == "failed"
    assert "FLICKR_API_KEY" in row.failure
