import re
from html import unescape
from typing import Any

import numpy as np
import pytest

from annotation.testsets import Figures
from annotation.testsets.figures import View
from frontend import charts
from frontend.planning import Question
from frontend.planning_charts import power_chart
from frontend.testset_charts import set_histogram

ROWS = np.array([(1, 10, 5, 0.5), (9, 10, 5, 0.5)])
VIEW = View(set=ROWS, original=ROWS)
FIGURES = Figures(whole=VIEW, chosen_by=VIEW, held_out=VIEW, is_matched=True, is_replayed=False, gap=None)
QUESTION = Question(
    change=-0.1, original_accuracy=0.7, num_original=1000, num_classes=10, num_measured=42, pay_minor_units=0
)


def test_the_histogram_shows_shares_of_each_origin() -> None:
    chart = charts.frequency_histogram([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])
    rows = chart.to_dict()["data"]["values"]
    assert [row["share"] for row in rows[:5]] == [0, 0.1, 0.2, 0.3, 0.4]
    assert rows[5] == {"bin": "0–20", "origin": "pool", "share": 0.4, "images": "4 of 10"}
    assert charts.render(chart, "svg").startswith(b"<svg")


def test_an_empty_histogram_can_be_drawn() -> None:
    assert charts.render(charts.frequency_histogram([0] * 5, [0] * 5), "svg").startswith(b"<svg")


def _written(chart: Any) -> list[str]:
    """Every text of the picture."""
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]+)</text>", charts.render(chart, "svg").decode())]


@pytest.mark.parametrize(
    ("chart", "title"),
    [
        (charts.frequency_histogram([0, 1, 2, 3, 4], [4, 3, 2, 1, 0]), "Share of images (%)"),
        (power_chart(QUESTION), "Probability of seeing the change (%)"),
        (set_histogram(FIGURES, "calibrated"), "Share of images (%)"),
    ],
)
def test_percent_is_written_once_in_the_title_of_its_axis(chart: Any, title: str) -> None:
    texts = _written(chart)
    assert title in texts
    assert {"20", "40"} <= set(texts)
    assert not [text for text in texts if text.endswith("%")]


def test_all_of_the_narrow_one_is_to_be_seen_on_a_phone() -> None:
    drawn = charts.render(charts.frequency_histogram([1] * 5, [2] * 5, is_narrow=True), "svg")
    found = re.search(rb'width="(\d+)', drawn)
    assert found is not None
    assert 200 < int(found[1]) <= 290
