"""The data of a chart as a file for spreadsheets."""

import csv
import io
from collections.abc import Sequence

from frontend.charts.base import Row

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(rows: Sequence[Row]) -> str:
    """With a header; a text that a spreadsheet would take for a formula is set off by an apostrophe."""
    if not rows:
        return ""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    is_formula = isinstance(value, str) and (value.startswith(FORMULA) or value.lstrip().startswith(FORMULA))
    return f"'{value}" if is_formula else value
