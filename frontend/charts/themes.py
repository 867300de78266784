"""The colours and the type of the pages, for pictures that stand alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Literal

ThemeName = Literal["light", "dark"]
FONT = "-apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"


@dataclass(frozen=True)
class Theme:
    """The colours of tokens.css, and further ones for sets of other names."""

    ink: str
    soft: str
    line: str
    background: str
    accent: str
    warn: str
    test_sets: Mapping[str, str]
    others: Sequence[str]
    ramp: tuple[str, str]
    """From little to much."""

    def colours_of(self, names: Sequence[str]) -> list[str]:
        """One colour per test set: its own where it has a usual name, else one that none of the others has."""
        free = [*(self.test_sets[usual] for usual in self.test_sets if usual not in names), *self.others]
        spare = cycle(colour for colour in free if colour != self.test_sets["original"])
        return [self.test_sets.get(name) or next(spare) for name in names]


THEMES: dict[str, Theme] = {
    "light": Theme(
        ink="#191a1c",
        soft="#585a60",
        line="#e4e4de",
        background="#ffffff",
        accent="#0a6b5c",
        warn="#a32a1c",
        test_sets={
            "original": "#585a60",
            "calibrated": "#0a6b5c",
            "recalibrated": "#0b5f9e",
            "easier": "#b25a00",
            "easiest": "#5a4fb5",
        },
        others=("#a3246b", "#56701a", "#7a4a2c", "#1d7f92"),
        ramp=("#eef4f1", "#07503f"),
    ),
    "dark": Theme(
        ink="#eeeeea",
        soft="#a9abb0",
        line="#33363a",
        background="#1b1d1e",
        accent="#5ccdb4",
        warn="#ff9d8f",
        test_sets={
            "original": "#b3b5ba",
            "calibrated": "#5ccdb4",
            "recalibrated": "#7db8f5",
            "easier": "#f0a255",
            "easiest": "#a9a0ff",
        },
        others=("#f08abf", "#b7d46a", "#d3a583", "#6fd0e2"),
        ramp=("#22302d", "#8fe3d0"),
    ),
}


def styled(chart: Any, theme: Theme) -> Any:
    """In the colours and the type of the pages."""
    # Set in one go: each of Altair's own methods copies the whole chart.
    found = chart.copy(deep=False)
    found.config = {
        "font": FONT,
        "background": theme.background,
        "padding": 8,
        "view": {"stroke": None},
        "axis": {
            "labelColor": theme.soft,
            "titleColor": theme.ink,
            "titleFontWeight": 500,
            "titleFontSize": 13,
            "titlePadding": 10,
            "labelFontSize": 12,
            "labelOverlap": "greedy",
            "labelSeparation": 4,
            "gridColor": theme.line,
            "domainColor": theme.line,
            "tickColor": theme.line,
        },
        "legend": {
            "labelColor": theme.ink,
            "titleColor": theme.ink,
            "titleFontWeight": 500,
            "titleFontSize": 12,
            "labelFontSize": 13,
            "labelLimit": 160,
            "columns": 5,
            "symbolOpacity": 1,
        },
        "title": {"color": theme.soft, "fontWeight": "normal", "fontSize": 13, "anchor": "start"},
    }
    return found
