"""The charts of docs/statistics.md; changes in percentage points."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from evaluation.stats.jackknife import Extrapolation
from frontend.charts import THEMES, styled
from tests.verification.simulated import Results

THEME = THEMES["light"]
COLOURS = {
    "none": THEME.soft,
    "naive": THEME.test_sets["easier"],
    "jackknife, order 1": "#9a93d6",
    "jackknife, order 2": THEME.test_sets["easiest"],
    "mixtures": THEME.test_sets["calibrated"],
}
SHAPES = ["cross", "square", "triangle-up", "triangle-down", "circle"]
WIDTH = 560


def simulation_chart(results: Results) -> Any:
    """Where estimates fall, less the truth: mean, and the range of 95 in 100, per scenario and correction."""
    rows = [
        {
            "scenario": scenario,
            "correction": name,
            "bias": 100 * each.bias,
            "low": 100 * (each.bias - 1.96 * each.spread),
            "high": 100 * (each.bias + 1.96 * each.spread),
        }
        for scenario, of_each in results.items()
        for name, each in of_each.items()
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("scenario:N", sort=list(results), title=None, axis=alt.Axis(labelLimit=300)),
        yOffset=alt.YOffset("correction:N", sort=list(COLOURS), scale=alt.Scale(paddingOuter=0.25)),
        color=_colour("correction"),
    )
    title = "Estimated change of accuracy less the true one (percentage points)"
    chart = alt.layer(
        _zero_rule("x"),
        base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(
            x=alt.X("low:Q", title=title, axis=alt.Axis(tickCount=8)), x2="high:Q"
        ),
        base.mark_point(filled=True, size=55, opacity=1).encode(x="bias:Q", shape=_shape("correction")),
    )
    return styled(chart.properties(width=WIDTH, height=alt.Step(13)), THEME)


def real_chart(accuracy: NDArray[np.float64], changes: Mapping[str, NDArray[np.float64]]) -> Any:
    """What each correction leaves of the change, per classifier, over its accuracy."""
    rows = [
        {"accuracy": 100 * float(x), "correction": name, "change": 100 * float(y)}
        for name, change in changes.items()
        for x, y in zip(accuracy, change, strict=True)
    ]
    chart = alt.layer(
        _zero_rule("y"),
        alt.Chart(alt.Data(values=rows))
        .mark_point(filled=True, size=40, opacity=0.85)
        .encode(
            x=alt.X("accuracy:Q", title="Accuracy on the original half (%)", scale=alt.Scale(zero=False)),
            y=alt.Y("change:Q", title="Change of accuracy (percentage points)"),
            color=_colour("correction"),
            shape=_shape("correction"),
        ),
    )
    return styled(chart.properties(width=WIDTH, height=320), THEME)


def jackknife_chart(found: Extrapolation) -> Any:
    """The adjustment against 1/n, with the curve that is followed to 0."""
    points = [
        {"reciprocal": 1 / float(n), "change": 100 * float(y), "judgements": str(n), "point": used}
        for n, y, used in zip(
            found.num_judgements,
            found.estimate[:, 0],
            np.where(found.is_used, "used", "not used"),
            strict=True,
        )
        if n > 1  # so far to the right that the others would be squeezed together
    ]
    x = np.linspace(0, 0.22, 50)
    line = [
        {"reciprocal": a, "change": 100 * b} for a, b in zip(x.tolist(), found.curve(x)[:, 0].tolist(), strict=True)
    ]
    axes = {
        "x": alt.X("reciprocal:Q", title="1 / number of judgements", scale=alt.Scale(domain=[0, 0.55], nice=False)),
        "y": alt.Y("change:Q", title="Change of accuracy (percentage points)", axis=alt.Axis(tickCount=6)),
    }
    colour = alt.Color(
        "point:N",
        scale=alt.Scale(domain=["used", "not used"], range=[COLOURS["jackknife, order 2"], THEME.soft]),
        legend=alt.Legend(orient="top", title=None),
    )
    base = alt.Chart(alt.Data(values=points)).encode(**axes)
    chart = alt.layer(
        _zero_rule("y"),
        alt.Chart(alt.Data(values=line))
        .mark_line(color=COLOURS["jackknife, order 2"], strokeDash=[5, 4])
        .encode(**axes),
        base.mark_point(filled=True, size=70, opacity=1).encode(color=colour),
        base.mark_text(dx=9, align="left", baseline="bottom", color=THEME.soft, fontSize=11).encode(
            text="judgements:N"
        ),
    )
    return styled(chart.properties(width=WIDTH, height=300), THEME)


def _colour(field: str) -> alt.Color:
    scale = alt.Scale(domain=list(COLOURS), range=list(COLOURS.values()))
    return alt.Color(f"{field}:N", scale=scale, legend=alt.Legend(orient="top", title=None, columns=5, symbolOpacity=1))


def _shape(field: str) -> alt.Shape:
    return alt.Shape(f"{field}:N", scale=alt.Scale(domain=list(COLOURS), range=SHAPES))


def _zero_rule(axis: str) -> alt.Chart:
    """The truth."""
    rule = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=THEME.ink, strokeWidth=1)
    return rule.encode(x="zero:Q") if axis == "x" else rule.encode(y="zero:Q")
