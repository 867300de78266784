import re
from typing import Any

import pytest
from scipy.special import logit
from scipy.stats import norm

from evaluation.reports.content import Content
from frontend import charts
from tests.report_content import content as made

SCALES = ("probit", "linear", "logit")
PLACES = {"linear": lambda fraction: fraction, "probit": norm.ppf, "logit": logit}


@pytest.fixture
def content() -> Content:
    return made()


def key(content: Content, **choice: Any) -> dict[str, Any]:
    return charts.draw("key", content, **choice).to_dict(validate=True)


def alone(content: Content) -> Content:
    """One group only."""
    for each in content["classifiers"]:
        each["group"] = "standard"
    return content


@pytest.mark.parametrize("scale", SCALES)
def test_the_dashed_line_of_equal_accuracy_is_the_diagonal(content: Content, scale: str) -> None:
    chart = key(content, scale=scale)
    equal = chart["layer"][0]
    start, end = chart["datasets"]["equal"]
    assert equal["mark"]["strokeDash"]
    for axis in ("x", "y"):
        assert equal["encoding"][axis]["scale"]["domain"] == [start["x"], end["x"]]
    assert (start["x"], end["x"]) == (start["y"], end["y"])


def test_width_and_height_are_equal_and_stay_so(content: Content) -> None:
    chart = key(content)
    assert chart["width"] == chart["height"]
    assert chart["usermeta"]["isSquare"]


def test_the_scale_is_probit_unless_it_is_chosen(content: Content) -> None:
    assert key(content) == key(content, scale="probit")


@pytest.mark.parametrize("scale", SCALES)
def test_points_and_interval_ends_are_on_the_scale_of_the_axes(content: Content, scale: str) -> None:
    original, new = content["classifiers"][1]["results"][:2]
    row = next(
        each
        for each in key(content, scale=scale)["datasets"]["points"]
        if (each["classifier"], each["test_set"]) == (content["classifiers"][1]["name"], "calibrated")
    )
    there: Any = PLACES[scale]
    for side, source in (("x", original), ("y", new)):
        found = [row[side], row[f"{side}_low"], row[f"{side}_high"]]
        assert found == pytest.approx([there(source[name]) for name in ("accuracy", "low", "high")], abs=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_nothing_right_and_everything_right_have_a_place(scale: str) -> None:
    content = made(2, num_images=10)
    content["classifiers"][0]["results"][0] |= {"num_correct": 10, "accuracy": 1.0, "high": 1.0}
    content["classifiers"][1]["results"][1] |= {"num_correct": 0, "accuracy": 0.0, "low": 0.0}
    assert charts.render(charts.draw("key", content, scale=scale), "svg").startswith(b"<svg")


@pytest.mark.parametrize("scale", ["probit", "logit"])
def test_ticks_are_placed_by_the_scale_and_written_in_percent(content: Content, scale: str) -> None:
    drawn = charts.render(charts.draw("key", content, scale=scale), "svg").decode()
    assert {"30", "40", "50", "80", "90"} <= set(re.findall(r">([\d.]+)</text>", drawn))
    assert f"Original accuracy (%, {scale} scale)" in drawn
    assert f"New accuracy (%, {scale} scale)" in drawn


def test_accuracies_that_are_close_together_have_ticks_too() -> None:
    content = made(3, ("original", "easiest"), num_images=100_000)
    for each in content["classifiers"]:
        for result in each["results"]:
            result |= {"accuracy": 0.76, "low": 0.752, "high": 0.768}
    ticks = key(content)["layer"][0]["encoding"]["x"]["axis"]["values"]
    assert ticks[:4] == pytest.approx(norm.ppf([0.752, 0.754, 0.756, 0.758]), abs=1e-6)


def test_a_linear_axis_ends_at_100_percent() -> None:
    content = made(3, num_images=10)
    low, high = key(content, scale="linear")["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low >= 0
    assert high <= 1


@pytest.mark.parametrize("scale", SCALES)
def test_each_set_has_its_fitted_line_with_its_band(content: Content, scale: str) -> None:
    lines = key(content, scale=scale)["datasets"]["lines"]
    there: Any = PLACES[scale]
    fit = content["comparisons"][1]["fits"][scale]
    assert fit is not None
    of_set = [row for row in lines if row["test_set"] == "easier"]
    assert len(of_set) == len(fit["line"])
    for row, line in zip(of_set, fit["line"], strict=True):
        assert [row["x"], row["y"], row["y_low"], row["y_high"]] == pytest.approx(there(line), abs=1e-6)


@pytest.mark.parametrize("theme", list(charts.THEMES))
def test_each_set_has_its_own_colour(content: Content, theme: str) -> None:
    encoding = key(content, theme=theme)["layer"][-1]["encoding"]
    scale = encoding["color"]["scale"]
    assert scale["domain"] == ["calibrated", "easier"]
    assert scale["range"] == [charts.THEMES[theme].test_sets[name] for name in scale["domain"]]


def test_sets_of_other_names_have_colours_of_their_own() -> None:
    names = ["calibrated", *(f"calibrated, revision {number}" for number in range(2, 9))]
    colours = charts.THEMES["light"].colours_of(names)
    assert colours[0] == charts.THEMES["light"].test_sets["calibrated"]
    assert len(set(colours)) == len(names)


def test_shapes_are_groups_where_there_are_several(content: Content) -> None:
    shape = key(content)["layer"][-1]["encoding"]["shape"]
    assert shape["scale"]["domain"] == ["standard", "robustness intervention", "more data"]
    assert len(set(shape["scale"]["range"])) == 3
    assert {row["group"] for row in key(content)["datasets"]["points"]} == set(shape["scale"]["domain"])


def test_shapes_are_sets_where_there_is_one_group(content: Content) -> None:
    chart = key(alone(content))
    shape = chart["layer"][-1]["encoding"]["shape"]
    assert shape["scale"]["domain"] == ["calibrated", "easier"]
    assert len(set(shape["scale"]["range"])) == 2
    assert [each["name"] for each in chart["params"]] == ["kept_sets"]


def test_a_legend_entry_keeps_its_own_set_or_group(content: Content) -> None:
    chart = key(content)
    params = {each["name"]: each for each in chart["params"]}
    assert {name: each["bind"] for name, each in params.items()} == {"kept_sets": "legend", "kept_groups": "legend"}
    assert [each["filter"]["param"] for each in chart["layer"][-1]["transform"]] == ["kept_sets", "kept_groups"]
    assert [each["filter"]["param"] for each in chart["layer"][1]["transform"]] == ["kept_sets"]


def test_every_point_is_spoken_and_everything_else_is_silent(content: Content) -> None:
    *others, points = key(content)["layer"]
    assert points["encoding"]["description"]["field"] == "spoken"
    assert not any(layer["mark"]["aria"] for layer in others)
    drawn = charts.render(charts.draw("key", content), "svg").decode()
    assert 'aria-label="classifier 1: original 90.0% [88.0%, 91.8%], calibrated 78.0% [75.3%, 80.5%]"' in drawn


def test_bars_are_thin_where_there_are_many_classifiers(content: Content) -> None:
    few, many = (key(each)["layer"][3]["mark"]["strokeWidth"] for each in (content, made(31)))
    assert many < few


def test_a_single_classifier_has_points_and_no_line() -> None:
    content = made(1)
    assert key(content)["datasets"]["lines"] == []
    assert charts.render(charts.draw("key", content), "svg").startswith(b"<svg")


def test_rows_are_the_figures_in_percent_with_their_counts(content: Content) -> None:
    row = charts.rows("key", content, scale="linear")[0]
    assert row == {
        "classifier": "classifier 1",
        "group": "standard",
        "test_set": "calibrated",
        "original_correct_images": 900,
        "original_images": 1000,
        "original_accuracy_percent": 90.0,
        "original_low_percent": pytest.approx(87.97, abs=0.01),
        "original_high_percent": pytest.approx(91.79, abs=0.01),
        "original_rank": 1,
        "new_correct_images": 780,
        "new_images": 1000,
        "new_accuracy_percent": 78.0,
        "new_low_percent": pytest.approx(75.30, abs=0.01),
        "new_high_percent": pytest.approx(80.53, abs=0.01),
        "new_rank": 1,
        "change_points": -12.0,
    }
    assert len(charts.rows("key", content)) == 12
    assert charts.rows("key", content)[0]["new_accuracy_probit"] == pytest.approx(norm.ppf(0.78), abs=1e-6)
