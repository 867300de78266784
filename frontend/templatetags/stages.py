"""Links to the stages of a study, in the order of its flow."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def stage_link(context: dict[str, Any], route: str, name: str) -> SafeString:
    """Marked on the stage's own page, and as the place one is in on those below it."""
    address = reverse(f"frontend:{route}", args=[context["study"].slug])
    path = context["request"].path
    is_above_all = route == "study-detail"
    mark = "page" if path == address else "true" if path.startswith(address) and not is_above_all else ""
    current = format_html(' aria-current="{}"', mark) if mark else ""
    return format_html('<a href="{}"{}>{}</a>', address, current, name)
