"""The pool beside the original, in panels: what has a shape is drawn."""

import pytest

from annotation.candidates.comparing import Histogram
from frontend.charts.base import NoSuchChart
from frontend.charts.shift import shift_chart

SPREAD = Histogram(edges=[0, 1, 2], original=[0.5, 0.5], pool=[0.25, 0.75])
ONE_SIZE = Histogram(edges=[0, 1, 2], original=[0, 1], pool=[0, 1])


def titles(histograms: dict[str, Histogram]) -> list[str]:
    drawn = shift_chart("sizes", histograms).to_dict()
    return [panel["layer"][0]["encoding"]["x"]["title"] for panel in drawn["concat"]]


def test_a_quantity_that_is_the_same_in_all_images_has_no_panel() -> None:
    assert titles({"longer-side": ONE_SIZE, "file-size": SPREAD}) == ["File size (kB)"]


def test_where_all_are_the_same_they_are_drawn_all_the_same() -> None:
    assert titles({"longer-side": ONE_SIZE}) == ["Longer side (pixels)"]


def test_a_shift_from_one_value_to_another_is_drawn() -> None:
    moved = Histogram(edges=[0, 1, 2], original=[1, 0], pool=[0, 1])
    assert titles({"longer-side": moved, "file-size": SPREAD}) == ["Longer side (pixels)", "File size (kB)"]


def test_the_height_says_what_it_is() -> None:
    drawn = shift_chart("sizes", {"file-size": SPREAD}).to_dict()
    assert drawn["concat"][0]["layer"][0]["encoding"]["y"]["title"] == "Share of images"


def test_one_panel_alone_is_as_wide_as_a_row() -> None:
    def widths(**histograms: Histogram) -> list[int]:
        return [panel["width"] for panel in shift_chart("sizes", histograms).to_dict()["concat"]]

    assert widths(aspect=SPREAD) == [604]
    assert widths(aspect=SPREAD, megapixels=SPREAD) == [290, 290]


def test_of_what_is_not_known_there_is_no_chart() -> None:
    with pytest.raises(NoSuchChart):
        shift_chart("sizes", {})
