"""The chart of a test set: its selection frequencies beside the original's, as chosen and held out."""

from typing import Any

import altair as alt

from annotation.testsets import Figures
from annotation.testsets.figures import View
from frontend.charts import FREQUENCY_BINS, NARROW, THEMES, ThemeName, scales, styled

WIDTH, HEIGHT = 260, 220


def set_histogram(figures: Figures, name: str, *, theme: ThemeName = "light", is_narrow: bool = False) -> Any:
    """Share of images per fifth of the frequency: by the judgements a set was chosen by, and by the others.

    Beside each other, or one above the other where there is little room.
    """
    titles = {"By the half chosen by": figures.chosen_by, "By the half held out": figures.held_out}
    rows = [row for title, view in titles.items() for row in _rows(title, view, name)]
    colours = THEMES[theme]
    names = ["original", name]
    panels = (alt.Row if is_narrow else alt.Column)(
        "judgements:N",
        title=None,
        sort=list(titles),
        header=alt.Header(labelColor=colours.ink, labelFontSize=13, labelFontWeight=500, labelOrient="top"),
    )
    return styled(
        alt.Chart(alt.Data(values=rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=alt.X("bin:O", title="Selection frequency (%)", sort=FREQUENCY_BINS, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("of:N", sort=names),
            y=scales.share(alt.Y("share:Q"), "Share of images"),
            color=alt.Color(
                "of:N",
                scale=alt.Scale(domain=names, range=[colours.test_sets.get(each, colours.ink) for each in names]),
                legend=alt.Legend(orient="top", title=None),
            ),
            **{"row" if is_narrow else "column": panels},
        )
        .properties(width=NARROW if is_narrow else WIDTH, height=HEIGHT),
        colours,
    )


def _rows(title: str, view: View, name: str) -> list[dict[str, Any]]:
    return [
        {"judgements": title, "of": of, "bin": bin_name, "share": share}
        for of, shares in (("original", view.original_bins), (name, view.set_bins))
        for bin_name, share in zip(FREQUENCY_BINS, shares, strict=True)
    ]
