import json
from typing import Any

import pytest

from annotation.models import Strategy
from evaluation import reports
from evaluation.errors import NotFinished
from evaluation.reports import Selection
from tests import cast
from tests.evaluation import reported
from tests.evaluation.reported import SIX

pytestmark = pytest.mark.django_db


def content_of(table: dict[str, Any], **original: Any) -> dict[str, Any]:
    study, _ = reported.scored_study(table, **original)
    content: dict[str, Any] = reports.build(study=study, now=cast.NOW).content
    return content


def test_every_classifier_has_its_accuracy_interval_and_change_on_every_set() -> None:
    content = content_of(SIX)
    assert [each["name"] for each in content["test_sets"]] == ["original", "calibrated", "easier"]
    assert [row["name"] for row in content["classifiers"]] == list(SIX)
    original, calibrated, _easier = content["classifiers"][0]["results"]
    assert (original["num_correct"], original["num_images"], original["accuracy"]) == (90, 100, 0.9)
    assert (round(original["low"], 4), round(original["high"], 4)) == (0.8238, 0.9510)
    assert "change" not in original
    assert calibrated["change"] == pytest.approx(-0.1)
    assert calibrated["change_low"] < -0.1 < calibrated["change_high"]


def test_a_comparison_has_mean_changes_and_both_lines() -> None:
    calibrated, easier = content_of(SIX)["comparisons"]
    assert calibrated["test_set"] == "calibrated"
    assert calibrated["mean_change"] == pytest.approx(-0.62 / 6)
    assert (calibrated["smallest_change"], calibrated["largest_change"]) == pytest.approx((-0.15, -0.02))
    assert calibrated["rank_correlation"] == 1
    assert calibrated["fits"]["linear"]["num_points"] == 6
    assert 0.9 < calibrated["fits"]["probit"]["r_squared"] <= 1
    assert easier["mean_change"] == pytest.approx(0.0)


def test_the_headline_is_about_the_calibrated_set() -> None:
    headline = content_of(SIX)["headline"]
    assert (headline["test_set"], headline["num_classifiers"]) == ("calibrated", 6)
    assert headline["mean_change"] == pytest.approx(-0.62 / 6)


def test_equal_counts_share_a_rank() -> None:
    content = content_of({"a": (90, 70, 70), "b": (90, 80, 60), "c": (50, 80, 90)})
    ranks = {row["name"]: [result["rank"] for result in row["results"]] for row in content["classifiers"]}
    assert ranks == {"a": [1, 3, 2], "b": [1, 1, 3], "c": [3, 1, 1]}


def test_the_same_scores_give_the_same_content() -> None:
    study, _ = reported.scored_study(SIX)
    first, second = (reports.build(study=study, now=cast.NOW) for _ in range(2))
    assert first.pk != second.pk
    assert json.dumps(first.content) == json.dumps(second.content)


def test_sets_are_cited_with_their_hash_and_mean_frequency() -> None:
    original = content_of(SIX)["test_sets"][0]
    assert original["citation"] == "digits-twin/original@r1"
    assert len(original["content_sha256"]) == 64
    assert (original["num_images"], original["mean_frequency"]) == (2, 0.75)


def test_a_simulated_set_makes_the_report_simulated_and_says_so_first() -> None:
    content = content_of(SIX, is_simulated=True)
    assert content["is_simulated"] is True
    assert content["warnings"][0].startswith("The judgements are simulated")


def test_real_judgements_carry_no_warning() -> None:
    content = content_of(SIX)
    assert content["is_simulated"] is False
    assert content["warnings"] == []


def test_a_classifier_missing_on_one_set_is_left_out_and_this_is_said() -> None:
    content = content_of(SIX | {"late": (99, 99, None), "unscored": ()})
    assert [row["name"] for row in content["classifiers"]] == list(SIX)
    assert content["left_out"] == [
        {"name": "late", "test_sets": ["easier"]},
        {"name": "unscored", "test_sets": ["original", "calibrated", "easier"]},
    ]
    assert content["warnings"] == [
        "Left out, as no finished run scored them on some of the sets: late (easier); "
        "unscored (original, calibrated, easier)."
    ]


def test_many_that_are_left_out_are_counted() -> None:
    content = content_of(SIX | {f"late {number:02}": (50, 50, None) for number in range(12)})
    assert content["warnings"][0].endswith("late 09 (easier); and 2 more.")


def test_few_classifiers_and_missing_images_are_warned_of() -> None:
    content = content_of({"a": (90, 80, 80)}, shortages=[{"num_missing": 1}, {"num_missing": 2}])
    assert content["warnings"] == [
        "Classifiers compared: only 1; the fitted lines say little.",
        "The original set lacks 3 images; see its shortages.",
    ]
    assert content["comparisons"][0]["fits"] == {"linear": None, "logit": None, "probit": None}


def test_an_accuracy_of_one_or_zero_does_not_break_the_probit_line() -> None:
    content = content_of({"perfect": (100, 100, 100), "middle": (60, 50, 60), "hopeless": (0, 0, 0)})
    fit = content["comparisons"][0]["fits"]["probit"]
    assert fit["num_points"] == 3
    assert fit["slope"] == pytest.approx(1, abs=0.01)
    json.dumps(content, allow_nan=False)


def test_only_the_latest_frozen_revision_is_compared() -> None:
    study, _ = reported.scored_study(SIX)
    newer = reported.frozen_set(study, Strategy.MATCHED_FREQUENCY, revision=2)
    for row in study.classifiers.all():
        reported.score(row, newer, 42)
    content = reports.build(study=study, now=cast.NOW).content
    assert content["test_sets"][1]["citation"] == "digits-twin/calibrated@r2"
    assert content["comparisons"][0]["mean_new_accuracy"] == pytest.approx(0.42)


def test_test_sets_and_classifiers_can_be_chosen() -> None:
    study, (original, _calibrated, easier) = reported.scored_study(SIX)
    selection = Selection((easier.citation, original.citation), ("tree", "forest"))
    content = reports.build(study=study, now=cast.NOW, selection=selection).content
    assert [each["name"] for each in content["test_sets"]] == ["original", "easier"]
    assert [row["name"] for row in content["classifiers"]] == ["forest", "tree"]
    assert content["left_out"] == []


def test_without_a_frozen_new_set_nothing_can_be_compared() -> None:
    study = reported.study()
    reported.frozen_set(study)
    with pytest.raises(NotFinished, match="freeze them first"):
        reports.build(study=study, now=cast.NOW)


def test_without_a_finished_run_on_a_new_set_nothing_can_be_compared() -> None:
    study, _ = reported.scored_study({"a": (90, None, None)})
    with pytest.raises(NotFinished, match="No run on a new test set has finished yet"):
        reports.build(study=study, now=cast.NOW)


def test_without_a_classifier_scored_on_all_sets_nothing_can_be_compared() -> None:
    study, _ = reported.scored_study({"a": (90, 80, None), "b": (90, None, 80)})
    with pytest.raises(NotFinished, match="No classifier has been scored on all"):
        reports.build(study=study, now=cast.NOW)
    assert study.reports.count() == 0
