"""A built report as one file that opens without a server: styles, scripts, charts and pictures are all inside it."""

import base64
import gzip
import hashlib
import io
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.html import escape
from PIL import Image

from evaluation.models import Report
from evaluation.reports.content import Content
from frontend import charts
from frontend.charts import ReportChart
from frontend.reporting import engine
from frontend.reporting.cards import Card, cards
from frontend.reporting.frame import frame
from frontend.reporting.keeping import hash_of, kept
from frontend.reporting.pictures import drops

STYLES = ("tokens", "base", "components", "research", "report", "report_parts")
SCRIPTS = ("report_table", "chart")
NUM_COLOURS = 256
HELD = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""So that no name in the data can end the element that holds it."""


@dataclass(frozen=True)
class Script:
    """Only what has one of these hashes may run."""

    text: str

    @property
    def source(self) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(self.text.encode()).digest()).decode()}'"

    @property
    def element(self) -> str:
        return f'<script type="module">{self.text}</script>'


def page(report: Report, *, images: Mapping[int, str] | None = None, covered: Container[int] = ()) -> str:
    """The file. `images` are data addresses of pictures, by candidate; those `covered` are shown on a click."""
    content: Content = report.content
    scripts = [Script(_embedded(text)) for text in (engine.text(), *map(_static_script, SCRIPTS))]
    drawn = _Drawn(hash_of(content), content)
    whole = frame(
        content,
        built_at=report.built_at,
        cards=[_without_addresses(card, drawn) for card in cards(content, wanted={})],
        drops=drops(content, sources=images or {}, covered=covered),
    )
    filled = render_to_string("frontend/reports/offline.html", whole | {"policy": _policy(scripts)})
    head = "".join(f"<style>{_static(f'{name}.css')}</style>\n" for name in STYLES)
    foot = "\n".join([drawn.specifications(), *(script.element for script in scripts)])
    # Put in last and as they are: the template has escaped all that came from people.
    start, middle, end = filled.split("<!-- part -->")
    return "".join([start, head, middle, foot, end])


def _policy(scripts: list[Script]) -> str:
    sources = " ".join(script.source for script in scripts)
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src {sources}; base-uri 'none'; form-action 'none'"
    )


def draw_ahead(content: Content) -> None:
    """All that takes long of a copy, so that who asks for one need not wait."""
    drawn = _Drawn(hash_of(content), content)
    drawn.specifications()
    for chart in charts.available(content):
        drawn.picture(chart.name)


@dataclass(frozen=True)
class _Drawn:
    """The charts of a content, drawn once and then kept under its hash."""

    sha256: str
    content: Content

    def picture(self, name: str) -> str:
        """A data address; 256 colours are enough, and take a third of the room."""
        small = kept(f"report-picture-{self.sha256}-{name}", lambda: _picture(name, self.content))
        return f"data:image/png;base64,{base64.b64encode(small).decode()}"

    def specifications(self) -> str:
        packed = kept(f"report-specifications-{self.sha256}", lambda: _packed(_specifications(self.content)))
        return gzip.decompress(packed).decode()


def _without_addresses(card: Card, drawn: _Drawn) -> Card:
    """Drawn from what this file holds; a choice leads to the chart itself, as a file has no address with a query.

    Who opens it without scripts, as many mail readers do, sees each chart as it is first shown.
    """
    here = f"#chart-{card.name}"
    choices = [
        replace(choice, options=[replace(option, link=here) for option in choice.options]) for choice in card.choices
    ]
    return replace(card, specification=here, choices=choices, light=drawn.picture(card.name))


def _picture(name: str, content: Content) -> bytes:
    drawn = Image.open(io.BytesIO(charts.render(charts.draw(name, content), "png")))
    small = io.BytesIO()
    drawn.convert("RGB").quantize(NUM_COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def _packed(text: str) -> bytes:
    return gzip.compress(text.encode(), compresslevel=3, mtime=0)


def _specifications(content: Content) -> str:
    """One element for each chart, choice and theme, by the names that chart.js looks for."""
    return "\n".join(
        f'<script type="application/json" id="{escape("-".join([f"chart-{chart.name}", *choice.values(), theme]))}">'
        f"{charts.draw(chart.name, content, theme=theme, **choice).to_json().translate(HELD)}</script>"
        for chart in charts.available(content)
        for choice in _every(chart)
        for theme in charts.THEMES
    )


def _every(chart: ReportChart) -> list[dict[str, str]]:
    return [dict(zip(chart.choices, values, strict=True)) for values in product(*chart.choices.values())]


def _static_script(name: str) -> str:
    return _static(f"{name}.js")


def _static(name: str) -> str:
    found = finders.find(f"frontend/{name}")
    if not isinstance(found, str):
        raise FileNotFoundError(f"frontend/{name} is not among the static files")
    return Path(found).read_text()


def _embedded(script: str) -> str:
    """The same script where HTML is read: it would end at such a tag, which can only stand in a text of it."""
    lines = script.replace("\r\n", "\n").replace("\r", "\n")
    return lines.replace("</script", "<\\/script").replace("<!--", "\\x3c!--")
