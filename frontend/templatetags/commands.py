"""Commands as they are shown."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
OPTION = re.compile(r"--[a-z][a-z-]*")


@register.filter
def command(text: str) -> SafeString:
    """With options that stay whole where a line ends: browsers break lines between two hyphens."""
    return mark_safe(OPTION.sub(r'<span class="unbroken">\g<0></span>', conditional_escape(text)))  # noqa: S308
