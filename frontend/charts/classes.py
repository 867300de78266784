"""How differently the classes changed: a histogram in which every block is a class."""

from collections import Counter

import altair as alt
import numpy as np

from evaluation.reports.content import ClassContent, Content
from frontend.charts.base import WIDTH, Chart, Choice, Drawing, Row, new_sets, percent, points, register, table, wide
from frontend.charts.themes import Theme, styled

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
MOST_BINS = 40


@register
class Classes(Chart):
    """Classes by the change of their mean accuracy from the original to the first new set."""

    name = "classes"
    title = "Change by class"

    def is_available(self, content: Content) -> bool:
        return bool(_known(content))

    def caption(self, content: Content) -> str:
        return (
            "Each block is a class, standing at the change of its mean accuracy from the original to "
            f"{new_sets(content)[0]}, in points. The dashed line is no change, the solid one the mean over the classes."
        )

    def alt(self, content: Content) -> str:
        changes = [row["change"] or 0.0 for row in _known(content)]
        fell = sum(1 for change in changes if change < 0)
        return (
            f"Histogram of {len(changes)} classes by their change on {new_sets(content)[0]}: {fell} lost accuracy; "
            f"from {points(min(changes))} to {points(max(changes))} points."
        )

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        sets = [each["name"] for each in content["test_sets"]]
        classifiers = content["classes"]["num_classifiers"] if content["classes"] else 0
        return [
            {
                "class_id": row["class_id"],
                "class_name": row["name"],
                "original_images": row["num_images"][0],
                "new_images": row["num_images"][1],
                "original_accuracy_percent": percent(row["num_correct"][0] / (row["num_images"][0] * classifiers)),
                "new_accuracy_percent": percent(row["num_correct"][1] / (row["num_images"][1] * classifiers)),
                "change_points": percent(row["change"] or 0.0),
                "new_test_set": sets[1],
            }
            for row in _known(content)
        ]

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        blocks, step = _blocks(content)
        ends = [row[key] for row in blocks for key in ("from", "to")] + [0.0]
        reach = alt.Scale(domain=[min(ends) - step, max(ends) + step], nice=False, zero=False)
        x = alt.X(
            "from:Q",
            title=f"Change of mean accuracy on {new_sets(content)[0]} (points)",
            scale=reach,
            axis=alt.Axis(labelExpr="format(datum.value * 100, '.3~r')", tickCount=7),
        )
        y = alt.Y(
            "below:Q",
            title="Classes",
            axis=alt.Axis(format="d", tickCount=min(5, max(row["above"] for row in blocks))),
            scale=alt.Scale(zero=True),
        )
        outline = 0.6 if len(blocks) <= 200 else 0.2
        colour = theme.colours_of(new_sets(content))[0]
        bars = (
            alt.Chart(table("classes"))
            .mark_rect(aria=len(blocks) <= 200, color=colour, stroke=theme.background, strokeWidth=outline)
            .encode(x=x, x2="to:Q", y=y, y2="above:Q", description="spoken:N")
            .encode(tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in TOLD.items()])
        )
        at = alt.X("at:Q", scale=reach)
        rule = alt.Chart(table("rules")).mark_rule(aria=False, color=theme.ink)
        rules = rule.encode(x=at, strokeDash=alt.StrokeDash("dash:N", legend=None, scale=DASHES))
        mean = float(np.mean([row["change"] or 0.0 for row in _known(content)]))
        data = {"classes": blocks, "rules": [{"at": 0, "dash": "none"}, {"at": mean, "dash": "mean"}]}
        chart = alt.layer(bars, rules).properties(width=WIDTH, height=260, **wide())
        return Drawing(styled(chart, theme), data)


TOLD = {"class": "class", "id": "class id", "change": "change (points)", "original": "original", "new": "new"}
DASHES = alt.Scale(domain=["none", "mean"], range=[[5, 4], [1, 0]])


def _known(content: Content) -> list[ClassContent]:
    """Classes that have images in both sets, so that there is a change."""
    return [row for row in content["classes"]["rows"] if row["change"] is not None] if content["classes"] else []


def _blocks(content: Content) -> tuple[list[Row], float]:
    """One block per class, those of one bin above each other; and the width of the bins."""
    rows = _known(content)
    changes = [row["change"] or 0.0 for row in rows]
    spread = max(changes) - min(changes)
    step = next((each for each in STEPS if spread <= each * MOST_BINS), STEPS[-1])
    heights: Counter[int] = Counter()
    found = []
    for row, figures in zip(rows, Classes().rows(content, Choice()), strict=True):
        number = int(np.floor((row["change"] or 0.0) / step + 1e-9))
        said = {"class": row["name"], "id": row["class_id"], "change": points(row["change"] or 0.0)}
        for key in ("original", "new"):
            said[key] = f"{figures[f'{key}_accuracy_percent']:.1f}% of {figures[f'{key}_images']} images"
        place = {"from": round(number * step, 6), "to": round((number + 1) * step, 6), "below": heights[number]}
        spoken = f"{row['name']}: {said['change']} points"
        found.append({**said, **place, "above": heights[number] + 1, "spoken": spoken})
        heights[number] += 1
    return found, step
