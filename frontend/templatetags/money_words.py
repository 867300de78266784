"""Where a place stands, as its badge says it."""

from django import template

from annotation.payments.statements import Standing
from frontend.views.money.words import BADGES, LABELS

register = template.Library()


@register.filter
def standing(value: Standing) -> str:
    return LABELS[value]


@register.filter
def badge(value: Standing) -> str:
    """The badge's kind; none where it is nothing special."""
    return BADGES.get(value, "")
