"""Predictions uploaded as a program does it."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotation.models import TestSet
from evaluation.models import AccuracyLook, Run
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db


@pytest.fixture
def test_set(researcher: User) -> TestSet:
    study, row = handed.study_and_set()
    study.researchers.add(researcher)
    return row


def post(client: Client, test_set: TestSet, content: bytes, **more: Any) -> Any:
    files = {name: SimpleUploadedFile(name, value) for name, value in {"file": content, **more}.items()}
    return client.post("/api/v1/predictions/", {"classifier": "elsewhere", "test_set": test_set.pk, **files})


def test_an_upload_answers_with_its_run(researcher_client: Client, researcher: User, test_set: TestSet) -> None:
    response = post(researcher_client, test_set, handed.right(test_set))
    assert response.status_code == HTTPStatus.CREATED, response.content
    notes, answer = response.json()["notes"], response.json()["run"]
    assert answer["score"] | {"computed_at": ""} == {
        "num_correct": 6, "num_correct_top5": None, "num_images": 6, "accuracy": 1.0, "computed_at": "",
    }  # fmt: skip
    assert (answer["images_per_second"], answer["seconds_left"]) == (0, None), "nobody works on it"
    assert (answer["state"], notes, answer["id"]) == ("finished", [], Run.objects.get().pk)
    assert AccuracyLook.objects.get().person == researcher


def test_lists_beside_the_file_name_rows_and_columns(researcher_client: Client, test_set: TestSet) -> None:
    images = "\n".join(handed.names(test_set)).encode()
    content = handed.npy([0, 0, 1, 1, 2, 2])
    response = post(researcher_client, test_set, content, images=images, class_ids=b'["g0", "g1", "g2"]')
    assert response.json()["run"]["score"]["num_correct"] == 6


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"images": b"\n"}, "The list of names of images is empty."),
        ({"images": b"[1"}, "begins like JSON and is none"),
        ({"images": b"a\n\nb"}, "has no name at place 2"),
        ({"class_ids": b"\xff"}, "The list of class ids is not UTF-8 text."),
    ],
)
def test_what_is_refused_is_said(
    researcher_client: Client, test_set: TestSet, more: dict[str, bytes], message: str
) -> None:
    response = post(researcher_client, test_set, handed.right(test_set), **more)
    assert (response.status_code, response.json()["type"]) == (HTTPStatus.CONFLICT, "urn:twinset:invalid-predictions")
    assert message in response.json()["detail"]
    assert not Run.objects.exists()


def test_a_stranger_finds_no_set(stranger: User, client: Client, test_set: TestSet) -> None:
    client.force_login(stranger)
    assert post(client, test_set, handed.right(test_set)).status_code == HTTPStatus.BAD_REQUEST
    assert not Run.objects.exists()


def test_predictions_are_withdrawn_and_others_taken(researcher_client: Client, test_set: TestSet) -> None:
    wrong = handed.csv("image,top1", *(f"{name},g0" for name in handed.names(test_set)))
    run = post(researcher_client, test_set, wrong).json()["run"]["id"]
    address = f"/api/v1/predictions/{run}/withdrawal/"
    answer = researcher_client.post(address, {"reason": "wrong file"}, content_type="application/json")
    assert (answer.json()["state"], answer.json()["failure"]) == ("withdrawn", "wrong file")
    again = researcher_client.post(address, {"reason": "wrong file"}, content_type="application/json")
    assert again.status_code == HTTPStatus.CONFLICT
    assert post(researcher_client, test_set, handed.right(test_set)).json()["run"]["score"]["num_correct"] == 6
