"""How figures are written. The only place, beside charts, where a fraction becomes a percentage."""

from datetime import timedelta
from typing import Any

from django import template

from annotation.models.money import written

register = template.Library()
MINUS = "\N{MINUS SIGN}"


@register.filter
def get_scale(fits: dict[str, Any], scale: str) -> dict[str, float] | None:
    """The fitted line on one scale, or None where there is none."""
    fit: dict[str, float] | None = fits[scale]
    return fit


@register.filter
def of(values: dict[int, float], key: int) -> float | None:
    """The value of this key, or None where there is none."""
    return values.get(key)


@register.filter
def percent(fraction: float | None, digits: int = 1) -> str:
    """0.7221 as 72.2 %; a dash where there is no value."""
    return "–" if fraction is None else f"{fraction * 100:.{digits}f}\N{NO-BREAK SPACE}%"


@register.filter
def percent_value(fraction: float | None, digits: int = 1) -> str:
    """0.7221 as 72.2, for tables whose heading names the unit."""
    return "–" if fraction is None else f"{fraction * 100:.{digits}f}"


@register.filter
def magnitude(change: float, digits: int = 1) -> str:
    """-0.118 as 11.8, where a word such as "lost" carries the sign."""
    return f"{abs(change) * 100:.{digits}f}"


@register.filter
def points(change: float | None, digits: int = 1) -> str:
    """-0.118 as −11.8, with its sign: a change in percentage points."""
    if change is None:
        return "–"
    text = f"{abs(change) * 100:.{digits}f}"
    if float(text) == 0:
        return text
    return (MINUS if change < 0 else "+") + text


@register.filter
def clock(seconds: float) -> str:
    """125 as 0:02:05."""
    return str(timedelta(seconds=round(seconds)))


@register.filter
def money(minor_units: int, currency: str) -> str:
    """360 EUR cents as 3.60 EUR."""
    return written(minor_units, currency).replace(" ", "\N{NO-BREAK SPACE}")
