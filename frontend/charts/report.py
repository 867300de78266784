"""All charts of a report by their names: those there are data for, each drawn, and its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
from altair.utils.schemapi import debug_mode

from evaluation.reports.content import Content
from frontend.charts.base import CHARTS, Chart, Choice, Drawing, NoSuchChart, Row
from frontend.charts.themes import THEMES, Theme

SIMULATED = "Simulated judgements"  # in the picture itself: it travels without the page


@dataclass(frozen=True)
class ReportChart:
    """A chart of the report, and what a reader may choose: `scale`, `test_set`, each with the default first."""

    name: str
    title: str
    caption: str
    alt: str
    choices: Mapping[str, Sequence[str]]


def available(content: Content) -> list[ReportChart]:
    """Those that the content has data for, in the order of the page."""
    return [
        ReportChart(name, chart.title, chart.caption(content), chart.alt(content), _choices(chart, content))
        for name, chart in CHARTS.items()
        if chart.is_available(content)
    ]


def draw(
    name: str, content: Content, *, theme: str = "light", scale: str | None = None, test_set: str | None = None
) -> Drawing:
    """The chart as a specification; NoSuchChart where there is none of this name, or not so."""
    chart = _chart(name, content)
    choice = _choice(chart, content, scale, test_set)
    if theme not in THEMES:
        raise NoSuchChart(f"There is no theme {theme!r}; there are: {', '.join(THEMES)}.")
    with debug_mode(False):
        return _drawn(chart, content, choice, THEMES[theme])


def _drawn(chart: Chart, content: Content, choice: Choice, theme: Theme) -> Drawing:
    drawing = chart.draw(content, choice, theme)
    notes = [*chart.notes(content, choice), *([SIMULATED] if content["is_simulated"] else [])]
    drawing.chart.description = chart.alt(content)
    if notes:
        drawing.chart.title = alt.TitleParams(notes)
    return drawing


def rows(name: str, content: Content, *, scale: str | None = None, test_set: str | None = None) -> list[Row]:
    """The data of the chart, one row per thing shown, with units in the names of columns."""
    chart = _chart(name, content)
    return chart.rows(content, _choice(chart, content, scale, test_set))


def _chart(name: str, content: Content) -> Chart:
    chart = CHARTS.get(name)
    if chart is None or not chart.is_available(content):
        known = ", ".join(each for each in CHARTS if CHARTS[each].is_available(content))
        raise NoSuchChart(f"This report has no chart {name!r}; it has: {known}.")
    return chart


def _choices(chart: Chart, content: Content) -> dict[str, Sequence[str]]:
    offered = {"scale": chart.scales, "test_set": chart.test_sets(content)}
    return {key: list(values) for key, values in offered.items() if values}


def _choice(chart: Chart, content: Content, scale: str | None, test_set: str | None) -> Choice:
    offered, chosen = _choices(chart, content), {}
    for key, asked in (("scale", scale), ("test_set", test_set)):
        values = offered.get(key, [])
        if asked is None and values:
            chosen[key] = values[0]
        elif asked is not None and asked in values:
            chosen[key] = asked
        elif asked is not None:
            there = ", ".join(values) or "none to choose"
            raise NoSuchChart(f"The chart {chart.name!r} has no {key.replace('_', ' ')} {asked!r}; it has: {there}.")
    return Choice(**chosen)  # type: ignore[arg-type]  # a scale is one of those offered
