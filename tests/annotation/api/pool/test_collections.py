"""Collections as a program asks for them, watches them and accounts for them."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotation import tasks
from annotation.models import Collection, Study
from tests.annotation.collecting import collected
from tests.annotation.collecting.collected import WHOLE, asked, sources

pytestmark = pytest.mark.django_db
LIST = "/api/v1/collections/"


@pytest.fixture
def study(researcher: User) -> Study:
    row = collected.study()
    row.researchers.add(researcher)
    return row


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.COLLECT_FROM = [str(tmp_path)]
    return collected.folder(tmp_path / "images")


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"{LIST}{path}", body, "application/json")


def test_a_collection_is_asked_for_watched_and_accounted_for(
    researcher_client: Client, study: Study, folder: Path
) -> None:
    told = post(researcher_client, "", study="digits", origin="pool", address="images")
    assert told.status_code == HTTPStatus.CREATED
    assert (told.json()["state"], told.json()["kind"], told.json()["per_second"]) == ("open", "folder", None)
    tasks.collect(told.json()["id"])
    told = researcher_client.get(f"{LIST}{told.json()['id']}/").json()
    counted = [told[name] for name in ("num_read", "num_created", "num_existing", "num_refused", "num_expected")]
    assert (told["state"], counted) == ("finished", [11, 10, 0, 1, 11])
    assert told["per_second"] > 0
    [refusal] = researcher_client.get(f"{LIST}{told['id']}/refusals/").json()["results"]
    assert (refusal["source"], "not an image" in refusal["reason"]) == ("1/004x.png", True)
    assert sources() == WHOLE


def test_asked_for_twice_it_is_one(researcher_client: Client, study: Study, folder: Path) -> None:
    ids = {post(researcher_client, "", study="digits", origin="pool", address="images").json()["id"] for _ in range(2)}
    assert len(ids) == 1


def test_a_collection_is_stopped_and_resumed(researcher_client: Client, study: Study, folder: Path) -> None:
    row = asked(study, folder, is_queued=True)
    assert post(researcher_client, f"{row.pk}/stop/").json()["state"] == "stopped"
    assert post(researcher_client, f"{row.pk}/resumption/").json()["state"] == "open"
    tasks.collect(row.pk)
    refused = post(researcher_client, f"{row.pk}/resumption/")
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "Start it anew" in refused.json()["detail"]


def test_refusals_come_page_by_page(researcher_client: Client, study: Study, folder: Path) -> None:
    for number in range(4):
        (folder / "1" / f"bad{number}.png").write_bytes(b"x")
    row = asked(study, folder, is_queued=True)
    tasks.collect(row.pk)
    page = researcher_client.get(f"{LIST}{row.pk}/refusals/?page_size=3").json()
    assert [each["source"] for each in page["results"]] == ["1/004x.png", "1/bad0.png", "1/bad1.png"]
    page = researcher_client.get(page["next"]).json()
    assert [each["source"] for each in page["results"]] == ["1/bad2.png", "1/bad3.png"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, "Give either an address or what Flickr is asked."),
        ({"address": "images", "flickr": {}}, "Give either an address or what Flickr is asked."),
        ({"address": "/etc"}, "There is no /etc in the folders that may be taken in from"),
        ({"address": "s3://theirs/x"}, "The bucket 'theirs' may not be named here"),
        ({"flickr": {"per_query": 0}}, "per_query is 0"),
        ({"flickr": {"api_key": "x"}}, "Flickr is not asked for 'api_key'"),
        ({"address": "images", "kind": "folder"}, "There is no such field."),
    ],
)
def test_what_can_not_be_collected_says_why(
    body: dict[str, Any], complaint: str, researcher_client: Client, study: Study, folder: Path, settings: Any
) -> None:
    settings.COLLECT_S3 = settings.COLLECT_S3 | {"access_key": "key"}
    settings.FLICKR_API_KEY = "key"
    told = post(researcher_client, "", study="digits", origin="pool", **body)
    assert told.status_code == HTTPStatus.BAD_REQUEST
    assert complaint in str(told.json()["errors"])
    assert not Collection.objects.exists()


def test_a_table_is_handed_in(researcher_client: Client, study: Study) -> None:
    file = SimpleUploadedFile("photos.csv", b"url,class_id\nhttp://127.0.0.1/x.jpg,1\n")
    told = researcher_client.post(f"{LIST}manifests/", {"study": "digits", "origin": "pool", "file": file}).json()
    assert (told["kind"], told["address"], told["state"]) == ("upload", "photos.csv", "open")
    tasks.collect(told["id"])
    assert Collection.objects.get().num_refused == 1


def test_the_list_is_of_ones_own_studies_and_filtered(
    researcher_client: Client, study: Study, folder: Path, stranger: User
) -> None:
    row = asked(study, folder)
    for query, found in (("", [row.pk]), ("?study=digits&state=open&origin=pool", [row.pk]), ("?state=failed", [])):
        assert [each["id"] for each in researcher_client.get(f"{LIST}{query}").json()["results"]] == found
    client = Client()
    client.force_login(stranger)
    assert client.get(LIST).json()["results"] == []
    assert post(client, "", study="digits", origin="pool", address="images").status_code == HTTPStatus.BAD_REQUEST
