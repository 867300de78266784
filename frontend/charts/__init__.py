"""Charts as Vega-Altair specifications: the same on the page and in the paper.

The charts of a report stand one per module, in the order of their imports here; to add one, copy `frequency.py`.
"""

# isort: off
from frontend.charts import key
from frontend.charts import ranks
from frontend.charts import frequency
from frontend.charts import waterfall
from frontend.charts import similarity
from frontend.charts import classes
from frontend.charts import robustness
from frontend.charts import conditions

# isort: on
from frontend.charts import scales
from frontend.charts.base import CONTENT_TYPES, Drawing, NoSuchChart, Scale, render
from frontend.charts.files import as_csv
from frontend.charts.histogram import FREQUENCY_BINS, NARROW, frequency_histogram
from frontend.charts.report import ReportChart, available, draw, rows
from frontend.charts.themes import THEMES, Theme, ThemeName, styled

__all__ = [
    "CONTENT_TYPES", "FREQUENCY_BINS", "NARROW", "THEMES", "Drawing", "NoSuchChart", "ReportChart", "Scale", "Theme",
    "ThemeName", "as_csv", "available", "classes", "conditions", "draw", "frequency", "frequency_histogram", "key",
    "ranks", "render", "robustness", "rows", "scales", "similarity", "styled", "waterfall",
]  # fmt: skip
