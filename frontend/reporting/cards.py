"""A card per chart: what it shows, what the reader may choose, and the files that it can be taken away as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.http import urlencode

from evaluation.reports.content import Content
from frontend import charts
from frontend.charts import ReportChart

FILES = {"svg": "SVG", "png": "PNG", "pdf": "PDF", "csv": "Data (CSV)"}
SCALES = {"probit": "Probit axes", "logit": "Logit axes", "linear": "Linear axes"}
Address = Callable[[str, str], str]
"""Of a chart, by its name and a format."""


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool
    link: str
    """To the page with this chosen, for who has no scripts."""


@dataclass(frozen=True)
class Choices:
    name: str
    label: str
    options: list[Option]


@dataclass(frozen=True)
class File:
    image_format: str
    label: str
    address: str


@dataclass(frozen=True)
class Card:
    name: str
    title: str
    caption: str
    alt: str
    choices: list[Choices]
    specification: str = ""
    """Address of what is drawn on the page; the offline copy has it inside instead."""
    light: str = ""
    """Addresses of the chart as a picture, for who has no scripts; the offline copy has one inside."""
    dark: str = ""
    files: tuple[File, ...] = ()


def cards(
    content: Content, *, wanted: Mapping[str, str], address: Address | None = None, query: str = ""
) -> list[Card]:
    """One for each chart that can be drawn, as `wanted`: by "key-scale", "ranks-test_set" and so on.

    `query` is what else the page's address holds; without an `address` a card has no links.
    """
    return [_card(chart, wanted, address, query) for chart in charts.available(content)]


def _card(chart: ReportChart, wanted: Mapping[str, str], address: Address | None, query: str) -> Card:
    chosen = {}
    for name, values in chart.choices.items():
        asked = wanted.get(f"{chart.name}-{name}", "")
        chosen[name] = asked if asked in values else values[0]
    choices = [
        Choices(
            name,
            "Scale of the axes" if name == "scale" else "Test set",
            [
                Option(value, _label(name, value), value == chosen[name], _link(chart, chosen | {name: value}, query))
                for value in values
            ],
        )
        for name, values in chart.choices.items()
    ]
    whole = Card(chart.name, chart.title, chart.caption, chart.alt, choices)
    return whole if address is None else _linked(whole, address, chosen)


def _linked(card: Card, address: Address, chosen: Mapping[str, str]) -> Card:
    def of(image_format: str, **more: str) -> str:
        query = urlencode(dict(chosen) | more)
        return address(card.name, image_format) + (f"?{query}" if query else "")

    return Card(
        card.name,
        card.title,
        card.caption,
        card.alt,
        card.choices,
        specification=of("json"),
        light=of("svg"),
        dark=of("svg", theme="dark"),
        files=tuple(File(each, label, of(each)) for each, label in FILES.items()),
    )


def _label(name: str, value: str) -> str:
    return SCALES[value] if name == "scale" else value


def _link(chart: ReportChart, chosen: Mapping[str, str], query: str) -> str:
    own = urlencode({f"{chart.name}-{name}": value for name, value in chosen.items()})
    return f"?{query}&{own}#chart-{chart.name}" if query else f"?{own}#chart-{chart.name}"
