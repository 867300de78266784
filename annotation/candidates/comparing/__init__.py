"""The original's window, and how far the pool lies from it: dates, sizes, colours and places."""

from annotation.candidates.comparing.classes import Classes, ClassShift
from annotation.candidates.comparing.comparison import Comparison, compare, histograms
from annotation.candidates.comparing.figures import (
    LEAST_KNOWN,
    LEVEL,
    MOVED,
    CategoryFigures,
    Histogram,
    NumberFigures,
    Shift,
    Side,
)
from annotation.candidates.comparing.looking import MOST_LOOKED_AT, Looked
from annotation.candidates.comparing.owners import Owners
from annotation.candidates.comparing.quantities import CATEGORIES, NUMBERS, Category, Quantity
from annotation.candidates.comparing.window import Span, Window

__all__ = [
    "CATEGORIES",
    "LEAST_KNOWN",
    "LEVEL",
    "MOST_LOOKED_AT",
    "MOVED",
    "NUMBERS",
    "Category",
    "CategoryFigures",
    "ClassShift",
    "Classes",
    "Comparison",
    "Histogram",
    "Looked",
    "NumberFigures",
    "Owners",
    "Quantity",
    "Shift",
    "Side",
    "Span",
    "Window",
    "compare",
    "histograms",
]
