"""Accuracy by selection frequency, on every set that has judgements."""

import altair as alt

from evaluation.reports.content import Content, FrequencyBin
from frontend.charts.base import WIDTH, Chart, Choice, Drawing, Row, percent, register, table, wide
from frontend.charts.themes import Theme, styled


@register
class Frequency(Chart):
    """A line per test set over the bins of the selection frequency."""

    name = "frequency"
    title = "Accuracy by selection frequency"

    def is_available(self, content: Content) -> bool:
        return any(each["mean_accuracy"] is not None for row in content["frequency"] for each in row["bins"])

    def caption(self, content: Content) -> str:
        return (
            "Mean accuracy of the classifiers, in %, on the images that so many of their workers selected. Where the "
            "lines lie on each other, a set is not harder than its selection frequencies say. Larger points stand for "
            "more images."
        )

    def alt(self, content: Content) -> str:
        ends = []
        for each in content["frequency"]:
            known = [row["mean_accuracy"] for row in each["bins"] if row["mean_accuracy"] is not None]
            if known:
                ends.append(f"{each['test_set']} from {known[0]:.0%} to {known[-1]:.0%}")
        return f"Mean accuracy from the least to the most selected images: {', '.join(ends)}."

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        return [
            {
                "test_set": each["test_set"],
                "frequency_above_percent": percent(row["low"]),
                "frequency_up_to_percent": percent(row["high"]),
                "images": row["num_images"],
                "classifiers": len(row["num_correct"]),
                "mean_accuracy_percent": percent(row["mean_accuracy"]),
            }
            for each in content["frequency"]
            for row in each["bins"]
            if row["mean_accuracy"] is not None
        ]

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        names = [each["test_set"] for each in content["frequency"]]
        data = [
            {"test_set": each["test_set"], "bin": _label(row), "accuracy": row["mean_accuracy"]}
            | {"images": row["num_images"], "said": f"{row['mean_accuracy']:.1%}"}
            for each in content["frequency"]
            for row in each["bins"]
            if row["mean_accuracy"] is not None
        ]
        base = alt.Chart(table("bins")).encode(
            x=alt.X(
                "bin:O",
                title="Selection frequency (%)",
                sort=[_label(row) for row in content["frequency"][0]["bins"]],
                axis=alt.Axis(labelAngle=0),
                scale=alt.Scale(type="point", padding=0.3),
            ),
            y=alt.Y(
                "accuracy:Q",
                title="Mean accuracy (%)",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(labelExpr="format(datum.value * 100, '.3~r')", tickCount=5),
            ),
            color=alt.Color(
                "test_set:N",
                scale=alt.Scale(domain=names, range=theme.colours_of(names)),
                legend=alt.Legend(orient="top", title=None, symbolType="circle"),
            ),
        )
        dots = base.mark_point(filled=True, opacity=1, stroke=theme.background, strokeWidth=1).encode(
            size=alt.Size("images:Q", scale=alt.Scale(range=[40, 160], zero=True), legend=None),
            tooltip=[
                alt.Tooltip("test_set:N", title="test set"),
                alt.Tooltip("bin:N", title="frequency (%)"),
                alt.Tooltip("said:N", title="mean accuracy"),
                alt.Tooltip("images:Q", title="images", format=","),
            ],
        )
        chart = alt.layer(base.mark_line(aria=False, strokeWidth=2), dots)
        return Drawing(styled(chart.properties(width=WIDTH, height=300, **wide()), theme), {"bins": data})


def _label(row: FrequencyBin) -> str:
    return f"{100 * row['low']:.3g}–{100 * row['high']:.3g}"
