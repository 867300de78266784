"""What every chart of a report offers, how it looks, and how it becomes a file."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

import altair as alt
import vl_convert

from evaluation.reports.content import ComparisonContent, Content
from frontend.charts.themes import Theme

Scale = Literal["probit", "linear", "logit"]
Row = dict[str, Any]
WIDTH = 720
SIDE = 520
FRAME = 88
"""Room for axis labels and padding beside the plot of a square chart."""
LEGENDS = {"top": {"direction": "vertical", "anchor": "start", "margin": 4}}
"""One below the other."""
CONTENT_TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "json": "application/json",
}


class NoSuchChart(LookupError):
    """Nothing can be drawn under this name, or not with this scale, test set or theme."""


@dataclass(frozen=True)
class Choice:
    """What the reader chose where a chart offers a choice."""

    scale: Scale = "linear"
    test_set: str = ""


@dataclass(frozen=True)
class Drawing:
    """A chart whose data stand beside it: Altair walks through every cell of data it is given, which takes seconds."""

    chart: Any
    datasets: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def to_dict(self, *, validate: bool = False) -> dict[str, Any]:
        """The Vega-Lite specification; only tests need it compared with the schema, which takes long."""
        found: dict[str, Any] = self.chart.to_dict(validate=validate)
        found["config"]["legend"]["layout"] = LEGENDS  # understood by Vega, unknown to the schema
        return found | {"datasets": dict(self.datasets)}

    def to_json(self, *, indent: int | None = None) -> str:
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False, separators=None if indent else (",", ":"))


class Chart(ABC):
    """One way to show a report's content. Subclasses are entered by `register`, in the order of the page."""

    name: ClassVar[str]
    title: ClassVar[str]
    scales: ClassVar[tuple[Scale, ...]] = ()

    def is_available(self, content: Content) -> bool:
        return True

    def test_sets(self, content: Content) -> list[str]:
        """Those to choose from; empty where there is no choice."""
        return []

    @abstractmethod
    def caption(self, content: Content) -> str:
        """How to read it."""

    @abstractmethod
    def alt(self, content: Content) -> str:
        """What is seen, for those who don't see it."""

    def notes(self, content: Content, choice: Choice) -> list[str]:
        """What must be said in the picture itself."""
        return []

    @abstractmethod
    def rows(self, content: Content, choice: Choice) -> list[Row]:
        """The data, one row per thing shown, units in the names of columns."""

    @abstractmethod
    def draw(self, content: Content, choice: Choice, theme: Theme) -> Drawing:
        """The picture of it."""


CHARTS: dict[str, Chart] = {}
Kind = TypeVar("Kind", bound=type[Chart])


def register(kind: Kind) -> Kind:
    """Enter a chart under its name."""
    if kind.name in CHARTS:
        raise ValueError(f"two charts are called {kind.name!r}")
    CHARTS[kind.name] = kind()
    return kind


def new_sets(content: Content) -> list[str]:
    return [each["test_set"] for each in content["comparisons"]]


def comparison_of(content: Content, test_set: str) -> ComparisonContent:
    return next(each for each in content["comparisons"] if each["test_set"] == test_set)


def index_of(content: Content, test_set: str) -> int:
    """The place of its figures in lists "per test set"."""
    return [each["name"] for each in content["test_sets"]].index(test_set)


def wide() -> dict[str, Any]:
    """Properties of a chart that fits itself, with its axes, into whatever width it is given."""
    return {"autosize": {"type": "fit-x", "contains": "padding"}, "usermeta": {"isSquare": False, "frame": 0}}


def percent(fraction: float) -> float:
    """For data that leave the program: no digits that are only rounding errors."""
    return round(100 * fraction, 6)


def points(change: float) -> str:
    """-0.118 as −11.8, with its sign."""
    text = f"{100 * change:+.1f}"
    return "0.0" if text[1:] == "0.0" else text.replace("-", "\N{MINUS SIGN}")


def table(name: str) -> Any:
    """The place of data that stand beside the chart."""
    return alt.NamedData(name)


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
