"""From the original accuracy to the new one: what matching the frequencies explains, and what remains."""

from itertools import pairwise
from textwrap import wrap
from typing import Any

import altair as alt

from evaluation.reports.content import Content
from frontend.charts.base import (
    WIDTH,
    Chart,
    Choice,
    Drawing,
    Row,
    comparison_of,
    new_sets,
    percent,
    points,
    register,
    table,
    wide,
)
from frontend.charts.themes import Theme, styled

ROW_HEIGHT = 56
NARROW = 44
"""So many letters of a note fit into a line on a telephone."""


@register
class Waterfall(Chart):
    """Levels for the two means, bars for the parts of the change, whiskers for chance."""

    name = "waterfall"
    title = "What explains the change"

    def test_sets(self, content: Content) -> list[str]:
        return new_sets(content)

    def caption(self, content: Content) -> str:
        return (
            "From the mean accuracy on the original (top) to that on the new set (bottom), in %. Bars are the parts of "
            "the change, in points: what the bias of matching selection frequencies explains, and what remains for a "
            "difference between the distributions. Whiskers are 95\N{NO-BREAK SPACE}% "
            "bounds of what chance in the images does."
        )

    def alt(self, content: Content) -> str:
        parts = comparison_of(content, new_sets(content)[0])["decomposition"]
        told = f"the mean accuracy changes by {points(parts['change'])} points on {new_sets(content)[0]}"
        if parts["explained"] is None:
            return f"Waterfall: {told}; how much of it is explained is unknown."
        explained, remainder = points(parts["explained"]), points(parts["remainder"])
        return f"Waterfall: {told}, {explained} explained by matching of frequencies, {remainder} remaining."

    def notes(self, content: Content, choice: Choice) -> list[str]:
        parts = comparison_of(content, choice.test_set)["decomposition"]
        return wrap(parts["why_not"], NARROW) if parts["explained"] is None else []

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        return [
            {"test_set": choice.test_set, "step": step["step"]}
            | {f"{key}_percent": percent(step[key]) for key in ("start", "end", "low", "high")}
            | {"change_points": percent(step["change"]) if step["change"] is not None else None}
            for step in _steps(content, choice)
        ]

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        steps = _steps(content, choice)
        ends = [step[key] for step in steps for key in ("start", "end", "low", "high")]
        spread = (max(ends) - min(ends)) or 0.01
        reach = alt.Scale(domain=[min(ends) - 0.06 * spread, max(ends) + 0.3 * spread], nice=False, zero=False)
        x = alt.X(
            "start:Q",
            title=f"Mean accuracy on {choice.test_set} (%)",
            scale=reach,
            axis=alt.Axis(labelExpr="format(datum.value * 100, '.4~r')", tickCount=5),
        )
        y = alt.Y("step:N", title=None, sort=None, axis=alt.Axis(labelLimit=110, grid=False, ticks=False))
        base = alt.Chart(table("steps")).encode(y=y)
        colours = alt.Scale(
            domain=["level", "explained", "remainder"], range=[theme.ink, theme.accent, theme.test_sets["easier"]]
        )
        colour = alt.Color("kind:N", scale=colours, legend=None)
        tooltip = [alt.Tooltip("step:N", title="part"), alt.Tooltip("said:N", title="size")]
        from_low, from_right = alt.X("low:Q", scale=reach), alt.X("right:Q", scale=reach)
        bars = base.transform_filter("datum.kind !== 'level'").mark_bar(size=22, opacity=0.85)
        levels = base.transform_filter("datum.kind === 'level'").mark_tick(thickness=4, size=30)
        connectors = alt.Chart(table("connectors")).mark_rule(aria=False, color=theme.soft, strokeDash=[2, 3])
        chart = alt.layer(
            connectors.encode(x=alt.X("at:Q", scale=reach), y=alt.Y("step:N", sort=None), y2="next:N"),
            bars.encode(x=x, x2="end:Q", color=colour, tooltip=tooltip),
            levels.encode(x=x, color=colour, tooltip=tooltip),
            base.mark_rule(aria=False, color=theme.ink, strokeWidth=1.2).encode(x=from_low, x2="high:Q"),
            base.mark_text(aria=False, align="left", baseline="middle", dx=8, color=theme.ink, fontSize=12).encode(
                x=from_right, text="label:N"
            ),
        )
        size: dict[str, Any] = {"width": WIDTH, "height": ROW_HEIGHT * len(steps)}
        return Drawing(styled(chart.properties(**size, **wide()), theme), {"steps": steps, "connectors": _links(steps)})


def _steps(content: Content, choice: Choice) -> list[Row]:
    """Levels have one place; changes begin where the last step ended, with bounds around their own end."""
    comparison = comparison_of(content, choice.test_set)
    parts = comparison["decomposition"]
    original, new = comparison["mean_original_accuracy"], comparison["mean_new_accuracy"]
    steps = [_level("Original", original, parts["sampling"])]
    at = original
    if parts["explained"] is not None:
        bounds = (parts["explained_low"], parts["explained_high"])
        steps.append(_change("Matching bias", "explained", at, parts["explained"], bounds))
        at += parts["explained"]
    label = "Remainder" if parts["explained"] is not None else "Change"
    bounds = (parts["remainder_low"], parts["remainder_high"])
    steps.append(_change(label, "remainder", at, parts["remainder"], bounds))
    return [*steps, _level("New", new, parts["generalization"])]


def _level(step: str, accuracy: float, half_width: float) -> Row:
    bounds = {"low": max(0.0, accuracy - half_width), "high": min(1.0, accuracy + half_width)}
    row: Row = {"step": step, "kind": "level", "start": accuracy, "end": accuracy, "change": None} | bounds
    label = f"{accuracy:.1%}"
    return row | {
        "right": bounds["high"],
        "label": label,
        "said": f"{label}, chance in its images ±{100 * half_width:.1f} points",
    }


def _change(step: str, kind: str, start: float, change: float, bounds: tuple[float | None, float | None]) -> Row:
    low, high = (change if bound is None else bound for bound in bounds)
    end = start + change
    row: Row = {"step": step, "kind": kind, "start": start, "end": end, "change": change}
    said = f"{points(change)} points [{points(low)}, {points(high)}]"
    bounds_at = {"low": start + low, "high": start + high, "right": max(start, end, start + high)}
    return row | bounds_at | {"label": points(change), "said": said}


def _links(steps: list[Row]) -> list[Row]:
    return [{"step": step["step"], "next": following["step"], "at": step["end"]} for step, following in pairwise(steps)]
