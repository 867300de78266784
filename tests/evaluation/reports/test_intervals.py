"""What the report says about the mean change and about moves in the order."""

from typing import Any

import pytest

from evaluation import reports
from tests import cast
from tests.evaluation import reported

pytestmark = pytest.mark.django_db


def content_of(table: dict[str, Any]) -> dict[str, Any]:
    study, _ = reported.scored_study(table)
    content: dict[str, Any] = reports.build(study=study, now=cast.NOW).content
    return content


def test_the_mean_change_has_the_mean_of_the_bounds_as_its_interval() -> None:
    content = content_of(reported.SIX)
    calibrated = [row["results"][1] for row in content["classifiers"]]
    for bound in ("low", "high"):
        mean = sum(each[f"change_{bound}"] for each in calibrated) / len(calibrated)
        assert content["comparisons"][0][f"mean_change_{bound}"] == pytest.approx(mean)
        assert content["headline"][f"mean_change_{bound}"] == pytest.approx(mean)


def test_one_classifier_has_its_own_interval() -> None:
    content = content_of({"only": (90, 80, 88)})
    result, headline = content["classifiers"][0]["results"][1], content["headline"]
    assert (headline["mean_change_low"], headline["mean_change_high"]) == pytest.approx(
        (result["change_low"], result["change_high"])
    )


def test_a_move_in_the_order_counts_upwards_from_the_original() -> None:
    content = content_of({"a": (90, 70, 70), "b": (80, 75, 60), "c": (50, 80, 50)})
    moves = {row["name"]: [each["rank_change"] for each in row["results"][1:]] for row in content["classifiers"]}
    assert moves == {"a": [-2, 0], "b": [0, 0], "c": [2, 0]}
    assert "rank_change" not in content["classifiers"][0]["results"][0]


def test_frequencies_of_a_set_are_kept_as_counts() -> None:
    original = content_of(reported.SIX)["test_sets"][0]
    assert (original["num_selected"], original["num_seen"]) == (15, 20)
