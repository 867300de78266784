"""Who changed places: ranks on the original beside ranks on a new set."""

from itertools import groupby
from typing import Any

import altair as alt

from evaluation.reports.content import Content
from frontend.charts.base import WIDTH, Chart, Choice, Drawing, Row, index_of, new_sets, register, table, wide
from frontend.charts.themes import Theme, styled

FEW = 12
"""Up to so many classifiers, every one is named."""
MOST_NAMED = 8
ROW_HEIGHT, LOWEST, HIGHEST = 26, 180, 560
MOVES = ("moved up", "moved down", "others")
NAMES_FROM = 1.04
REACH = 1.6
"""The right edge, where the original stands at 0 and the new set at 1; names stand between 1 and it."""


@register
class Ranks(Chart):
    """A line per classifier; those that moved most stand out and are named."""

    name = "ranks"
    title = "Changes of rank"

    def test_sets(self, content: Content) -> list[str]:
        return new_sets(content)

    def caption(self, content: Content) -> str:
        return (
            "Each line is a classifier, from its rank on the original (left) to that on the new set (right); 1 is the "
            "most accurate. Those that moved most are coloured and named."
        )

    def alt(self, content: Content) -> str:
        moved = sum(1 for row in self.rows(content, Choice(test_set=new_sets(content)[0])) if row["places_up"])
        return (
            f"Ranks of {len(content['classifiers'])} classifiers on the original and on {new_sets(content)[0]}; "
            f"{moved} have another rank there."
        )

    def rows(self, content: Content, choice: Choice) -> list[Row]:
        index = index_of(content, choice.test_set)
        found = []
        for each in content["classifiers"]:
            old, new = each["results"][0]["rank"], each["results"][index]["rank"]
            found.append(
                {"classifier": each["name"], "test_set": choice.test_set, "original_rank": old, "new_rank": new}
                | {"places_up": old - new}
            )
        return found

    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        rows = self.rows(content, choice)
        named = _most_moved(rows)
        moves = [_move(row, named) for row in rows]
        data = {
            "ends": [end for row, moved in zip(rows, moves, strict=True) for end in _ends(row, moved)],
            "names": _names(rows if len(rows) <= FEW else [row for row in rows if row["classifier"] in named]),
            "heads": [{"at": 0, "rank": 0, "head": "original"}, {"at": 1, "rank": 0, "head": choice.test_set}],
        }
        height = min(HIGHEST, max(LOWEST, ROW_HEIGHT * len(rows)))
        return Drawing(styled(_chart(rows, theme).properties(width=WIDTH, height=height, **wide()), theme), data)


def _chart(rows: list[Row], theme: Theme) -> Any:
    last = max(max(row["original_rank"], row["new_rank"]) for row in rows)
    x = alt.X("at:Q", axis=None, scale=alt.Scale(domain=[-0.04, REACH], nice=False, zero=False))
    y = alt.Y(
        "rank:Q",
        title="Rank (1: most accurate)",
        scale=alt.Scale(domain=[last + 0.5, -0.2], nice=False, zero=False),
        axis=alt.Axis(format="d", grid=False, values=_ticks(last)),
    )
    colour = alt.Color(
        "moved:N",
        scale=alt.Scale(domain=list(MOVES), range=[theme.accent, theme.warn, theme.soft]),
        legend=alt.Legend(orient="top", title=None, symbolType="circle"),
    )
    lines = alt.Chart(table("ends")).encode(x=x, y=y, color=colour, detail="classifier:N")
    quiet, loud = "datum.moved === 'others'", "datum.moved !== 'others'"
    crowded = len(rows) > FEW
    tooltip = [
        alt.Tooltip("classifier:N"),
        alt.Tooltip("original_rank:Q", title="rank on the original"),
        alt.Tooltip("new_rank:Q", title="rank here"),
    ]
    words: dict[str, Any] = {"align": "left", "baseline": "middle", "aria": False}
    return alt.layer(
        lines.transform_filter(quiet).mark_line(aria=False, opacity=0.35 if crowded else 0.6, strokeWidth=1),
        lines.transform_filter(loud).mark_line(aria=False, strokeWidth=2),
        lines.mark_point(filled=True, size=22 if crowded else 60, opacity=1).encode(
            tooltip=tooltip, description="spoken:N"
        ),
        alt.Chart(table("names"))
        .mark_text(**words, color=theme.ink, fontSize=12, limit={"expr": "width * 0.33"})
        .encode(x=x, y=y, text="name:N"),
        alt.Chart(table("heads"))
        .mark_text(color=theme.soft, fontSize=12, dy=-6, aria=False, limit={"expr": "width * 0.5"}, align="center")
        .encode(x=x, y=y, text="head:N"),
    )


def _ticks(last: int) -> list[int]:
    step = 1 if last <= FEW else 10
    return sorted({1, *range(step, last + 1, step)})


def _most_moved(rows: list[Row]) -> set[str]:
    """Their names: the largest moves, but none so close to a larger one that the names would overlap."""
    room = 1 if len(rows) <= FEW else len(rows) / 30
    found: list[Row] = []
    for row in sorted(rows, key=lambda row: -abs(row["places_up"])):
        is_free = all(
            row["new_rank"] == each["new_rank"] or abs(row["new_rank"] - each["new_rank"]) >= room for each in found
        )
        if row["places_up"] and is_free and len(found) < MOST_NAMED:
            found.append(row)
    return {row["classifier"] for row in found}


def _move(row: Row, named: set[str]) -> str:
    up, down, others = MOVES
    if row["classifier"] not in named:
        return others
    return up if row["places_up"] > 0 else down


def _ends(row: Row, moved: str) -> list[Row]:
    both = {key: row[key] for key in ("classifier", "original_rank", "new_rank")} | {"moved": moved}
    both["spoken"] = f"{row['classifier']}: rank {row['original_rank']} on the original, {row['new_rank']} here"
    return [both | {"at": 0, "rank": row["original_rank"]}, both | {"at": 1, "rank": row["new_rank"]}]


def _names(rows: list[Row]) -> list[Row]:
    """One text per rank: classifiers that share one stand in one line."""
    ordered = sorted(rows, key=lambda row: row["new_rank"])
    return [
        {"at": NAMES_FROM, "rank": rank, "name": ", ".join(row["classifier"] for row in those)}
        for rank, those in groupby(ordered, key=lambda row: row["new_rank"])
    ]
