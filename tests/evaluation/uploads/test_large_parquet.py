"""Tables of parquet that would fill the memory: read part by part, class ids kept once, refused by their size."""

import io
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from evaluation.errors import InvalidPredictions
from evaluation.uploads.formats import Limits, Sheet
from evaluation.uploads.formats.parquet import Parquet
from tests.annotation.sources.test_pages import lying

NUM_ROWS, NUM_RANKS, NUM_CLASSES = 3000, 40, 200
IMAGES = [f"{number}.png" for number in range(NUM_ROWS)]
MB = 1_000_000


def written(table: Mapping[str, Any], rows_per_group: int = 1000) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(dict(table)), buffer, row_group_size=rows_per_group)
    return buffer.getvalue()


def read(content: bytes, num_classes: int = NUM_CLASSES) -> tuple[Sheet, int]:
    """The sheet, and the most that numpy and Python held meanwhile."""
    limits = Limits(num_images=NUM_ROWS, num_classes=num_classes)
    tracemalloc.start()
    try:
        return Parquet().read(content, limits), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_long_class_ids_are_kept_once_and_not_once_per_row() -> None:
    ids = np.array([f"{number:0100d}" for number in range(NUM_CLASSES)], dtype=object)
    ranks = np.random.default_rng(0).permuted(np.tile(np.arange(NUM_CLASSES), (NUM_ROWS, 1)), axis=1)[:, :NUM_RANKS]
    columns = {f"top{rank + 1}": ids[ranks[:, rank]] for rank in range(NUM_RANKS)}
    sheet, peak = read(written({"image": IMAGES} | columns))
    assert (list(sheet.images or ()), sheet.values.tolist()) == (IMAGES, ids[ranks].tolist())
    assert peak < 10 * MB, "written out, the ids are 48 MB of four bytes a character"


def test_logits_of_any_groups_of_rows_fill_one_table() -> None:
    logits = np.random.default_rng(1).normal(size=(NUM_ROWS, NUM_CLASSES)).astype(np.float32)
    columns = {f"class {number}": logits[:, number] for number in range(NUM_CLASSES)}
    for rows_per_group in (700, NUM_ROWS):
        sheet, peak = read(written({"image": IMAGES} | columns, rows_per_group))
        np.testing.assert_array_equal(sheet.values, logits)
        assert peak < 2 * logits.nbytes


def test_a_column_that_is_larger_than_its_footer_says_is_not_unpacked(tmp_path: Path) -> None:
    path = lying(tmp_path / "a.parquet", {"image": ["a" * 50_000_000], "top1": ["7"]})
    with pytest.raises(InvalidPredictions, match=r"'image' has a page of 50,000,\d+ bytes"):
        read(path.read_bytes())


def test_ids_as_whole_numbers_are_text() -> None:
    sheet, _ = read(written({"image": IMAGES[:3], "top1": [7, 8, 7], "top2": [8, 9, 10]}))
    assert sheet.values.tolist() == [["7", "8"], ["8", "9"], ["7", "10"]]


def test_far_more_class_ids_than_classes_are_refused() -> None:
    table = {"image": IMAGES, "top1": [f"id {number}" for number in range(NUM_ROWS)]}
    with pytest.raises(InvalidPredictions, match="more than 1,200 different class ids"):
        read(written(table))


def test_a_column_that_unpacks_to_more_than_its_rows_can_have_is_refused_before_it_is_unpacked() -> None:
    bomb = written({"image": IMAGES[:2], "top1": ["a", "b" * 50 * MB]})
    with pytest.raises(InvalidPredictions, match=r"The column 'top1' unpacks to [\d,]+ bytes, more than so many rows"):
        read(bomb)
    assert len(bomb) < 5 * MB


def test_a_table_without_rows_says_so() -> None:
    with pytest.raises(InvalidPredictions, match="The table has no rows"):
        read(written({"image": pa.array([], pa.string()), "top1": pa.array([], pa.string())}))
