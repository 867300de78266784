"""What the figures of the comparison say, in sentences; and how a value of each quantity is written."""

import math
from decimal import Decimal

from annotation.candidates.comparing import CategoryFigures, NumberFigures, Quantity, Shift
from annotation.candidates.comparing.window import at
from annotation.models import Origin

YEAR, DAY = 365.2425 * 86_400, 86_400
DIGITS = {"megapixels": 2, "longer-side": 0, "aspect": 2, "file-size": 0, "bits-per-pixel": 2}
MORE_AND_LESS = {
    "taken": ("were taken {} later", "were taken {} earlier"),
    "uploaded": ("were uploaded {} later", "were uploaded {} earlier"),
    "megapixels": ("have more pixels", "have fewer pixels"),
    "longer-side": ("are longer on their longer side", "are shorter on their longer side"),
    "aspect": ("are wider for their height", "are narrower for their height"),
    "file-size": ("are larger files", "are smaller files"),
    "bits-per-pixel": ("spend more bits on a pixel", "spend fewer bits on a pixel"),
    "brightness": ("are brighter", "are darker"),
    "colour-cast": ("are farther from grey", "are nearer to grey"),
    "warmth": ("are warmer in colour", "are colder in colour"),
}
LEAST_P = 0.0001
SHOWN_TEXT = 60


def value(quantity: Quantity, number: float) -> str:
    """0.1875 megapixels as 0.19; a dash where nothing is known."""
    if not math.isfinite(number):
        return "–"
    if quantity.is_date:
        found = at(number)
        return f"{found.day} {found:%b} {found.year}"
    digits = DIGITS.get(quantity.name, 0)
    if 0 < abs(number) < 10**-digits:  # icons are of 0.000064 megapixels, and not of none
        return f"{Decimal(f'{number:.2g}'):f}".replace("-", "\N{MINUS SIGN}")
    return f"{number:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def with_unit(quantity: Quantity, number: float) -> str:
    """As it stands in a sentence."""
    unit = {"megapixels": "megapixels", "pixels": "pixels", "kB": "kB", "bits per pixel": "bits"}.get(quantity.unit, "")
    return f"{value(quantity, number)} {unit}".strip()


def chance(p: float) -> str:
    """The p-value as it is printed: tiny ones are only that."""
    return f"< {LEAST_P:.4f}" if p < LEAST_P else f"{p:.4f}"


def span(seconds: float) -> str:
    """Between two dates, in the unit that fits."""
    if abs(seconds) >= YEAR:
        return f"{abs(seconds) / YEAR:.1f} years"
    days = round(abs(seconds) / DAY)
    return f"{days} day{'' if days == 1 else 's'}"


def moved(figures: NumberFigures, shift: Shift) -> str:
    """One quantity that has moved."""
    quantity, change = figures.quantity, figures.pool.median - figures.original.median
    old, new = (with_unit(quantity, figures.side(origin).median) for origin in Origin)
    tail = f"(distance {shift.distance:.2f})."
    if old == new:
        return f"{quantity.label}: the pool has the same median, {new}, but is spread otherwise {tail}"
    said = MORE_AND_LESS[quantity.name][change < 0].format(span(change))
    return f"The pool’s photographs {said}: median {new} instead of {old} {tail}"


def medians(figures: NumberFigures) -> str:
    """What a chart of it says, in short."""
    original, pool = (with_unit(figures.quantity, figures.side(origin).median) for origin in Origin)
    return f"{figures.quantity.label}: median {original} of the originals, {pool} of the pool."


def moved_category(figures: CategoryFigures, shift: Shift) -> str:
    """One category that has moved, by the kind whose share differs most."""
    shares = {origin: _shares(figures, origin) for origin in Origin}
    kinds = sorted(set().union(*shares.values()))
    farthest = max(kinds, key=lambda kind: abs(shares[Origin.POOL].get(kind, 0) - shares[Origin.ORIGINAL].get(kind, 0)))
    pool, original = (shares[origin].get(farthest, 0) for origin in (Origin.POOL, Origin.ORIGINAL))
    return (
        f"{figures.category.label}: {shortened(farthest)} is {_percent(pool)} of the pool instead of "
        f"{_percent(original)} of the originals (distance {shift.distance:.2f})."
    )


def unknown(figures: NumberFigures) -> str:
    """What is not known of a quantity, if that is worth a sentence; empty where nearly all is."""
    parts = [
        f"{_percent(side.share_unknown)} of the {name}"
        for name, side in (("originals", figures.original), ("pool", figures.pool))
        if side.share_unknown >= 0.005
    ]
    return f"{figures.quantity.label}: not known of {' and '.join(parts)}." if parts else ""


def shortened(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else f"{text[: SHOWN_TEXT - 1]}…"


def _shares(figures: CategoryFigures, origin: Origin) -> dict[str, float]:
    kinds = figures.kinds(origin)
    return {kind: number / sum(kinds.values()) for kind, number in kinds.items()}


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
