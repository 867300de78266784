"""The published predictions, uploaded: the published counts come out, and the reversed ones are refused."""

from http import HTTPStatus
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evaluation.models import Score
from tests.verification import published

pytestmark = [pytest.mark.django_db, pytest.mark.reference]
REVERSED = "fv_16k"


def test_the_published_counts_come_out_of_uploads(
    reference_dir: Path, tmp_path: Path, researcher: User, researcher_client: Client
) -> None:
    study = published.study(reference_dir, tmp_path)
    study.researchers.add(researcher)
    class_ids = published.wnids(reference_dir)
    refused = {}
    for name, (_, called, _) in published.SETS.items():
        test_set = published.frozen_set(reference_dir, tmp_path, name)
        arrays = published.arrays_of(reference_dir, name)
        for classifier, response in published.uploaded(researcher_client, test_set, arrays, class_ids):
            if response.status_code != HTTPStatus.CREATED:
                refused[classifier, called] = response.json()["detail"]
    assert sorted(refused) == [(REVERSED, called) for called in ("annotated", "calibrated", "easier", "easiest")]
    assert "20,000 of the 20,000 images that are also in published/original@r1" in refused[REVERSED, "annotated"]
    assert all("ranks are reversed" in told for (_, called), told in refused.items() if called != "annotated")
    columns = {called: column for _, called, column in published.SETS.values()}
    expected = {
        (classifier, called): (int(row[f"{column}_top1_correct"]), int(row[f"{column}_n"]))
        for classifier, row in published.published_counts(reference_dir).items()
        for called, column in columns.items()
        if (classifier, called) not in refused
    }
    names = ("run__classifier__name", "run__test_set__name", "num_correct", "num_images")
    counted = {(name, called): (k, n) for name, called, k, n in Score.objects.values_list(*names)}
    assert len(expected) == 67 * 5 - 4
    assert counted == expected
