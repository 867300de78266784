"""How quantities are spread in the original and in the pool, one panel for each, both origins over each other."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt

from annotation.candidates.comparing import NUMBERS, Histogram, Quantity
from frontend.charts.base import NoSuchChart
from frontend.charts.themes import THEMES, Theme, ThemeName, styled

WIDTH, HEIGHT, COLUMNS, SPACING = 290, 130, 2, 24
ALONE = COLUMNS * WIDTH + SPACING  # as wide as a row, so that its letters are as large as those of others
SHIFT_CHARTS = {
    "dates": ("taken", "uploaded"),
    "sizes": ("megapixels", "longer-side", "aspect", "file-size", "bits-per-pixel"),
    "colours": ("brightness", "colour-cast", "warmth"),
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shift_chart(name: str, histograms: Mapping[str, Histogram], *, theme: ThemeName = "light") -> Any:
    """Those of the quantities of this chart that are known in both origins."""
    known = [each for each in SHIFT_CHARTS.get(name, ()) if each in histograms]
    if not known:
        raise NoSuchChart(f"There is nothing to draw as {name!r}.")
    shown = [each for each in known if _varies(histograms[each])] or known
    colours = THEMES[theme]
    width = WIDTH if len(shown) > 1 else ALONE
    panels = [_panel(NUMBERS[each], histograms[each], colours, width) for each in shown]
    return styled(alt.concat(*panels, columns=COLUMNS, spacing=SPACING), colours)


def _varies(histogram: Histogram) -> bool:
    """Whether there is a shape to see: in many test sets all images have one size."""
    return sum(1 for pair in zip(histogram.original, histogram.pool, strict=True) if any(pair)) > 1


def _panel(quantity: Quantity, histogram: Histogram, colours: Theme, width: int) -> Any:
    palette = [colours.test_sets["original"], colours.test_sets["calibrated"]]
    chart = alt.Chart(alt.Data(values=_rows(quantity, histogram))).encode(
        x=_axis(quantity),
        y=alt.Y("share:Q", title="Share of images", stack=None, axis=alt.Axis(format=".0%", tickCount=3)),
        color=alt.Color(
            "origin:N",
            scale=alt.Scale(domain=["original", "pool"], range=palette),
            legend=alt.Legend(orient="top", title=None),
        ),
    )
    steps = chart.mark_area(interpolate="step-after", opacity=0.25) + chart.mark_line(
        interpolate="step-after", strokeWidth=2
    )
    return steps.properties(width=width, height=HEIGHT)


def _axis(quantity: Quantity) -> alt.X:
    title = quantity.label if quantity.is_date else f"{quantity.label} ({quantity.unit})"
    if quantity.is_date:
        return alt.X("at:T", title=title, scale=alt.Scale(type="utc"), axis=alt.Axis(tickCount=5))
    scale = alt.Scale(type="log", nice=False) if quantity.is_ratio else alt.Scale(zero=False, nice=False)
    return alt.X("at:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5, format=".3~r"))


def _rows(quantity: Quantity, histogram: Histogram) -> list[dict[str, Any]]:
    """Each share from where its bin begins; the last once more, where its bin ends."""
    return [
        {"origin": origin, "at": _place(quantity, edge), "share": share}
        for origin, shares in (("original", histogram.original), ("pool", histogram.pool))
        for edge, share in zip(histogram.edges, [*shares, shares[-1]], strict=True)
    ]


def _place(quantity: Quantity, edge: float) -> Any:
    return (EPOCH + timedelta(seconds=edge)).isoformat() if quantity.is_date else edge
