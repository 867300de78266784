"""The data of a chart as a file for spreadsheets."""

import csv
import io
from collections.abc import Sequence

from annotation.spreadsheets import harmless
from frontend.charts.base import Row


def as_csv(rows: Sequence[Row]) -> str:
    """With a header; a text that a spreadsheet would take for a formula is set off by an apostrophe."""
    if not rows:
        return ""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(rows[0])
    cells = ([harmless(value) if isinstance(value, str) else value for value in row.values()] for row in rows)
    writer.writerows(cells)
    return written.getvalue()
