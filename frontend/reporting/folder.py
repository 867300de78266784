"""A built report as a folder of files: its figures, the copy that opens offline, and every chart in every format."""

import json
from itertools import product
from pathlib import Path

from django.utils.text import slugify

from evaluation.models import Report
from frontend import charts
from frontend.charts import ReportChart
from frontend.reporting import offline
from frontend.reporting.thumbnails import thumbnails
from frontend.views.researcher import covered_of

PICTURES = ("svg", "png", "pdf")


def write(report: Report, folder: Path) -> None:
    """All of it; files of the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    images = thumbnails(report)
    (folder / "report.json").write_text(json.dumps(report.content, indent=1), encoding="utf-8")
    copy = offline.page(report, images=images, covered=covered_of(images))
    (folder / "report.html").write_text(copy, encoding="utf-8")
    for chart in charts.available(report.content):
        for name, choice in names_of(chart).items():
            _write_chart(report, chart.name, choice, folder / name)


def names_of(chart: ReportChart) -> dict[str, dict[str, str]]:
    """What each choice of a chart is called, such as `key-probit` or `ranks-easier`."""
    found: dict[str, dict[str, str]] = {}
    for values in product(*chart.choices.values()):
        # A set may have any name: what is left of it in letters and digits, numbered where that is nothing or taken.
        name = "-".join([chart.name, *filter(None, (slugify(value) for value in values))])
        if name in found or (values and name == chart.name):
            name = f"{name}-{len(found) + 1}"
        found[name] = dict(zip(chart.choices, values, strict=True))
    return found


def _write_chart(report: Report, name: str, choice: dict[str, str], stem: Path) -> None:
    drawing = charts.draw(name, report.content, **choice)
    for image_format in PICTURES:
        stem.with_name(f"{stem.name}.{image_format}").write_bytes(charts.render(drawing, image_format))
    table = charts.as_csv(charts.rows(name, report.content, **choice))
    stem.with_name(f"{stem.name}.csv").write_text(table, encoding="utf-8", newline="")
