"""Original accuracy against new accuracy: the chart that the report is about."""

from typing import Any

import altair as alt

from evaluation.reports.content import Accuracy, ClassifierContent, Content
from frontend.charts.base import (
    FRAME,
    SIDE,
    Chart,
    Choice,
    Drawing,
    Row,
    Scale,
    new_sets,
    percent,
    points,
    register,
    table,
)
from frontend.charts.groups import GROUPS, shapes_of
from frontend.charts.scales import axis, domain, place
from frontend.charts.themes import Theme, styled

MANY = 30
SET_SHAPES = ("circle", "diamond", "square", "triangle-up", "triangle-down", "cross")


@register
class Key(Chart):
    """y = x, a fitted line with its band, and interval bars; one colour per set, one shape per group."""

    name = "key"
    title = "Original against new accuracy"
    scales = ("probit", "linear", "logit")

    def caption(self, content: Content) -> str:
        groups = "; its shape is the group of the classifier" if len(shapes_of(content)) > 1 else ""
        return (
            "Each point is a classifier on one new test set, accuracies in %; below the dashed line it has fewer "
            f"images right than on the original{groups}. Bars are 95\N{NO-BREAK SPACE}% Clopper–Pearson intervals, "
            "lines are least squares on the scale of the axes, with 95\N{NO-BREAK SPACE}% bands. A click on a name in "
            "the legend shows that one alone; with the shift key it is added."
        )

    def alt(self, content: Content) -> str:
        number = len(content["classifiers"])
        changes = ", ".join(
            f"{each['test_set']} {points(each['mean_change'])} points on average" for each in content["comparisons"]
        )
        return f"Accuracy of {number} classifiers on the new test sets against the original: {changes}."

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        return [_row(classifier, result, choice.scale) for classifier, result in _pairs(content)]

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        dots = [_point(classifier, result, choice.scale) for classifier, result in _pairs(content)]
        lines = _lines(content, choice.scale)
        low, high = domain([row[key] for row in dots for key in ("x_low", "y_low", "x_high", "y_high")], choice.scale)
        x = axis(alt.X("x:Q"), "Original accuracy", choice.scale, (low, high))
        y = axis(alt.Y("y:Q"), "New accuracy", choice.scale, (low, high))
        look = _Look(content, theme)
        chart = alt.layer(
            alt.Chart(table("equal"))
            .mark_line(aria=False, strokeDash=[5, 4], color=theme.soft, strokeWidth=1)
            .encode(x=x, y=y),
            *look.lines(x, y),
            *look.bars(x, y),
            look.points(x, y),
        ).properties(width=SIDE, height=SIDE, usermeta={"isSquare": True, "frame": FRAME})
        ends = [{"x": low, "y": low}, {"x": high, "y": high}]
        return Drawing(styled(chart, theme), {"equal": ends, "lines": lines, "points": dots})


class _Look:
    """The layers, of the same colours, shapes and selections."""

    def __init__(self, content: Content, theme: Theme) -> None:
        names, groups = new_sets(content), shapes_of(content)
        self.theme = theme
        self.is_crowded = len(content["classifiers"]) > MANY
        self.color = alt.Color(
            "test_set:N",
            scale=alt.Scale(domain=names, range=theme.colours_of(names)),
            legend=alt.Legend(orient="top", title=None, symbolType="circle" if len(groups) > 1 else alt.Undefined),
        )
        if len(groups) > 1:
            legend = alt.Legend(orient="top", title=None, symbolFillColor=theme.soft, symbolStrokeWidth=0)
            known = alt.Scale(domain=list(groups), range=list(groups.values()))
            self.shape = alt.Shape("group:N", scale=known, legend=legend)
        else:
            shapes = [SET_SHAPES[index % len(SET_SHAPES)] for index in range(len(names))]
            self.shape = alt.Shape("test_set:N", scale=alt.Scale(domain=names, range=shapes))
        self.kept = [alt.selection_point(name="kept_sets", fields=["test_set"], bind="legend")]
        if len(groups) > 1:
            self.kept.append(alt.selection_point(name="kept_groups", fields=["group"], bind="legend"))

    def lines(self, x: Any, y: Any) -> list[Any]:
        base = alt.Chart(table("lines")).transform_filter(self.kept[0])
        band = base.mark_area(aria=False, opacity=0.14, clip=True)
        line = base.mark_line(aria=False, strokeWidth=1.5, opacity=0.8, clip=True)
        spans = y.copy()
        spans.shorthand = "y_low:Q"
        return [
            band.encode(x=x, y=spans, y2="y_high:Q", color=self.color),
            line.encode(x=x, y=y, color=self.color),
        ]

    def bars(self, x: Any, y: Any) -> list[Any]:
        base = self._filtered().mark_rule(
            aria=False, opacity=0.22 if self.is_crowded else 0.45, strokeWidth=0.6 if self.is_crowded else 1
        )
        from_x, from_y = x.copy(), y.copy()
        from_x.shorthand, from_y.shorthand = "x_low:Q", "y_low:Q"
        return [
            base.encode(x=from_x, x2="x_high:Q", y=y, color=self.color),
            base.encode(y=from_y, y2="y_high:Q", x=x, color=self.color),
        ]

    def points(self, x: Any, y: Any) -> Any:
        size = 34 if self.is_crowded else 80
        mark: dict[str, Any] = {"filled": True, "size": size, "opacity": 1, "stroke": self.theme.background}
        return (
            self._filtered()
            .mark_point(**mark, strokeWidth=0.5 if self.is_crowded else 1)
            .encode(
                x=x,
                y=y,
                color=self.color,
                shape=self.shape,
                description="spoken:N",
                tooltip=[
                    alt.Tooltip(f"{name}:N", title=title)
                    for name, title in (
                        ("classifier", "classifier"),
                        ("group", "group"),
                        ("test_set", "test set"),
                        ("original", "original"),
                        ("new", "new"),
                        ("rank", "rank"),
                    )
                ],
            )
            .add_params(*self.kept)
        )

    def _filtered(self) -> Any:
        chart = alt.Chart(table("points"))
        for selection in self.kept:
            chart = chart.transform_filter(selection)
        return chart


def _pairs(content: Content) -> list[tuple[ClassifierContent, Any]]:
    """Every classifier with its result on every new set."""
    return [(classifier, result) for classifier in content["classifiers"] for result in classifier["results"][1:]]


def _row(classifier: ClassifierContent, result: Any, scale: Scale) -> Row:
    row: Row = {"classifier": classifier["name"], "group": _group(classifier), "test_set": result["test_set"]}
    for name, source in (("original", classifier["results"][0]), ("new", result)):
        row |= {f"{name}_correct_images": source["num_correct"], f"{name}_images": source["num_images"]}
        row |= {f"{name}_{key}_percent": percent(source[key]) for key in ("accuracy", "low", "high")}
        if scale != "linear":
            row[f"{name}_accuracy_{scale}"] = place(source["accuracy"], source["num_images"], scale)
        row[f"{name}_rank"] = source["rank"]
    return row | {"change_points": percent(result["change"])}


def _point(classifier: ClassifierContent, result: Any, scale: Scale) -> Row:
    original = classifier["results"][0]
    row: Row = {"classifier": classifier["name"], "group": _group(classifier), "test_set": result["test_set"]}
    row |= {"original": _with_interval(original), "new": _with_interval(result)}
    row["rank"] = f"{original['rank']} on the original, {result['rank']} here"
    row["spoken"] = f"{classifier['name']}: original {row['original']}, {result['test_set']} {row['new']}"
    sources: tuple[tuple[str, Any], ...] = (("x", original), ("y", result))
    for side, source in sources:
        for suffix, key in (("", "accuracy"), ("_low", "low"), ("_high", "high")):
            row[side + suffix] = place(source[key], source["num_images"], scale)
    return row


def _group(classifier: ClassifierContent) -> str:
    return GROUPS[classifier["group"]]


def _with_interval(result: Accuracy) -> str:
    return f"{result['accuracy']:.1%} [{result['low']:.1%}, {result['high']:.1%}]"


def _lines(content: Content, scale: Scale) -> list[Row]:
    """The fitted line and its band, no further than the classifiers reach."""
    rows = []
    for comparison in content["comparisons"]:
        num_images = content["classifiers"][0]["results"][0]["num_images"]
        fit = comparison["fits"][scale]
        for original, *new in fit["line"] if fit else []:
            places = {
                key: place(each, num_images, scale) for key, each in zip(("y", "y_low", "y_high"), new, strict=True)
            }
            rows.append({"test_set": comparison["test_set"], "x": place(original, num_images, scale), **places})
    return rows
