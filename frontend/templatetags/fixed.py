"""Parts that are the same on every page of a language: written once, however many pages show them."""

import functools

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def fixed(name: str) -> SafeString:
    """Like `include`, for a template that looks at nothing but the language."""
    language = get_language()
    return render_to_string(name) if settings.DEBUG else _rendered(name, language)


@functools.cache
def _rendered(name: str, language: str | None) -> SafeString:
    return render_to_string(name)
