"""Axes of accuracy (linear, logit or probit) and of other shares, always written in percent."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from frontend.charts.base import Scale

ROUND_PERCENTAGES = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.9)
STEPS = (10, 5, 2, 1, 0.5, 0.2, 0.1)
FEW_TICKS = 4
WRITTEN = {
    "linear": "format(datum.value * 100, '.3~r')",
    "logit": "format(100 / (1 + exp(-datum.value)), '.3~r')",
    "probit": "format(cumulativeNormal(datum.value) * 100, '.3~r')",
}


def place(fraction: float, num_images: int, scale: Scale) -> float:
    """Where an accuracy stands on the scale; 0 and 1, which have no finite place, half an image inwards."""
    if scale == "linear":
        return round(fraction, 6)
    inwards = 0.5 / num_images
    there = ndtri if scale == "probit" else logit
    return round(float(there(min(max(fraction, inwards), 1 - inwards))), 6)


def domain(values: Sequence[float], scale: Scale) -> tuple[float, float]:
    """From the lowest to the highest with a margin, within what an accuracy can be."""
    margin = 0.03 * (max(values) - min(values)) or 0.05
    low, high = min(values) - margin, max(values) + margin
    return (max(low, 0.0), min(high, 1.0)) if scale == "linear" else (low, high)


def axis(channel: Any, title: str, scale: Scale, reach: tuple[float, float]) -> Any:
    """An encoding of accuracy, such as `axis(alt.X("x:Q"), "Original accuracy", "probit", (-1, 2))`."""
    if scale == "linear":
        written, unit = alt.Axis(labelExpr=WRITTEN[scale], tickCount=6), "%"
    else:
        written, unit = alt.Axis(labelExpr=WRITTEN[scale], values=ticks(scale, reach)), f"%, {scale} scale"
    return channel.title(f"{title} ({unit})").axis(written).scale(domain=list(reach), nice=False, zero=False)


def share(channel: Any, title: str) -> Any:
    """An encoding of any other share, such as `share(alt.Y("share:Q"), "Share of images")`; its title has the unit."""
    return channel.title(f"{title} (%)").axis(alt.Axis(labelExpr=WRITTEN["linear"], tickCount=5))


def ticks(scale: Scale, reach: tuple[float, float]) -> list[float]:
    """Places of round percentages: those usual for the scale, or evenly spaced ones where few of them are in reach."""
    there, back = (ndtri, ndtr) if scale == "probit" else (logit, expit)
    low, high = (float(back(end)) * 100 for end in reach)
    found = [each for each in ROUND_PERCENTAGES if low <= each <= high]
    for step in STEPS:
        if len(found) >= FEW_TICKS:
            break
        found = [each for each in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step if 0 < each < 100]
    return [round(float(there(each / 100)), 6) for each in found]
