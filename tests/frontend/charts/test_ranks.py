from typing import Any

import pytest

from evaluation.reports.content import Content
from frontend import charts
from tests.frontend.charts import cast
from tests.report_content import content as made


def moved(content: Content, places: dict[int, int]) -> Content:
    """Give the classifiers at these places other ranks on the first new set."""
    for index, rank in places.items():
        content["classifiers"][index]["results"][1]["rank"] = rank
    return content


def ranks(content: Content, **choice: str) -> dict[str, Any]:
    return charts.draw("ranks", content, **choice).to_dict(validate=True)


def test_each_classifier_has_its_two_ranks() -> None:
    content = moved(made(), {0: 3, 1: 1, 2: 2})
    assert charts.rows("ranks", content)[:2] == [
        {"classifier": "classifier 1", "test_set": "calibrated", "original_rank": 1, "new_rank": 3, "places_up": -2},
        {"classifier": "classifier 2", "test_set": "calibrated", "original_rank": 2, "new_rank": 1, "places_up": 1},
    ]
    ends = ranks(content)["datasets"]["ends"]
    assert [(end["at"], end["rank"]) for end in ends if end["classifier"] == "classifier 1"] == [(0, 1), (1, 3)]


def test_another_set_can_be_chosen() -> None:
    assert {row["test_set"] for row in charts.rows("ranks", made(), test_set="easier")} == {"easier"}
    with pytest.raises(charts.NoSuchChart, match="no test set 'original'; it has: calibrated, easier"):
        charts.rows("ranks", made(), test_set="original")


def test_those_who_moved_stand_out() -> None:
    ends = ranks(moved(made(), {0: 3, 1: 1, 2: 2}))["datasets"]["ends"]
    found = {end["classifier"]: end["moved"] for end in ends}
    assert found["classifier 1"] == "moved down"
    assert found["classifier 2"] == found["classifier 3"] == "moved up"
    assert found["classifier 4"] == "others"


def test_a_few_are_all_named_and_share_a_line_where_they_share_a_rank() -> None:
    names = ranks(moved(made(), {1: 1}))["datasets"]["names"]
    assert [(row["rank"], row["name"]) for row in names[:2]] == [(1, "classifier 1, classifier 2"), (3, "classifier 3")]


def test_of_many_only_those_that_moved_most_are_named_and_not_on_each_other() -> None:
    content = moved(cast.large(), {10: 40, 11: 41, 39: 12, 40: 5, 20: 21})
    names = {row["name"] for row in ranks(content)["datasets"]["names"]}
    assert {"classifier 11", "classifier 40", "classifier 41"} <= names
    assert "classifier 12" not in names
