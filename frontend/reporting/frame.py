"""What the templates of a built report are given, on the page and in the copy that opens without a server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evaluation.reports.content import Content
from frontend.reporting.cards import Card
from frontend.reporting.conditions import conditions_of
from frontend.reporting.pictures import Drop
from frontend.reporting.table import results_table

WARNINGS_SHOWN = 3
SCALES = ("probit", "logit", "linear")


@dataclass(frozen=True)
class Links:
    """Where the page leads. All are empty in the offline copy."""

    top1: str = ""
    top5: str = ""
    classes: str = ""
    files: dict[str, str] = field(default_factory=dict)
    """Addresses of the whole report, by what each is called."""


def frame(
    content: Content,
    *,
    built_at: datetime | None,
    cards: Sequence[Card],
    drops: Sequence[Drop],
    links: Links | None = None,
    top: str = "1",
) -> dict[str, Any]:
    """Of `frontend/reports/_report.html`."""
    return {
        "content": content,
        "headline": content["headline"],
        "built_at": built_at,
        "warnings": content["warnings"][:WARNINGS_SHOWN],
        "more_warnings": content["warnings"][WARNINGS_SHOWN:],
        "cards": cards,
        "table": results_table(content),
        "drops": drops,
        "scales": SCALES,
        "groups": [
            (each, each["robustness"], group)
            for each in content["comparisons"]
            if each["robustness"]
            for group in each["robustness"]["groups"]
        ],
        "conditions": conditions_of(content),
        "classes_to": content["comparisons"][0]["test_set"],
        "top": top,
        "links": links or Links(),
    }
