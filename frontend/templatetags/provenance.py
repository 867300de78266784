"""Texts that came with an image, from people nobody knows."""

from urllib.parse import urlsplit

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
FOLLOWED = ("http", "https")


@register.filter
def linked(text: str) -> SafeString:
    """A link where it is an address of the web, which learns nothing of us; anything else is a text."""
    if not is_web_address(text):
        return format_html("<bdi>{}</bdi>", text)
    return format_html('<a href="{}" rel="noreferrer noopener nofollow"><bdi>{}</bdi></a>', text, text)


def is_web_address(text: str) -> bool:
    if not text.isprintable() or any(character.isspace() for character in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in FOLLOWED and bool(parts.hostname)
