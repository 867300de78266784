"""Frequency, similarity and classes: counts, units, order and size."""

from typing import Any

import pytest

from evaluation.reports.content import Content
from frontend import charts
from tests.frontend.charts import cast
from tests.report_content import content as made


@pytest.fixture
def content() -> Content:
    return made()


def test_each_set_has_its_accuracy_by_frequency(content: Content) -> None:
    rows = charts.rows("frequency", content)
    assert len(rows) == 3 * 5
    assert rows[1] == {
        "test_set": "original",
        "frequency_above_percent": 20,
        "frequency_up_to_percent": 40,
        "images": 200,
        "classifiers": 6,
        "mean_accuracy_percent": pytest.approx(52),
    }


def test_a_bin_without_images_is_left_out(content: Content) -> None:
    content["frequency"][0]["bins"][0] |= {"num_images": 0, "mean_accuracy": None}
    assert len(charts.rows("frequency", content)) == 14
    assert len(charts.draw("frequency", content).to_dict(validate=True)["datasets"]["bins"]) == 14


def test_every_pair_has_both_shares(content: Content) -> None:
    rows = charts.rows("similarity", content, test_set="easier")
    assert len(rows) == 15
    of = content["similarity"][2]
    assert rows[0] == {
        "test_set": "easier",
        "classifier": "classifier 1",
        "other_classifier": "classifier 2",
        "agreement_percent": pytest.approx(100 * of["agreement"][0][1]),
        "independent_agreement_percent": pytest.approx(100 * of["independent"][0][1]),
        "beyond_points": pytest.approx(100 * (of["agreement"][0][1] - of["independent"][0][1])),
    }


def test_similar_classifiers_stand_side_by_side(content: Content) -> None:
    agreement = [[0.9 if i % 2 == j % 2 else 0.5 for j in range(6)] for i in range(6)]
    content["similarity"][0]["agreement"] = agreement
    matrix = charts.draw("similarity", content).to_dict(validate=True)["datasets"]["matrix"]
    order = [int(row["name"].split()[-1]) % 2 for row in matrix]
    assert order in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0])
    assert [row["agreement"][0] for row in matrix] == [0.9, 0.9, 0.9, 0.5, 0.5, 0.5]


def test_names_of_many_classifiers_are_dropped() -> None:
    few, many = (
        charts.draw("similarity", each).to_dict(validate=True)["encoding"]["y"]["axis"]["labels"]
        for each in (made(), made(17))
    )
    assert (few, many) == (True, False)


def test_each_class_is_a_block_at_its_change(content: Content) -> None:
    rows = charts.rows("classes", content)
    assert rows[0] == {
        "class_id": "0",
        "class_name": "class 0",
        "original_images": 100,
        "new_images": 100,
        "original_accuracy_percent": pytest.approx(65),
        "new_accuracy_percent": pytest.approx(37),
        "change_points": pytest.approx(-28),
        "new_test_set": "calibrated",
    }
    blocks = charts.draw("classes", content).to_dict(validate=True)["datasets"]["classes"]
    for block, row in zip(blocks, rows, strict=True):
        assert block["from"] - 1e-9 <= row["change_points"] / 100 <= block["to"] + 1e-9


def test_blocks_of_one_bin_stand_on_each_other(content: Content) -> None:
    assert content["classes"]
    for row in content["classes"]["rows"]:
        row["change"] = -0.05
    blocks = charts.draw("classes", content).to_dict()["datasets"]["classes"]
    assert len({block["from"] for block in blocks}) == 1
    assert [(block["below"], block["above"]) for block in blocks] == [(i, i + 1) for i in range(10)]


def test_a_class_without_images_in_a_set_is_left_out(content: Content) -> None:
    assert content["classes"]
    content["classes"]["rows"][3] |= {"change": None, "num_images": [100, 0, 100]}
    assert len(charts.rows("classes", content)) == 9


@pytest.mark.parametrize(
    ("name", "most_kib"),
    [("key", 150), ("ranks", 40), ("frequency", 8), ("waterfall", 8), ("similarity", 90), ("classes", 230),
     ("robustness", 25), ("conditions", 30)],
)  # fmt: skip
def test_a_specification_stays_small_at_the_size_of_the_published_study(name: str, most_kib: int) -> None:
    assert len(charts.draw(name, cast.large()).to_json().encode()) < most_kib * 1024


def test_every_chart_has_a_limit_above() -> None:
    marks: Any = test_a_specification_stays_small_at_the_size_of_the_published_study.pytestmark  # type: ignore[attr-defined]
    assert [name for name, _ in marks[0].args[1]] == [each.name for each in charts.available(made())]
