"""Rows of a table as text, by the suffix of its address: CSV or JSON lines, perhaps compressed, or parquet."""

from collections.abc import Callable, Iterator

from annotation.sources.base import printable
from annotation.sources.files.opening import open_stream
from annotation.sources.tables import parquet
from annotation.sources.tables.csv_rows import Cells, NumberedRow, csv_rows
from annotation.sources.tables.json_rows import json_rows

CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
JSON = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
PARQUET = (".parquet",)


def is_table(address: str) -> bool:
    return address.lower().endswith((*CSV, *JSON, *PARQUET))


def table_rows(address: str, choose: Callable[[Cells], list[int]], after: int) -> Iterator[NumberedRow]:
    """The names of the columns, then the rows behind a number; of a wide table, perhaps the chosen columns alone."""
    shown, kind = printable(address), address.lower()
    with open_stream(address) as file:
        if kind.endswith(PARQUET):
            yield from parquet.records(file, shown, choose, after)
        elif kind.endswith(JSON):
            yield from json_rows(file, shown, after)
        else:
            yield from csv_rows(file, shown, after)
