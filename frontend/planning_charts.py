"""The charts of a plan: what more workers buy, and what more images buy."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from frontend.charts import THEMES, ThemeName, scales, styled
from frontend.planning import Precision, Question, power_of

WIDTH, HEIGHT = 420, 260
CURVE = (2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)


def precision_chart(rows: Sequence[Precision], *, theme: ThemeName = "light") -> Any:
    """Interval widths and the gap that matching leaves, by workers per grid."""
    names = ("original", "candidate", "gap")
    values = [
        {"workers": row.num_workers, "what": name, "points": value * 100}
        for row in rows
        for name, value in zip(names, (row.original_width, row.pool_width, abs(row.gap)), strict=True)
    ]
    colours = THEMES[theme]
    palette = [colours.test_sets["original"], colours.test_sets["calibrated"], colours.test_sets["easier"]]
    return styled(
        _lines(values, names, palette).encode(
            x=alt.X(
                "workers:Q",
                title="Workers per grid",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=[row.num_workers for row in rows]),
            ),
            y=alt.Y("points:Q", title="Width or gap (points)", axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=True)),
        ),
        colours,
    )


def power_chart(question: Question, *, theme: ThemeName = "light") -> Any:
    """The power to see the change, half of it and twice as much, by images per class."""
    changes = [factor * question.change for factor in (2, 1, 0.5)]
    changes = [change for change in changes if 0 < question.original_accuracy + change < 1]
    names = [f"loss of {abs(change) * 100:.3g}" for change in changes]
    values = [
        {"images": number, "what": name, "power": power_of(question, number, change)}
        for number in CURVE
        for name, change in zip(names, changes, strict=True)
    ]
    colours = THEMES[theme]
    palette = [colours.test_sets["easiest"], colours.test_sets["calibrated"], colours.test_sets["original"]]
    return styled(
        _lines(values, names, palette[-len(names) :]).encode(
            x=alt.X(
                "images:Q",
                title="Images per class",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(values=[2, 5, 10, 20, 50, 100]),
            ),
            y=scales.share(
                alt.Y("power:Q", scale=alt.Scale(domain=[0, 1])),
                "Probability of seeing the change",
            ),
        ),
        colours,
    )


def _lines(values: list[dict[str, Any]], names: Sequence[str], palette: Sequence[str]) -> alt.Chart:
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=list(names), range=list(palette)),
        legend=alt.Legend(orient="top", title=None, columns=3, labelLimit=200),
    )
    chart = alt.Chart(alt.Data(values=values)).mark_line(point=True, strokeWidth=2)
    return chart.encode(color=colour).properties(width=WIDTH, height=HEIGHT)
