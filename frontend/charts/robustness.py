"""Effective robustness: how much more accurate than the line of the standard classifiers expects."""

import altair as alt

from evaluation.reports.content import Content
from frontend.charts.base import (
    WIDTH,
    Chart,
    Choice,
    Drawing,
    Row,
    comparison_of,
    index_of,
    percent,
    points,
    register,
    table,
    wide,
)
from frontend.charts.groups import GROUPS, shapes_of
from frontend.charts.themes import Theme, styled


@register
class Robustness(Chart):
    """Each classifier above or below the line of the standard ones, by its group."""

    name = "robustness"
    title = "Effective robustness"

    def is_available(self, content: Content) -> bool:
        return bool(self.test_sets(content))

    def test_sets(self, content: Content) -> list[str]:
        return [each["test_set"] for each in content["comparisons"] if each["robustness"] is not None]

    def caption(self, content: Content) -> str:
        return (
            "Each point is a classifier: its accuracy on the original in %, and how many points more it has on the new "
            "set than the line of the standard classifiers expects at that accuracy. Above the dashed line it is more "
            "robust than they are; a point's details also compare it with its counterpart without the intervention."
        )

    def alt(self, content: Content) -> str:
        test_set = self.test_sets(content)[0]
        robustness = comparison_of(content, test_set)["robustness"]
        groups = robustness["groups"] if robustness else []
        means = ", ".join(f"{GROUPS[each['group']]} {points(each['mean_effective'])}" for each in groups)
        return f"Effective robustness of each classifier on {test_set}; means of the groups in points: {means}."

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        index = index_of(content, choice.test_set)
        found = []
        for each in content["classifiers"]:
            result = each["results"][index]
            effective, relative = result.get("effective_robustness"), result.get("relative_robustness")
            if effective is not None:
                found.append(
                    {
                        "classifier": each["name"],
                        "group": GROUPS[each["group"]],
                        "counterpart": each["counterpart"],
                        "test_set": choice.test_set,
                        "original_accuracy_percent": percent(each["results"][0]["accuracy"]),
                        "new_accuracy_percent": percent(result["accuracy"]),
                        "effective_robustness_points": percent(effective),
                        "relative_robustness_points": None if relative is None else percent(relative),
                    }
                )
        return found

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        dots = [_point(row) for row in self.rows(content, choice)]
        groups = shapes_of(content)
        palette = dict(zip(GROUPS.values(), (theme.soft, theme.accent, theme.test_sets["easier"]), strict=True))
        legend = alt.Legend(orient="top", title=None, symbolStrokeWidth=0)
        y = alt.Y(
            "effective:Q",
            title="Effective robustness (points)",
            scale=alt.Scale(zero=True, padding=12),
            axis=alt.Axis(tickCount=6),
        )
        x = alt.X("original:Q", title="Original accuracy (%)", axis=alt.Axis(tickCount=6), scale=NEAR)
        marks = (
            alt.Chart(table("points"))
            .mark_point(filled=True, opacity=0.9, size=70, stroke=theme.background, strokeWidth=1)
            .encode(
                x=x,
                y=y,
                color=alt.Color(
                    "group:N",
                    scale=alt.Scale(domain=list(groups), range=[palette[name] for name in groups]),
                    legend=legend,
                ),
                shape=alt.Shape("group:N", scale=alt.Scale(domain=list(groups), range=list(groups.values()))),
                description="spoken:N",
                tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in TOLD.items()],
            )
        )
        zero = alt.Chart(table("zero")).mark_rule(aria=False, strokeDash=[5, 4], color=theme.soft)
        chart = alt.layer(zero.encode(y=alt.Y("effective:Q")), marks)
        return Drawing(
            styled(chart.properties(width=WIDTH, height=320, **wide()), theme),
            {"points": dots, "zero": [{"effective": 0}]},
        )


NEAR = alt.Scale(zero=False, padding=12, nice=False)
TOLD = {
    "classifier": "classifier",
    "group": "group",
    "original_said": "original",
    "effective_said": "effective (points)",
    "relative_said": "relative (points)",
}


def _point(row: Row) -> Row:
    effective, relative = row["effective_robustness_points"], row["relative_robustness_points"]
    found = {key: row[key] for key in ("classifier", "group")}
    found |= {"original": row["original_accuracy_percent"], "effective": effective}
    found["original_said"] = f"{row['original_accuracy_percent']:.1f}%"
    found["effective_said"] = points(effective / 100)
    found["relative_said"] = "–" if relative is None else f"{points(relative / 100)} to {row['counterpart']}"
    found["spoken"] = f"{row['classifier']}: {found['effective_said']} points"
    return found
