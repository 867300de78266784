"""Accuracy when the input is changed: corruptions by their severity, and other conditions."""

import re
from typing import Any

import altair as alt

from evaluation.conditions import CONDITIONS
from evaluation.reports.content import ConditionContent, Content
from frontend.charts.base import WIDTH, Chart, Choice, Drawing, Row, percent, points, register, table, wide
from frontend.charts.themes import Theme, styled

NAME = re.compile(r"(?P<kind>[^:@]*)(?::(?P<settings>[^@]*))?(?:@\d+)?", re.DOTALL)
ROW_HEIGHT, HEAD = 26, 20
MOST_KINDS = 40
"""A grid of rotations has hundreds, which would be a picture of many metres."""


@register
class Conditions(Chart):
    """A row per kind of change: a tick without it, a point for each severity."""

    name = "conditions"
    title = "Accuracy under changed conditions"

    def is_available(self, content: Content) -> bool:
        return any(each["results"] for each in content["conditions"])

    def test_sets(self, content: Content) -> list[str]:
        return list(dict.fromkeys(each["test_set"] for each in content["conditions"] if each["results"]))

    def caption(self, content: Content) -> str:
        return (
            "Mean accuracy in % of the classifiers that were run under a condition: the tick is that of the same "
            "classifiers on the images as they are, each point that under the condition, darker with its severity "
            "(1 to 5)."
        )

    def alt(self, content: Content) -> str:
        rows = self.rows(content, Choice(test_set=self.test_sets(content)[0]))
        worst = min(rows, key=lambda row: row["mean_accuracy_percent"])
        return (
            f"Mean accuracy under {len(rows)} conditions on {worst['test_set']}; the lowest is "
            f"{worst['mean_accuracy_percent']:.1f}% under {worst['condition']}."
        )

    def notes(self, content: Content, choice: Choice) -> list[str]:
        num_kinds = len({row["kind"] for row in self.rows(content, choice)})
        return [f"The {MOST_KINDS} of the lowest accuracy, of {num_kinds}"] if num_kinds > MOST_KINDS else []

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        found = []
        for each in _of(content, choice):
            accuracies = [row["accuracy"] for row in each["results"]]
            mean, change = (
                sum(values) / len(accuracies) for values in (accuracies, [row["change"] for row in each["results"]])
            )
            found.append(
                {
                    "condition": each["condition"],
                    "kind": _kind(each["condition"]),
                    "severity": _severity(each["condition"]),
                    "test_set": each["test_set"],
                    "classifiers": len(accuracies),
                    "mean_accuracy_percent": percent(mean),
                    "mean_clean_accuracy_percent": percent(mean - change),
                    "mean_change_points": percent(change),
                }
            )
        return found

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        dots = [_point(row) for row in _of_worst_kinds(self.rows(content, choice))]
        kinds = list(dict.fromkeys(row["kind"] for row in dots))
        values = [row[key] for row in dots for key in ("accuracy", "clean")]
        reach = alt.Scale(domain=[max(0, min(values) - 3), min(100, max(values) + 3)], nice=False, zero=False)
        x = alt.X(
            "accuracy:Q",
            title="Mean accuracy (%)",
            scale=reach,
            axis=alt.Axis(tickCount=6),
        )
        y = alt.Y("kind:N", title=None, sort=kinds, axis=alt.Axis(labelLimit=130, grid=True, ticks=False))
        severity = alt.Color(
            "severity:O",
            scale=alt.Scale(domain=[1, 2, 3, 4, 5], range=_shades(theme)),
            legend=alt.Legend(orient="top", title="Severity", titleOrient="left", symbolType="circle", columns=5),
        )
        tooltip = [alt.Tooltip(f"{name}:N", title=title) for name, title in TOLD.items()]
        base = alt.Chart(table("conditions"))
        mark: dict[str, Any] = {"filled": True, "opacity": 1, "size": 90, "stroke": theme.background, "strokeWidth": 1}
        known, other = "datum.severity !== null", "datum.severity === null"
        layers = [
            base.mark_tick(aria=False, thickness=2, size=18, color=theme.ink).encode(
                x=alt.X("clean:Q", scale=reach), y=y
            ),
            base.transform_filter(other)
            .mark_point(**mark, shape="diamond", color=theme.accent)
            .encode(x=x, y=y, tooltip=tooltip, description="spoken:N"),
        ]
        if any(row["severity"] is not None for row in dots):
            points_of = base.transform_filter(known).mark_point(**mark)
            layers.append(points_of.encode(x=x, y=y, color=severity, tooltip=tooltip, description="spoken:N"))
        size: dict[str, Any] = {"width": WIDTH, "height": HEAD + ROW_HEIGHT * len(kinds)}
        return Drawing(styled(alt.layer(*layers).properties(**size, **wide()), theme), {"conditions": dots})


TOLD = {
    "condition": "condition",
    "accuracy_said": "mean accuracy",
    "clean_said": "without it",
    "change_said": "change (points)",
    "classifiers": "classifiers",
}


def _of(content: Content, choice: Choice) -> list[ConditionContent]:
    return [each for each in content["conditions"] if each["test_set"] == choice.test_set and each["results"]]


def _of_worst_kinds(rows: list[Row]) -> list[Row]:
    """Those that a picture has room for."""
    by_accuracy = sorted(rows, key=lambda row: row["mean_accuracy_percent"])
    kinds = list(dict.fromkeys(row["kind"] for row in by_accuracy))[:MOST_KINDS]
    return [row for row in rows if row["kind"] in kinds]


def _parts(condition: str) -> tuple[str, str, bool]:
    """Its kind, its settings, and whether these are a severity."""
    found = NAME.fullmatch(condition)
    kind, settings = (found["kind"], found["settings"] or "") if found else (condition, "")
    known = CONDITIONS.get(kind)
    return kind, settings, known is not None and known.group == "corruptions" and settings.isdigit()


def _kind(condition: str) -> str:
    kind, settings, is_severity = _parts(condition)
    return kind.replace("_", " ") + (f" {settings}" if settings and not is_severity else "")


def _severity(condition: str) -> int | None:
    _, settings, is_severity = _parts(condition)
    return int(settings) if is_severity else None


def _point(row: Row) -> Row:
    accuracy, clean = row["mean_accuracy_percent"], row["mean_clean_accuracy_percent"]
    found = {key: row[key] for key in ("condition", "kind", "severity", "classifiers")}
    found |= {"accuracy": accuracy, "clean": clean, "change_said": points(row["mean_change_points"] / 100)}
    found |= {"accuracy_said": f"{accuracy:.1f}%", "clean_said": f"{clean:.1f}%"}
    return found | {"spoken": f"{row['condition']}: {found['accuracy_said']}, without it {found['clean_said']}"}


def _shades(theme: Theme) -> list[str]:
    """Five shades, the mildest of which still stands out from the background."""
    start, end = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in theme.ramp)
    shares = (0.25, 0.44, 0.63, 0.81, 1.0)
    return [
        "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(start, end, strict=True)) for share in shares
    ]
