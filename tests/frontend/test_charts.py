import json
import re
from typing import Any

import pytest
from scipy.stats import norm

from evaluation import reports
from frontend import charts
from tests import cast
from tests.evaluation import reported

HOSTILE = "<script>alert('</svg>')</script>"
SIGNATURES = {"svg": b"<svg", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "json": b"{"}


@pytest.fixture
def content(db: None) -> dict[str, Any]:
    study, _ = reported.scored_study(reported.SIX | {HOSTILE: (100, 0, 50)})
    found: dict[str, Any] = reports.build(study=study, now=cast.NOW).content
    return found


def layers_of(content: dict[str, Any], scale: charts.Scale) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = charts.key_chart(content, scale=scale).to_dict()["layer"]
    return layers


@pytest.mark.parametrize("image_format", list(charts.CONTENT_TYPES))
@pytest.mark.parametrize("scale", ["linear", "probit"])
def test_every_format_can_be_drawn(content: dict[str, Any], scale: charts.Scale, image_format: str) -> None:
    drawn = charts.render(charts.key_chart(content, scale=scale), image_format)
    assert drawn.startswith(SIGNATURES[image_format])


def test_an_unknown_format_is_refused_with_those_that_are_known(content: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="image_format is 'gif'; it must be one of svg, png, pdf, json"):
        charts.render(charts.key_chart(content), "gif")


@pytest.mark.parametrize("scale", ["linear", "probit"])
def test_the_dashed_line_of_equal_accuracy_is_the_diagonal(content: dict[str, Any], scale: charts.Scale) -> None:
    equal, *_ = layers_of(content, scale)
    start, end = equal["data"]["values"]
    assert equal["mark"]["strokeDash"]
    for axis in ("x", "y"):
        assert equal["encoding"][axis]["scale"]["domain"] == [start["x"], end["x"]]
    assert (start["x"], end["x"]) == (start["y"], end["y"])


def test_a_picture_of_simulated_judgements_says_so_itself(content: dict[str, Any]) -> None:
    said = charts.render(charts.key_chart(content | {"is_simulated": True}), "svg")
    assert b"Simulated judgements" in said
    assert b"Simulated judgements" not in charts.render(charts.key_chart(content | {"is_simulated": False}), "svg")


def test_width_and_height_are_equal(content: dict[str, Any]) -> None:
    specification = charts.key_chart(content).to_dict()
    assert specification["width"] == specification["height"]


def test_points_and_interval_ends_are_on_the_scale_of_the_axes(content: dict[str, Any]) -> None:
    result = content["classifiers"][1]["results"][1]
    rows = layers_of(content, "probit")[-1]
    values = charts.key_chart(content, scale="probit").to_dict()
    row = next(
        each
        for each in rows.get("data", values.get("data"))["values"]
        if each["classifier"] == content["classifiers"][1]["name"] and each["test set"] == "calibrated"
    )
    assert row["y"] == pytest.approx(norm.ppf(result["accuracy"]))
    assert (row["y_low"], row["y_high"]) == pytest.approx(tuple(norm.ppf([result["low"], result["high"]])))


def test_probit_ticks_are_placed_by_the_scale_and_written_in_percent(content: dict[str, Any]) -> None:
    drawn = charts.render(charts.key_chart(content, scale="probit"), "svg").decode()
    assert {"50", "80", "90", "95"} <= set(re.findall(r">([\d.]+)</text>", drawn))
    assert "Original accuracy (%, probit scale)" in drawn
    assert "New accuracy (%, probit scale)" in drawn


def test_a_linear_axis_ends_at_100_percent(content: dict[str, Any]) -> None:
    low, high = layers_of(content, "linear")[0]["encoding"]["x"]["scale"]["domain"]
    assert low >= 0
    assert high <= 1


@pytest.mark.parametrize("scale", ["linear", "probit"])
def test_each_set_has_its_own_fitted_line_within_the_reach_of_the_points(
    content: dict[str, Any], scale: charts.Scale
) -> None:
    lines = layers_of(content, scale)[1]["data"]["values"]
    assert [row["test set"] for row in lines] == ["calibrated", "calibrated", "easier", "easier"]
    fit = content["comparisons"][0]["fits"][scale]
    assert [row["y"] for row in lines[:2]] == pytest.approx(
        [fit["slope"] * row["x"] + fit["intercept"] for row in lines[:2]]
    )


@pytest.mark.parametrize("theme", list(charts.THEMES))
def test_each_set_has_its_own_colour_and_shape(content: dict[str, Any], theme: charts.ThemeName) -> None:
    encoding = charts.key_chart(content, theme=theme).to_dict()["layer"][-1]["encoding"]
    for channel in ("color", "shape"):
        scale = encoding[channel]["scale"]
        assert scale["domain"] == ["calibrated", "easier"]
        assert len(set(scale["range"])) == 2
    assert encoding["color"]["scale"]["range"][0] == charts.THEMES[theme].test_sets["calibrated"]


def test_a_classifier_that_is_named_like_markup_stays_text(content: dict[str, Any]) -> None:
    drawn = charts.render(charts.key_chart(content), "svg").decode()
    assert "<script" not in drawn
    assert HOSTILE not in drawn
    written = json.loads(charts.render(charts.key_chart(content), "json"))
    assert HOSTILE in json.dumps(written)


def test_a_single_classifier_has_points_and_no_line(db: None) -> None:
    study, _ = reported.scored_study({"only": (90, 80, 85)})
    content = reports.build(study=study, now=cast.NOW).content
    assert layers_of(content, "probit")[1]["data"]["values"] == []
    assert charts.render(charts.key_chart(content, scale="probit"), "svg").startswith(b"<svg")


def test_the_histogram_shows_shares_of_each_origin() -> None:
    chart = charts.frequency_histogram([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])
    rows = chart.to_dict()["data"]["values"]
    assert [row["share"] for row in rows[:5]] == [0, 0.1, 0.2, 0.3, 0.4]
    assert rows[5] == {"bin": "0–20", "origin": "pool", "share": 0.4, "images": "4 of 10"}
    assert charts.render(chart, "svg").startswith(b"<svg")


def test_an_empty_histogram_can_be_drawn() -> None:
    assert charts.render(charts.frequency_histogram([0] * 5, [0] * 5), "svg").startswith(b"<svg")
