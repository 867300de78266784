"""Charts as Vega-Altair specifications: the same on the page and in the paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import vl_convert
from scipy.stats import norm

Scale = Literal["linear", "probit"]
ThemeName = Literal["light", "dark"]
SIDE = 520
PERCENT_TICKS = [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.9]
FREQUENCY_BINS = ["0–20", "20–40", "40–60", "60–80", "80–100"]


@dataclass(frozen=True)
class Theme:
    """The colours of tokens.css, for pictures that stand alone."""

    ink: str
    soft: str
    line: str
    background: str
    test_sets: Mapping[str, str]


THEMES: dict[str, Theme] = {
    "light": Theme(
        ink="#191a1c",
        soft="#585a60",
        line="#e4e4de",
        background="#ffffff",
        test_sets={
            "original": "#585a60",
            "calibrated": "#0a6b5c",
            "recalibrated": "#0b5f9e",
            "easier": "#b25a00",
            "easiest": "#5a4fb5",
        },
    ),
    "dark": Theme(
        ink="#eeeeea",
        soft="#a9abb0",
        line="#33363a",
        background="#1b1d1e",
        test_sets={
            "original": "#b3b5ba",
            "calibrated": "#5ccdb4",
            "recalibrated": "#7db8f5",
            "easier": "#f0a255",
            "easiest": "#a9a0ff",
        },
    ),
}
SHAPES = {"calibrated": "circle", "recalibrated": "diamond", "easier": "square", "easiest": "triangle-up"}


def key_chart(content: dict[str, Any], *, scale: Scale = "linear", theme: ThemeName = "light") -> alt.LayerChart:
    """Original accuracy against new accuracy: y = x, a fitted line and interval bars, one colour per set."""
    points = _points(content, scale)
    low, high = _domain(points, scale)
    colours = THEMES[theme]
    names = [each["test_set"] for each in content["comparisons"]]
    colour = alt.Color(
        "test set:N",
        scale=alt.Scale(domain=names, range=[colours.test_sets.get(name, colours.ink) for name in names]),
        legend=alt.Legend(orient="top", title=None, symbolSize=90, symbolOpacity=1, symbolStrokeWidth=0),
    )
    shape = alt.Shape("test set:N", scale=alt.Scale(domain=names, range=[SHAPES.get(n, "circle") for n in names]))
    x_title, y_title = "Original accuracy", "New accuracy"
    x, y = _axis("x", x_title, scale, low, high), _axis("y", y_title, scale, low, high)
    spans = {field: _axis(field, title, scale, low, high) for field, title in (("x_low", x_title), ("y_low", y_title))}
    base = alt.Chart(alt.Data(values=points))
    equal = alt.Chart(alt.Data(values=[{"x": low, "y": low}, {"x": high, "y": high}]))
    layers = [
        equal.mark_line(aria=False, strokeDash=[5, 4], color=colours.soft, strokeWidth=1).encode(x=x, y=y),
        alt.Chart(alt.Data(values=_fit_lines(content, scale, points)))
        .mark_line(aria=False, strokeWidth=1.5, opacity=0.8, clip=True)
        .encode(x=x, y=y, color=colour),
        base.mark_rule(aria=False, opacity=0.45).encode(x=spans["x_low"], x2="x_high:Q", y=y, color=colour),
        base.mark_rule(aria=False, opacity=0.45).encode(y=spans["y_low"], y2="y_high:Q", x=x, color=colour),
        base.mark_point(filled=True, size=80, opacity=1, stroke=colours.background, strokeWidth=1).encode(
            x=x,
            y=y,
            color=colour,
            shape=shape,
            tooltip=["classifier:N", "test set:N", "original:N", "new:N"],
            description="spoken:N",
        ),
    ]
    chart = alt.layer(*layers).properties(width=SIDE, height=SIDE)
    if content["is_simulated"]:  # in the picture itself: it travels without the page
        note = alt.TitleParams("Simulated judgements", anchor="start", color=colours.soft, fontWeight="normal")
        chart = chart.properties(title=note)
    return styled(chart, colours)


def frequency_histogram(
    original: Sequence[int], pool: Sequence[int], *, theme: ThemeName = "light"
) -> alt.Chart | alt.LayerChart:
    """Share of images per fifth of the selection frequency, original beside pool.

    `original` and `pool` are the numbers of images in the five bins cut at .2 .4 .6 .8.
    """
    rows = [
        {
            "bin": FREQUENCY_BINS[index],
            "origin": origin,
            "share": number / max(1, sum(numbers)),
            "images": f"{number} of {sum(numbers)}",
        }
        for origin, numbers in (("original", original), ("pool", pool))
        for index, number in enumerate(numbers)
    ]
    colours = THEMES[theme]
    palette = [colours.test_sets["original"], colours.test_sets["calibrated"]]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("bin:O", title="Selection frequency (%)", sort=FREQUENCY_BINS, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("origin:N", sort=["original", "pool"]),
            y=alt.Y("share:Q", title="Share of images (%)", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color(
                "origin:N",
                scale=alt.Scale(domain=["original", "pool"], range=palette),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["origin:N", "bin:O", "images:N"],
        )
        .properties(width=SIDE, height=240)
    )
    return styled(chart, colours)


def render(chart: Any, image_format: str) -> bytes:
    """The chart as a file: svg, png (twice the size, for print), pdf, or its specification as json."""
    specification = chart.to_json(indent=None)
    if image_format == "json":
        return str(specification).encode()
    if image_format == "svg":
        return vl_convert.vegalite_to_svg(specification).encode()
    if image_format == "png":
        return bytes(vl_convert.vegalite_to_png(specification, scale=2))
    if image_format == "pdf":
        return bytes(vl_convert.vegalite_to_pdf(specification))
    raise ValueError(f"image_format is {image_format!r}; it must be one of {', '.join(CONTENT_TYPES)}")


CONTENT_TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "json": "application/json",
}


def _points(content: dict[str, Any], scale: Scale) -> list[dict[str, Any]]:
    rows = []
    for classifier in content["classifiers"]:
        original, *new = classifier["results"]
        for result in new:
            row = {"classifier": classifier["name"], "test set": result["test_set"]}
            row |= {"original": _with_interval(original), "new": _with_interval(result)}
            row["spoken"] = f"{classifier['name']}: original {row['original']}, {result['test_set']} {row['new']}"
            for axis, source in (("x", original), ("y", result)):
                for suffix, key in (("", "accuracy"), ("_low", "low"), ("_high", "high")):
                    row[axis + suffix] = _place(source[key], source["num_images"], scale)
            rows.append(row)
    return rows


def _place(fraction: float, num_images: int, scale: Scale) -> float:
    if scale == "linear":
        return fraction
    inwards = 0.5 / num_images  # an accuracy of 0 or 1 has no finite probit
    return float(norm.ppf(min(max(fraction, inwards), 1 - inwards)))


def _with_interval(result: dict[str, Any]) -> str:
    return f"{result['accuracy']:.1%} [{result['low']:.1%}, {result['high']:.1%}]"


def _domain(points: list[dict[str, Any]], scale: Scale) -> tuple[float, float]:
    """The same for both axes, so that y = x is the diagonal."""
    lows = [row[key] for row in points for key in ("x_low", "y_low")]
    highs = [row[key] for row in points for key in ("x_high", "y_high")]
    margin = 0.03 * (max(highs) - min(lows))
    low, high = min(lows) - margin, max(highs) + margin
    return (max(low, 0.0), min(high, 1.0)) if scale == "linear" else (low, high)


def _axis(field: str, title: str, scale: Scale, low: float, high: float) -> Any:
    channel = alt.X if field.startswith("x") else alt.Y
    if scale == "probit":
        ticks = [float(norm.ppf(tick / 100)) for tick in PERCENT_TICKS]
        axis = alt.Axis(
            values=[tick for tick in ticks if low <= tick <= high],
            labelExpr="format(cumulativeNormal(datum.value) * 100, '.3~r')",
        )
        title = f"{title} (%, probit scale)"
    else:
        axis = alt.Axis(labelExpr="format(datum.value * 100, '.3~r')", tickCount=6)
        title = f"{title} (%)"
    return channel(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(domain=[low, high], nice=False, zero=False))


def _fit_lines(content: dict[str, Any], scale: Scale, points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two ends per set, no further than the classifiers reach."""
    ends = min(row["x"] for row in points), max(row["x"] for row in points)
    rows = []
    for comparison in content["comparisons"]:
        fit = comparison["fits"][scale]
        if fit:
            for x in ends:
                rows.append({"test set": comparison["test_set"], "x": x, "y": fit["slope"] * x + fit["intercept"]})
    return rows


def styled(chart: Any, colours: Theme) -> Any:
    """In the colours and the type of the pages."""
    font = "-apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
    return (
        chart.configure(font=font, background=colours.background, padding=8)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=colours.soft,
            titleColor=colours.ink,
            titleFontWeight=500,
            titleFontSize=13,
            titlePadding=10,
            labelFontSize=12,
            labelOverlap="greedy",
            labelSeparation=4,
            gridColor=colours.line,
            domainColor=colours.line,
            tickColor=colours.line,
        )
        .configure_legend(labelColor=colours.ink, labelFontSize=13)
    )
