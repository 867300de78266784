"""The waterfall, the conditions and robustness: what each draws from the content."""

from typing import Any

import pytest

from evaluation.reports.content import Content
from frontend import charts
from tests.report_content import content as made


@pytest.fixture
def content() -> Content:
    return made()


def unexplained(content: Content) -> Content:
    parts: Any = content["comparisons"][0]["decomposition"]
    parts |= {"explained": None, "explained_low": None, "explained_high": None, "correction": None}
    parts |= {"why_not": "The original set has no judgements to compare with.", "remainder": parts["change"]}
    return content


def test_the_parts_lead_from_the_original_to_the_new_accuracy(content: Content) -> None:
    rows = charts.rows("waterfall", content)
    assert [row["step"] for row in rows] == ["Original", "Matching bias", "Remainder", "New"]
    assert [row["start_percent"] for row in rows] == pytest.approx([65, 65, 57.8, 53])
    assert [row["end_percent"] for row in rows] == pytest.approx([65, 57.8, 53, 53])
    assert [row["change_points"] for row in rows] == [None, pytest.approx(-7.2), pytest.approx(-4.8), None]


def test_whiskers_are_bounds_of_what_chance_does(content: Content) -> None:
    original, explained, remainder, new = charts.rows("waterfall", content)
    assert (original["low_percent"], original["high_percent"]) == pytest.approx((64.5, 65.5))
    assert (explained["low_percent"], explained["high_percent"]) == pytest.approx((55.8, 59.8))
    assert (remainder["low_percent"], remainder["high_percent"]) == pytest.approx((50.5, 55.5))
    assert (new["low_percent"], new["high_percent"]) == pytest.approx((52, 54))


def test_where_nothing_is_explained_the_picture_says_why(content: Content) -> None:
    content = unexplained(content)
    assert [row["step"] for row in charts.rows("waterfall", content)] == ["Original", "Change", "New"]
    chart = charts.draw("waterfall", content).to_dict(validate=True)
    assert " ".join(chart["title"]["text"]) == "The original set has no judgements to compare with."
    assert charts.rows("waterfall", content, test_set="easier")[1]["step"] == "Matching bias"


def test_conditions_stand_beside_the_images_as_they_are(content: Content) -> None:
    noise, fog = charts.rows("conditions", content)
    assert noise == {
        "condition": "gaussian_noise:3",
        "kind": "gaussian noise",
        "severity": 3,
        "test_set": "original",
        "classifiers": 6,
        "mean_accuracy_percent": pytest.approx(52),
        "mean_clean_accuracy_percent": pytest.approx(65),
        "mean_change_points": pytest.approx(-13),
    }
    assert (fog["kind"], fog["severity"]) == ("fog", 1)


@pytest.mark.parametrize(
    ("condition", "kind", "severity"),
    [
        ("gaussian_noise:3@2", "gaussian noise", 3),
        ("pgd:linf,0.01", "pgd linf,0.01", None),
        ("rotation_translation:10,3", "rotation translation 10,3", None),
        ("never heard of", "never heard of", None),
    ],
)
def test_only_corruptions_have_a_severity(content: Content, condition: str, kind: str, severity: int | None) -> None:
    content["conditions"] = [content["conditions"][0] | {"condition": condition}]
    row = charts.rows("conditions", content)[0]
    assert (row["condition"], row["kind"], row["severity"]) == (condition, kind, severity)
    assert charts.render(charts.draw("conditions", content), "svg").startswith(b"<svg")


def test_of_many_conditions_the_worst_are_drawn_and_all_are_in_the_data(content: Content) -> None:
    one = content["conditions"][0]
    content["conditions"] = [
        {
            **one,
            "condition": f"rotation_translation:{number},0,0",
            "results": [{**one["results"][0], "accuracy": 1 - number / 100}],
        }
        for number in range(60)
    ]
    assert len(charts.rows("conditions", content)) == 60
    chart = charts.draw("conditions", content).to_dict()
    assert chart["title"]["text"] == ["The 40 of the lowest accuracy, of 60"]
    drawn = [row["condition"] for row in chart["datasets"]["conditions"]]
    assert drawn == [f"rotation_translation:{number},0,0" for number in range(20, 60)]


def test_without_conditions_or_groups_their_charts_are_not_there(content: Content) -> None:
    content["conditions"] = []
    for each in content["comparisons"]:
        each["robustness"] = None
    assert not {"conditions", "robustness"} & {each.name for each in charts.available(content)}
    with pytest.raises(charts.NoSuchChart):
        charts.draw("conditions", content)


def test_robustness_is_told_in_points_with_the_counterpart(content: Content) -> None:
    row = charts.rows("robustness", content)[3]
    assert row == {
        "classifier": "classifier 4",
        "group": "robustness intervention",
        "counterpart": "classifier 1",
        "test_set": "calibrated",
        "original_accuracy_percent": pytest.approx(60),
        "new_accuracy_percent": pytest.approx(48),
        "effective_robustness_points": pytest.approx(-1),
        "relative_robustness_points": pytest.approx(2),
    }
    dots = charts.draw("robustness", content).to_dict(validate=True)["datasets"]["points"]
    assert dots[3]["relative_said"] == "+2.0 to classifier 1"
    assert dots[0]["relative_said"] == "–"
