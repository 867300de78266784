"""How alike the classifiers are: agreement beyond what independent errors would give."""

from typing import Any

import altair as alt
import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from evaluation.reports.content import Content, SimilarityContent
from frontend.charts.base import SIDE, Chart, Choice, Drawing, Row, percent, register, table
from frontend.charts.themes import Theme, styled

MOST_LABELS = 16
LABEL_ROOM = 110
WHOLE = alt.Scale(round=True, padding=0)
"""Cells of whole pixels, between which no background is seen."""


@register
class Similarity(Chart):
    """A heat map of pairs, similar classifiers side by side."""

    name = "similarity"
    title = "How alike the classifiers are"

    def is_available(self, content: Content) -> bool:
        return bool(content["similarity"]) and len(content["classifiers"]) > 1

    def test_sets(self, content: Content) -> list[str]:
        return [each["test_set"] for each in content["similarity"]]

    def caption(self, content: Content) -> str:
        return (
            "Each cell is a pair of classifiers: the share of images that both have right or both have wrong, less the "
            "share that independent errors of the same accuracies would give, in points. Similar classifiers stand "
            "side by side; the diagonal is left out."
        )

    def alt(self, content: Content) -> str:
        first = content["similarity"][0]
        return (
            f"Heat map of {len(content['classifiers'])} classifiers on {first['test_set']}: on average two of them "
            f"agree on {first['mean_agreement']:.0%} of the images, where independent errors would give "
            f"{first['mean_independent']:.0%}."
        )

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        names = [each["name"] for each in content["classifiers"]]
        of = _of(content, choice)
        return [
            {
                "test_set": choice.test_set,
                "classifier": names[i],
                "other_classifier": names[j],
                "agreement_percent": percent(of["agreement"][i][j]),
                "independent_agreement_percent": percent(of["independent"][i][j]),
                "beyond_points": percent(of["agreement"][i][j] - of["independent"][i][j]),
            }
            for i in range(len(names))
            for j in range(i + 1, len(names))
        ]

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        of = _of(content, choice)
        order = _order(of)
        names = [content["classifiers"][index]["name"] for index in order]
        agreement, independent = (np.array(of[key])[np.ix_(order, order)] for key in ("agreement", "independent"))
        data = {
            "matrix": [
                # One row per classifier, unfolded in the browser: a row per cell would be five times as large.
                {"y": i, "name": name, "x": list(range(len(names)))}
                | {"agreement": agreement[i].round(4).tolist(), "independent": independent[i].round(4).tolist()}
                for i, name in enumerate(names)
            ],
            "names": [{"i": i, "name": name} for i, name in enumerate(names)],
        }
        others = ~np.eye(len(names), dtype=bool)
        beyond = 100 * (agreement - independent)[others]
        reach = (min(0.0, float(beyond.min())), max(1.0, float(beyond.max())))
        has_labels = len(names) <= MOST_LABELS
        frame = 48 + (LABEL_ROOM if has_labels else 0)
        chart = _heat_map(names if has_labels else [], reach, theme)
        size: dict[str, Any] = {"width": SIDE, "height": SIDE, "usermeta": {"isSquare": True, "frame": frame}}
        return Drawing(styled(chart.properties(**size), theme), data)


def _heat_map(labels: list[str], reach: tuple[float, float], theme: Theme) -> alt.Chart:
    plain: dict[str, Any] = {"labels": bool(labels), "ticks": False, "domain": False, "title": None}
    plain |= {"labelLimit": LABEL_ROOM, "labelOverlap": False}
    axis, across = alt.Axis(**plain), alt.Axis(**plain, labelAngle=-90)
    shades = alt.Scale(domain=list(reach), range=list(theme.ramp))
    return (
        alt.Chart(table("matrix"))
        .transform_flatten(["x", "agreement", "independent"])
        .transform_filter("datum.x !== datum.y")
        .transform_lookup(
            lookup="x", from_=alt.LookupData(data=table("names"), key="i", fields=["name"]), as_=["other"]
        )
        .transform_calculate(
            beyond="100 * (datum.agreement - datum.independent)",
            agree="format(datum.agreement * 100, '.1f') + '%'",
            alone="format(datum.independent * 100, '.1f') + '%'",
        )
        .mark_rect(aria=False)
        .encode(
            x=alt.X("other:N", scale=WHOLE, sort=labels or alt.EncodingSortField("x", op="min"), axis=across),
            y=alt.Y("name:N", scale=WHOLE, sort=labels or alt.EncodingSortField("y", op="min"), axis=axis),
            color=alt.Color(
                "beyond:Q",
                scale=shades,
                legend=alt.Legend(
                    orient="top", type="gradient", title="Agreement beyond independence (points)", titleLimit=280
                ),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="classifier"),
                alt.Tooltip("other:N", title="and"),
                alt.Tooltip("agree:N", title="agree on"),
                alt.Tooltip("alone:N", title="if independent"),
                alt.Tooltip("beyond:Q", title="beyond (points)", format=".1f"),
            ],
        )
    )


def _of(content: Content, choice: Choice) -> SimilarityContent:
    return next(each for each in content["similarity"] if each["test_set"] == choice.test_set)


def _order(of: SimilarityContent) -> list[int]:
    """The leaves of a tree of average linkage, so that similar classifiers stand side by side."""
    distance = 1 - np.array(of["agreement"])
    np.fill_diagonal(distance, 0)
    if len(distance) == 2:
        return [0, 1]
    return [int(leaf) for leaf in leaves_list(linkage(squareform(distance, checks=False), method="average"))]
