"""Charts of a built report as files. Its content never changes, so each is drawn once and then kept."""

import hashlib
from collections.abc import Mapping

from evaluation.models import Report
from frontend import charts
from frontend.reporting.keeping import kept

CONTENT_TYPES = charts.CONTENT_TYPES | {"csv": "text/csv; charset=utf-8"}


def drawn(report: Report, name: str, image_format: str, *, theme: str, choice: Mapping[str, str]) -> bytes:
    """The chart in this format; NoSuchChart where there is none of this name, or not so."""
    built_at = str(report.built_at)  # a database that was restored gives ids out again, and Redis may know the old ones
    parts = "\n".join([built_at, name, image_format, theme, *(f"{key}={choice[key]}" for key in sorted(choice))])
    key = f"report-chart-{report.pk}-{hashlib.sha256(parts.encode()).hexdigest()}"
    return kept(key, lambda: _draw(report, name, image_format, theme, choice))


def _draw(report: Report, name: str, image_format: str, theme: str, choice: Mapping[str, str]) -> bytes:
    if image_format == "csv":
        return charts.as_csv(charts.rows(name, report.content, **choice)).encode()
    return charts.render(charts.draw(name, report.content, theme=theme, **choice), image_format)
