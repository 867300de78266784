"""The verbs of evaluation as a program calls them, and how each refuses."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from knox.models import AuthToken

from annotation.api import parsers
from annotation.models import Study
from evaluation import runs
from evaluation.models import Classifier, Run
from tests import cast
from tests.evaluation import graphs, scored
from tests.whole_study import WholeStudy, whole_study

SPEC = {"name": "grey reader", "preprocessing": {"size": [4, 4]}, "class_ids": ["g0", "g1", "g2"]}


@pytest.fixture
def study(researcher: User) -> Study:
    row = scored.study()
    row.researchers.add(researcher)
    return row


def upload(client: Client, spec: Any = None, content: bytes | None = None, study: str = "greys") -> Any:
    file = SimpleUploadedFile("x.onnx", graphs.linear(3) if content is None else content)
    text = spec if isinstance(spec, str) else json.dumps(spec or SPEC)
    return client.post("/api/v1/classifiers/", {"study": study, "spec": text, "file": file})


def test_a_classifier_is_registered_once(researcher_client: Client, study: Study) -> None:
    first, second = upload(researcher_client), upload(researcher_client)
    assert first.status_code == second.status_code == HTTPStatus.CREATED, first.content
    assert first.json() == second.json()
    row = Classifier.objects.get()
    assert (row.name, row.class_ids, row.preprocessing["layout"]) == ("grey reader", ["g0", "g1", "g2"], "NCHW")


@pytest.mark.parametrize("content", [b"not onnx", graphs.linear(3)[:-20], graphs.linear(2)])
def test_a_file_that_does_not_fit_is_refused(researcher_client: Client, study: Study, content: bytes) -> None:
    response = upload(researcher_client, content=content)
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["type"] == "urn:twinset:invalid-classifier"
    assert not Classifier.objects.exists()


@pytest.mark.parametrize(
    "spec",
    [
        "{",
        "[" * 100_000,
        "[]",
        SPEC | {"pickle": True},
        SPEC | {"runtime": "pickle"},
        SPEC | {"class_ids": []},
        SPEC | {"preprocessing": {}},
        SPEC | {"preprocessing": {"size": [4, 4], "scale": "nan"}},
        SPEC | {"preprocessing": {"size": [4, 10**9]}},
        SPEC | {"preprocessing": {"size": [4, 4], "crop": 1}},
    ],
)
def test_a_description_that_makes_no_sense_is_refused(researcher_client: Client, study: Study, spec: Any) -> None:
    response = upload(researcher_client, spec=spec)
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert set(response.json()["errors"]) == {"spec"}


def test_an_upload_that_is_too_large_is_not_read(
    researcher_client: Client, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsers, "MAX_UPLOAD_BYTES", 100)
    assert upload(researcher_client).status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_a_program_uploads_more_than_who_is_nobody_here(researcher: User, study: Study, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 500
    _, token = AuthToken.objects.create(user=researcher)
    program = Client(headers={"Authorization": f"Token {token}"})
    assert upload(program, content=b"0" * 1000).json()["type"] == "urn:twinset:invalid-classifier"
    assert upload(Client(), content=b"0" * 1000).status_code == HTTPStatus.UNAUTHORIZED


def test_a_form_with_too_many_fields_is_a_problem(researcher_client: Client, study: Study, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    response = upload(researcher_client)
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response["Content-Type"] == "application/problem+json"


def test_a_run_is_requested_once_and_enqueued(researcher_client: Client, study: Study, sent: list[int]) -> None:
    body = {"classifier": scored.classifier(study).pk, "test_set": scored.frozen_set(study).pk}
    first, second = (researcher_client.post("/api/v1/runs/", body, "application/json") for _ in range(2))
    assert first.status_code == HTTPStatus.CREATED, first.content
    assert first.json() == second.json()
    assert (first.json()["state"], first.json()["num_images"], first.json()["score"]) == ("open", 6, None)
    assert sent[0] == Run.objects.get().pk


def test_a_run_under_a_condition_is_another_run(researcher_client: Client, study: Study, sent: list[int]) -> None:
    body = {"classifier": scored.classifier(study).pk, "test_set": scored.frozen_set(study).pk, "condition": "snow:03"}
    made = researcher_client.post("/api/v1/runs/", body, "application/json").json()
    researcher_client.post("/api/v1/runs/", body | {"condition": "clean"}, "application/json")
    assert made["condition"] == "snow:3"
    listed = researcher_client.get("/api/v1/runs/?condition=snow:3").json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]
    refused = researcher_client.post("/api/v1/runs/", body | {"condition": "snow:6"}, "application/json")
    assert refused.status_code == HTTPStatus.BAD_REQUEST
    assert "severity is '6'" in str(refused.json()["errors"]["condition"])


def test_a_run_on_a_draft_is_refused(researcher_client: Client, study: Study, sent: list[int]) -> None:
    draft = scored.frozen_set(study, is_frozen=False)
    body = {"classifier": scored.classifier(study).pk, "test_set": draft.pk}
    response = researcher_client.post("/api/v1/runs/", body, "application/json")
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["type"] == "urn:twinset:cannot-request"
    assert sent == []


@pytest.mark.parametrize("pk", [0, -1, 2**70, 1.5, "x", True, None, [], 10**400])
def test_a_reference_that_is_none_is_refused(researcher_client: Client, study: Study, pk: Any) -> None:
    body = {"classifier": pk, "test_set": pk}
    response = researcher_client.post("/api/v1/runs/", body, "application/json")
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert set(response.json()["errors"]) == {"classifier", "test_set"}


def test_a_stranger_can_refer_to_nothing(client: Client, stranger: User, sent: list[int]) -> None:
    whole: WholeStudy = whole_study()
    client.force_login(stranger)
    body = {"classifier": whole.classifier.pk, "test_set": whole.test_set.pk}
    response = client.post("/api/v1/runs/", body, "application/json")
    assert set(response.json()["errors"]) == {"classifier", "test_set"}
    assert set(Run.objects.values_list("requested_at", flat=True)) == {cast.NOW}


def test_a_study_without_scores_has_no_report(researcher_client: Client, study: Study) -> None:
    response = researcher_client.post("/api/v1/reports/", {"study": study.slug}, "application/json")
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["type"] == "urn:twinset:not-finished"


def test_an_open_run_is_cancelled(researcher_client: Client, study: Study) -> None:
    run = scored.run(study)
    response = researcher_client.post(f"/api/v1/runs/{run.pk}/cancellation/")
    assert response.status_code == HTTPStatus.CREATED, response.content
    assert (response.json()["state"], response.json()["images_per_second"]) == ("cancelled", 0)
    assert response.json()["seconds_left"] is None
    again = researcher_client.post(f"/api/v1/runs/{run.pk}/cancellation/")
    assert again.json()["ended_at"] == response.json()["ended_at"]


def test_a_run_that_has_ended_is_not_cancelled(researcher_client: Client, study: Study) -> None:
    run = scored.run(study)
    runs.fail(run=run, reason="the disk was full", now=cast.NOW)
    response = researcher_client.post(f"/api/v1/runs/{run.pk}/cancellation/")
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["type"] == "urn:twinset:cannot-cancel"
