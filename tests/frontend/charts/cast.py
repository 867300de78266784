"""Contents that charts are drawn from, and what their files begin with."""

from copy import deepcopy
from typing import Any

from evaluation.reports.content import Content
from tests.report_content import content

HOSTILE = "<script>alert('</svg>')</script>"
SIGNATURES = {"svg": b"<svg", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "json": b"{"}
FIVE_SETS = ("original", "calibrated", "easier", "easiest", "recalibrated")


def large() -> Content:
    """The size of the published study: 67 classifiers on five sets of 1,000 classes."""
    return content(67, FIVE_SETS, num_classes=1000, num_images=10_000)


def renamed(of: Content, names: dict[str, str]) -> Content:
    """The same content with other names of classifiers, sets or classes."""

    def walked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walked(each) for key, each in value.items()}
        if isinstance(value, list):
            return [walked(each) for each in value]
        return names.get(value, value) if isinstance(value, str) else value

    found: Content = walked(deepcopy(of))
    return found
