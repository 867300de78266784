"""Links to the stages of a study, in the order of its flow."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from annotation import messages

register = template.Library()


@register.simple_tag(takes_context=True)
def stage_link(context: dict[str, Any], route: str, name: str, *others: str) -> SafeString:
    """Marked on the stage's own page, and as the place one is in on those below it and below its other pages."""
    address, *below = (reverse(f"frontend:{each}", args=[context["study"].slug]) for each in (route, *others))
    path = context["request"].path
    if route != "study-detail":  # which is above all
        below.append(address)
    mark = "page" if path == address else "true" if path.startswith(tuple(below)) else ""
    current = format_html(' aria-current="{}"', mark) if mark else ""
    return format_html('<a href="{}"{}>{}</a>', address, current, name)


@register.simple_tag(takes_context=True)
def message_link(context: dict[str, Any]) -> SafeString:
    """With how many messages of workers wait for an answer."""
    number = messages.unread(context["study"])
    if not number:
        return stage_link(context, "message-list", "Messages")
    count = '{}<span class="badge badge--accent">{}<span class="visually-hidden"> to answer</span></span>'
    return stage_link(context, "message-list", format_html(count, "Messages ", number))
