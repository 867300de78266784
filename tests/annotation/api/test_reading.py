"""What a program reads about each noun."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import storage
from annotation.models import Batch, Image
from tests import cast
from tests.whole_study import WholeStudy, whole_study


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


def read(client: Client, path: str) -> Any:
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == HTTPStatus.OK, response.content
    return response.json()


def test_a_study(researcher_client: Client, whole: WholeStudy) -> None:
    told = read(researcher_client, "studies/digits-twin/")
    assert (told["slug"], told["num_target_classes"], told["is_simulated"]) == ("digits-twin", 2, False)


def test_a_candidate_and_its_rendition(researcher_client: Client, whole: WholeStudy) -> None:
    told = read(researcher_client, f"candidates/{whole.candidate.pk}/")
    assert (told["study"], told["target_class"], told["origin"]) == ("digits-twin", "0", "original")
    assert told["exclusion"] is None
    response = researcher_client.get(told["rendition_url"], headers={"Accept": "image/*"})
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.content == cast.png(0, (8, 8), "JPEG")


def test_a_rendition_that_is_lost_is_not_found(researcher_client: Client, whole: WholeStudy) -> None:
    Image.objects.update(rendition_sha256="f" * 64)
    response = researcher_client.get(f"/api/v1/candidates/{whole.candidate.pk}/rendition/")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response.json()["type"] == "urn:twinset:missing-content"


def test_a_grid_tells_positions(researcher_client: Client, whole: WholeStudy) -> None:
    [told] = [row for row in read(researcher_client, "grids/")["results"] if row["id"] == whole.grid.pk]
    assert told["candidate_ids"] == whole.grid.candidate_ids
    assert (told["measured"], told["positive_controls"]) == ([0, 1, 2], [])


def test_a_batch_counts_its_assignments(researcher_client: Client, whole: WholeStudy) -> None:
    told = read(researcher_client, f"batches/{whole.batch.pk}/")
    counts = {name: told[name] for name in ("num_hits", "num_slots", "num_claimed", "num_submitted")}
    assert counts == {"num_hits": 1, "num_slots": 2, "num_claimed": 0, "num_submitted": 0}


def test_a_frequency_is_derived_from_its_counts(researcher_client: Client, whole: WholeStudy) -> None:
    told = read(researcher_client, "frequencies/")["results"][0]
    assert (told["num_selected"], told["num_seen"], told["frequency"]) == (7, 10, 0.7)
    assert told["is_simulated"] is False


def test_what_is_simulated_says_so(researcher_client: Client, whole: WholeStudy) -> None:
    before = Batch.objects.count()
    cast.batch(whole.study, [], is_simulated=True)
    assert Batch.objects.count() == before + 1
    assert read(researcher_client, "studies/digits-twin/")["is_simulated"] is True
    assert {row["is_simulated"] for row in read(researcher_client, "frequencies/")["results"]} == {True}


def test_a_test_set_and_its_images(researcher_client: Client, whole: WholeStudy) -> None:
    told = read(researcher_client, f"test-sets/{whole.test_set.pk}/")
    assert (told["citation"], told["num_images"]) == ("digits-twin/calibrated@r1", 3)
    assert told["shortages"][0]["reason"] == "no candidates"
    images = read(researcher_client, f"test-sets/{whole.test_set.pk}/images/?page_size=2")
    assert [(image["number"], image["is_simulated"]) for image in images["results"]] == [(0, False), (1, False)]
    assert images["next"]


def test_a_manifest_comes_as_it_was_hashed(researcher_client: Client, whole: WholeStudy) -> None:
    response = researcher_client.get(f"/api/v1/test-sets/{whole.test_set.pk}/manifest/")
    assert storage.put("manifests", response.content) == whole.test_set.content_sha256


def test_a_draft_has_no_manifest(researcher_client: Client, whole: WholeStudy) -> None:
    response = researcher_client.get(f"/api/v1/test-sets/{whole.draft.pk}/manifest/")
    assert response.status_code == HTTPStatus.NOT_FOUND


def test_counts_of_images_are_told_once_the_set_is_frozen(researcher_client: Client, whole: WholeStudy) -> None:
    """Who asks may be one who reviews it."""
    [draft, frozen] = (
        read(researcher_client, f"test-sets/{each.pk}/images/?page_size=1")["results"][0]
        for each in (whole.draft, whole.test_set)
    )
    assert (draft["num_selected"], draft["num_seen"]) == (None, None)
    assert (frozen["num_selected"], frozen["num_seen"]) == (7, 10)
