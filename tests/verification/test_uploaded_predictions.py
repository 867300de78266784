"""The published predictions, uploaded: the published counts come out, and the reversed ones are refused."""

import re
from http import HTTPStatus
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from scipy.stats import kendalltau, spearmanr

from annotation.models import Study
from evaluation import predictions, reports, scores
from evaluation.models import Run, Score
from evaluation.stats.scored_images import scored_images
from evaluation.stats.tallies import tally
from tests.verification import published

pytestmark = [pytest.mark.django_db, pytest.mark.reference]
REVERSED = "fv_16k"
# Points, and the slope of the line on the probit scale; with the refused one, the README's -11.83, -3.20 and +2.08.
CHANGE_AND_SLOPE = {"calibrated": (-11.87, 0.951), "easier": (-3.18, 1.036), "easiest": (2.13, 1.041)}


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
    _is_reported(study, published.published_counts(reference_dir))


def _is_reported(study: Study, counts: dict[str, dict[str, str]]) -> None:
    """The published line comes out of the same uploads, and the report is about those that are on every set."""
    out = StringIO()
    call_command("compare_test_sets", study=study.slug, leave_out=["fv_*"], stdout=out)
    line = "linear: new = 1.110 · original -20.26, R² 0.9913"
    assert re.search(rf"^calibrated: 64 classifiers, .*\n  {re.escape(line)}", out.getvalue(), re.MULTILINE)
    content = reports.build(study=study, now=timezone.now()).content
    assert [each["name"] for each in content["test_sets"]] == ["original", "calibrated", "easier", "easiest"]
    assert len(content["classifiers"]) == 66
    assert content["left_out"] == [{"name": REVERSED, "test_sets": ["calibrated", "easier", "easiest"]}]
    by_set = {each["test_set"]: each for each in content["comparisons"]}
    accuracies = _published_accuracies(content, counts)
    for name, (change, slope) in CHANGE_AND_SLOPE.items():
        found = by_set[name]
        old, new = accuracies["original"], accuracies[name]
        assert round(100 * found["mean_change"], 2) == change == round(100 * float((new - old).mean()), 2)
        assert round(found["fits"]["probit"]["slope"], 3) == slope
        assert found["rank_correlation"] == pytest.approx(spearmanr(old, new).statistic)
        assert found["kendall"] == pytest.approx(kendalltau(old, new).statistic)
        opposite = (np.subtract.outer(old, old) * np.subtract.outer(new, new) < 0).sum() // 2
        assert (found["order"]["num_pairs"], found["order"]["num_changed"]) == (66 * 65 // 2, opposite)
        assert found["order"]["num_significant"] <= opposite
        parts = found["decomposition"]
        assert (parts["explained"], parts["remainder"]) == (None, parts["change"])
        assert "drawn elsewhere" in parts["why_not"]
        assert parts["generalization"] < parts["hoeffding"] < 0.014
    assert by_set["calibrated"]["order"]["num_significant"] == 0, "no two have changed places beyond doubt"
    _is_similar_as_published(content)


def _published_accuracies(content: Any, counts: dict[str, dict[str, str]]) -> dict[str, Any]:
    """By set, in the order of the report."""
    rows = [counts[each["name"]] for each in content["classifiers"]]
    return {
        called: np.array([int(row[f"{column}_top1_correct"]) / int(row[f"{column}_n"]) for row in rows])
        for _, called, column in published.SETS.values()
    }


def _is_similar_as_published(content: Any) -> None:
    """Classifiers of ImageNet agree far beyond what their accuracies explain [Mania et al. 2019, figure 1]."""
    for each in content["similarity"]:
        assert each["mean_agreement"] > each["mean_independent"] + 0.05
        assert 1 < each["num_effective"] < 66
    assert len(content["classes"]["rows"]) == 1000
    assert [sum(row["num_images"][place] for row in content["classes"]["rows"]) for place in (0, 1)] == [50000, 10000]
    assert content["frequency"] == []
    assert sum("Nobody has judged" in each for each in content["warnings"]) == 4


def test_accuracy_by_the_number_of_judgements_that_selected_comes_out(
    reference_dir: Path, tmp_path: Path, researcher: User, researcher_client: Client
) -> None:
    published.study(reference_dir, tmp_path).researchers.add(researcher)
    published.judge(reference_dir, tmp_path)
    test_set = published.frozen_set(reference_dir, tmp_path, "imagenet-validation-original")
    arrays, class_ids = (
        published.arrays_of(reference_dir, "imagenet-validation-original"),
        published.wnids(reference_dir),
    )
    list(published.uploaded(researcher_client, test_set, arrays, class_ids, only=["resnet50"]))
    run = Run.objects.get()
    is_correct = predictions.load_ranked(run=run)[:, 0] == scores.truth_of(run.classifier, test_set)
    counts = np.array(test_set.images.order_by("number").values_list("num_selected", "num_seen"))
    is_judged = counts[:, 1] > 0
    found = tally(scored_images(*counts[is_judged].T, is_correct[is_judged]))
    assert found.pairs.num_seen.tolist() == [5] * 6
    assert found.pairs.num_images.tolist() == [6064, 4218, 3768, 3424, 3741, 3674]
    by_count = 100 * found.num_correct[:, 0] / found.pairs.num_images
    assert by_count.round(2).tolist() == [36.20, 49.43, 55.71, 56.80, 61.24, 64.24]
