"""Exports as a program asks for them, watches them and fetches them."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import tasks
from annotation.errors import CannotExport
from annotation.models import Export, TestSet
from tests.annotation.exports.exported import export, frozen_set, lose

pytestmark = pytest.mark.django_db


@pytest.fixture
def test_set(researcher: User) -> TestSet:
    row = frozen_set(["0", "1"])
    row.study.researchers.add(researcher)
    return row


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/exports/{path}", body, "application/json")


def test_an_export_is_asked_for_watched_and_fetched(researcher_client: Client, test_set: TestSet) -> None:
    told = post(researcher_client, "", test_set=test_set.pk, layout="parquet").json()
    assert (told["state"], told["num_expected"], told["num_written"]) == ("open", 4, 0)
    assert post(researcher_client, f"{told['id']}/link/").status_code == HTTPStatus.CONFLICT
    tasks.write_export(told["id"])
    told = researcher_client.get(f"/api/v1/exports/{told['id']}/").json()
    assert (told["state"], told["num_written"]) == ("finished", 4)
    link = post(researcher_client, f"{told['id']}/link/").json()["url"]
    whole = Client().get("/" + link.split("/", 3)[3])
    assert b"manifest.json" in b"".join(whole.streaming_content)  # type: ignore[attr-defined]


def test_a_failure_is_told_and_tried_again(researcher_client: Client, test_set: TestSet) -> None:
    lost = lose(test_set, 0)
    told = post(researcher_client, "", test_set=test_set.pk).json()
    tasks.write_export(told["id"])
    told = researcher_client.get(f"/api/v1/exports/{told['id']}/").json()
    assert told["state"] == "failed"
    assert lost in told["failure"]
    assert post(researcher_client, f"{told['id']}/retry/").json()["state"] == "open"


def test_what_a_command_writes_is_not_tried_again_by_the_queue(
    researcher_client: Client, test_set: TestSet, tmp_path: Path
) -> None:
    lose(test_set, 0)
    with pytest.raises(CannotExport):
        export(test_set, "imagefolder", tmp_path / "folder")
    row = Export.objects.get()
    response = post(researcher_client, f"{row.pk}/retry/")
    assert response.status_code == HTTPStatus.CONFLICT
    assert f"export_test_set {test_set.citation} {tmp_path / 'folder'} --layout imagefolder" in response.text
    row.refresh_from_db()
    assert row.state == "failed"


@pytest.mark.parametrize(
    "bucket", ["s3://elsewhere/x", "http://169.254.169.254/latest", "/etc", "s3://twins@evil.example/x", "s3://a/../x"]
)
def test_nobody_chooses_where_the_server_writes(researcher_client: Client, test_set: TestSet, bucket: str) -> None:
    response = post(researcher_client, "", test_set=test_set.pk, bucket=bucket)
    assert response.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT)
    assert not Export.objects.exists()


def test_an_open_set_is_refused_and_a_strangers_does_not_exist(
    researcher_client: Client, stranger_client: Client, test_set: TestSet
) -> None:
    draft = TestSet.objects.create(
        study=test_set.study, strategy="threshold", name="easier", revision=1, seed=0, built_at=test_set.built_at
    )
    assert post(researcher_client, "", test_set=draft.pk).status_code == HTTPStatus.CONFLICT
    assert post(stranger_client, "", test_set=test_set.pk).status_code == HTTPStatus.BAD_REQUEST
    assert not Export.objects.exists()
