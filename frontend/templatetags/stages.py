"""Links to the stages of a study, in the order of its flow."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation import messages

register = template.Library()
FLOW, MESSAGES = "study-detail", "message-list"
# The first page of each stage, what it is called, and its other pages that have addresses of their own.
STAGES = (
    (FLOW, "Flow"),
    ("class-list", "Classes"),
    ("candidate-list", "Candidates", "collection-list", "bulk-exclusion-list", "pool-comparison"),
    ("duplicates", "Duplicates"),
    ("guidelines", "Guidelines"),
    ("grid-list", "Grids and HITs"),
    ("invitation-list", "Workers"),
    (MESSAGES, "Messages"),
    ("quality", "Quality"),
    ("frequency-list", "Frequencies", "plan", "top-up"),
    ("test-set-list", "Test sets"),
    ("classifier-list", "Classifiers"),
    ("run-list", "Runs"),
    ("report-detail", "Report"),
)


@register.simple_tag(takes_context=True)
def stage_link(context: dict[str, Any], route: str, name: str, *others: str) -> SafeString:
    """Marked on the stage's own page, and as the place one is in on those below it and below its other pages."""
    address, mark = _place(context, route, *others)
    current = format_html(' aria-current="{}"', mark) if mark else ""
    return format_html('<a href="{}"{}>{}</a>', address, current, name)


@register.inclusion_tag("frontend/_stages.html", takes_context=True)
def stages(context: dict[str, Any]) -> dict[str, Any]:
    """All of them, with the one that the page belongs to, and how many messages of workers wait for an answer."""
    unread = messages.unread(context["study"])
    return {
        "links": [
            stage_link(context, route, _with_unread(name, unread) if route == MESSAGES else name, *others)
            for route, name, *others in STAGES
        ],
        "current": next((name for route, name, *others in STAGES if _place(context, route, *others)[1]), ""),
        "unread": unread,
    }


def _place(context: dict[str, Any], route: str, *others: str) -> tuple[str, str]:
    """Where a stage begins, and how the page stands to it; one whose address does not tell names its `stage`."""
    address, *below = (reverse(f"frontend:{each}", args=[context["study"].slug]) for each in (route, *others))
    path = context["request"].path
    if route != FLOW:  # which is above all
        below.append(address)
    if path == address:
        return address, "page"
    return address, "true" if route == context.get("stage") or path.startswith(tuple(below)) else ""


def _with_unread(name: str, number: int) -> str:
    if not number:
        return name
    count = '{} <span class="badge badge--accent">{}<span class="visually-hidden"> to answer</span></span>'
    return format_html(count, name, number)
