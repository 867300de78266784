"""Selection frequencies of the original beside those of the pool."""

from collections.abc import Sequence

import altair as alt

from frontend.charts import scales
from frontend.charts.base import SIDE
from frontend.charts.themes import THEMES, ThemeName, styled

NARROW = 212  # with its axis, all of it is to be seen on a phone
FREQUENCY_BINS = ["0–20", "20–40", "40–60", "60–80", "80–100"]


def frequency_histogram(
    original: Sequence[int], pool: Sequence[int], *, theme: ThemeName = "light", is_narrow: bool = False
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
            y=scales.share(alt.Y("share:Q"), "Share of images"),
            color=alt.Color(
                "origin:N",
                scale=alt.Scale(domain=["original", "pool"], range=palette),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["origin:N", "bin:O", "images:N"],
        )
        .properties(width=NARROW if is_narrow else SIDE, height=240)
    )
    return styled(chart, colours)
