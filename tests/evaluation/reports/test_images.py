"""Sections that need to know who had which image right: by frequency, similarity, and classes."""

from typing import Any

import numpy as np
import pytest

from annotation.models import Origin, Strategy, Study
from evaluation import reports
from tests import cast
from tests.evaluation.reports import tabled

pytestmark = pytest.mark.django_db
NUM, SIZE = 4, 60
SELECTED = np.tile([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0], SIZE // 12)
SEEN = np.tile([10] * 11 + [0], SIZE // 12)


@pytest.fixture
def tables() -> tuple[Any, Any]:
    return tabled.drawn(NUM, SIZE), tabled.drawn(NUM, SIZE, seed=1, shift=-0.5)


@pytest.fixture
def content(tables: tuple[Any, Any]) -> Any:
    study: Study = tabled.study(num_classes=3)
    sets = [
        tabled.frozen(study, Strategy.ORIGINAL, tabled.candidates(study, SIZE, Origin.ORIGINAL), (SELECTED, SEEN)),
        tabled.frozen(study, Strategy.MATCHED_FREQUENCY, tabled.candidates(study, SIZE)),
    ]
    people = tabled.people(study, [f"net {number}" for number in range(NUM)])
    for test_set, correct in zip(sets, tables, strict=True):
        tabled.score(test_set, people, correct)
    return reports.build(study=study, now=cast.NOW).content


def ordered(content: Any, table: Any) -> Any:
    """Rows in the order of the report."""
    return table[[int(each["name"].split()[1]) for each in content["classifiers"]]]


def test_accuracy_by_frequency_is_counted_in_the_bins_that_sets_are_drawn_by(content: Any, tables: Any) -> None:
    original, calibrated = content["frequency"]
    right = ordered(content, tables[0])
    edges = [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9, 10)]
    for found, selected in zip(original["bins"], edges, strict=True):
        here = np.isin(SELECTED, selected) & (SEEN > 0)
        assert (found["num_images"], found["num_correct"]) == (here.sum(), right[:, here].sum(axis=1).tolist())
        assert found["mean_accuracy"] == pytest.approx(right[:, here].mean())
    assert [(each["low"], each["high"]) for each in original["bins"]][::4] == [(0.0, 0.2), (0.8, 1.0)]
    assert [each["num_images"] for each in calibrated["bins"]] == [0, 0, 0, 0, SIZE]
    assert calibrated["bins"][0]["mean_accuracy"] is None


def test_similarity_is_the_share_of_images_on_which_two_agree(content: Any, tables: Any) -> None:
    for found, table in zip(content["similarity"], tables, strict=True):
        right = ordered(content, table)
        accuracy = right.mean(axis=1)
        agreement = (right[:, None] == right[None]).mean(axis=2)
        independent = np.outer(accuracy, accuracy) + np.outer(1 - accuracy, 1 - accuracy)
        assert found["agreement"] == agreement.round(3).tolist()
        assert found["independent"] == independent.round(3).tolist()
        first, second = np.triu_indices(NUM, k=1)
        assert found["mean_agreement"] == pytest.approx(agreement[first, second].mean())
        assert found["mean_independent"] == pytest.approx(independent[first, second].mean())
        assert 1 < found["num_effective"] < NUM
        assert found["multiplier"] == pytest.approx(NUM / found["num_effective"])


def test_classes_are_summed_over_classifiers(content: Any, tables: Any) -> None:
    classes = content["classes"]
    truth = np.repeat(range(3), SIZE // 3)
    assert classes["num_classifiers"] == NUM
    for number, row in enumerate(classes["rows"]):
        right = [int(table[:, truth == number].sum()) for table in tables]
        assert (row["class_id"], row["name"]) == (f"c{number}", f"class {number}")
        assert (row["num_images"], row["num_correct"]) == ([SIZE // 3] * 2, right)
        assert row["change"] == pytest.approx((right[1] - right[0]) / (NUM * SIZE // 3))


def test_the_worst_drops_show_the_images_that_fewest_have_right(content: Any, tables: Any) -> None:
    worst = content["classes"]["worst"]
    changes = sorted(row["change"] for row in content["classes"]["rows"] if row["change"] < 0)
    assert [each["change"] for each in worst] == changes
    assert changes
    number = int(worst[0]["class_id"][1:])
    here = np.repeat(range(3), SIZE // 3) == number
    for side, table in zip(("original", "new"), tables, strict=True):
        fewest = sorted(table[:, here].sum(axis=0).tolist())[:8]
        assert [each["num_correct"] for each in worst[0][side]] == fewest
    assert {each["num_seen"] for each in worst[0]["new"]} == {10}


def test_one_classifier_is_similar_to_nobody() -> None:
    study = tabled.study(num_classes=1)
    sets = [
        tabled.frozen(study, strategy, tabled.candidates(study, SIZE, origin))
        for strategy, origin in ((Strategy.ORIGINAL, Origin.ORIGINAL), (Strategy.MATCHED_FREQUENCY, Origin.POOL))
    ]
    for test_set in sets:
        tabled.score(test_set, study.classifiers.all() or tabled.people(study, ["only"]), tabled.drawn(1, SIZE))
    content = reports.build(study=study, now=cast.NOW).content
    assert content["similarity"] == []
    assert content["comparisons"][0]["order"] == {"num_pairs": 0, "num_changed": 0, "num_significant": 0, "most": []}
    assert content["comparisons"][0]["largest_move"] is None


def test_whoever_has_all_right_is_related_to_nobody() -> None:
    study = tabled.study(num_classes=1)
    people = tabled.people(study, ["all", "some"])
    for strategy, origin in ((Strategy.ORIGINAL, Origin.ORIGINAL), (Strategy.MATCHED_FREQUENCY, Origin.POOL)):
        table = np.stack([np.ones(SIZE, dtype=np.bool_), np.arange(SIZE) % 2 == 0])
        tabled.score(tabled.frozen(study, strategy, tabled.candidates(study, SIZE, origin)), people, table)
    found = reports.build(study=study, now=cast.NOW).content["similarity"][0]
    assert (found["mean_agreement"], found["num_effective"], found["multiplier"]) == (0.5, None, None)
