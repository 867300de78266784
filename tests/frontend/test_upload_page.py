"""Predictions uploaded by form, and withdrawn."""

import html
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.models import TestSet
from evaluation import uploads
from evaluation.models import AccuracyLook, Run
from tests import cast
from tests.evaluation import scored
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db
PAGE = "/studies/greys/predictions/"


@pytest.fixture
def test_set(researcher: User) -> TestSet:
    study, row = handed.study_and_set()
    study.researchers.add(researcher)
    return row


def post(client: Client, test_set: TestSet, content: bytes, **more: Any) -> Any:
    files = {name: SimpleUploadedFile(name, value) for name, value in {"file": content, **more}.items()}
    form = {"classifier": "elsewhere", "test_set": test_set.pk, **files}
    return client.post(PAGE, form, follow=True)


def test_an_upload_leads_to_the_runs_and_is_told(researcher_client: Client, test_set: TestSet) -> None:
    page = post(researcher_client, test_set, handed.right(test_set))
    assert page.redirect_chain == [("/studies/greys/runs/", HTTPStatus.FOUND)]
    assert "elsewhere is right on 6 of 6 images of greys/original@r1." in page.text
    assert AccuracyLook.objects.get().num_times == 2


def test_a_refusal_stands_above_the_form(researcher_client: Client, test_set: TestSet) -> None:
    page = post(researcher_client, test_set, b"image,top1\n<b>,g0\n")
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert "Not in the test set: 1 image of the file, '<b>' (line 2)." in html.unescape(page.text)
    assert "'<b>'" not in page.text
    assert 'value="elsewhere"' in page.text
    assert not Run.objects.exists()


def test_lists_come_beside_the_file(researcher_client: Client, test_set: TestSet) -> None:
    images = "\n".join(handed.names(test_set)).encode()
    page = post(researcher_client, test_set, handed.npy([0] * 6), images=images, class_ids=b"g0\ng1\ng2\n")
    assert "right on 2 of 6 images" in page.text
    page = post(researcher_client, test_set, handed.npy([0] * 6), images=b"\xff")
    assert "The list of names of images is not UTF-8 text." in page.text


def test_a_set_of_another_study_is_no_choice(researcher_client: Client, test_set: TestSet) -> None:
    other = scored.frozen_set(scored.study("others"))
    page = post(researcher_client, other, handed.right(other))
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert "Select a valid choice" in page.text


def test_predictions_are_withdrawn_with_a_reason(researcher_client: Client, test_set: TestSet) -> None:
    post(researcher_client, test_set, handed.right(test_set))
    address = f"{PAGE}{Run.objects.get().pk}/withdraw/"
    assert "Say why the predictions are withdrawn" in researcher_client.post(address, follow=True).text
    assert address in researcher_client.get(PAGE).text
    page = researcher_client.post(address, {"reason": "wrong file"}, follow=True)
    assert "Withdrawn. Other predictions can be uploaded now." in page.text
    assert address not in page.text
    runs = researcher_client.get("/studies/greys/runs/").text
    assert '<span class="badge">withdrawn</span>' in runs
    assert "wrong file" in runs
    assert '<dd class="figure__value">0</dd><dt class="figure__label">failed</dt>' in runs


def test_what_is_withdrawn_is_not_compared(researcher_client: Client, test_set: TestSet) -> None:
    post(researcher_client, test_set, handed.right(test_set))
    diff = reverse("frontend:test-set-diff", args=["greys", "original", 1, 1])
    assert "elsewhere" in researcher_client.get(diff).text
    uploads.withdraw(run=Run.objects.get(), reason="wrong file", now=cast.NOW)
    assert "elsewhere" not in researcher_client.get(diff).text


def test_a_classifier_scored_elsewhere_misses_no_run(researcher_client: Client, test_set: TestSet) -> None:
    scored.frozen_set(test_set.study, strategy="threshold", name="easier")
    post(researcher_client, test_set, handed.right(test_set))
    assert "Request missing runs" not in researcher_client.get("/studies/greys/runs/").text
    assert "scored elsewhere" in researcher_client.get("/studies/greys/classifiers/").text
