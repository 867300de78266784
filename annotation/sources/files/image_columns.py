"""Arrow and parquet files whose rows hold images and their classes, part by part.

Such a file is not believed: its parts are checked before they are looked into, and what is too large is refused.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from annotation.errors import RefusedImage, UnreadableSource
from annotation.sources.base import printable
from annotation.sources.files.opening import open_stream
from annotation.sources.tables.facts import FACTS, SPELLINGS
from annotation.sources.tables.footers import read_groups
from annotation.sources.tables.pages import check_pages

MAX_HELD = 1024 * 1024  # bytes of an image that its record holds; a larger one is read once more
MAX_GROUP = 2 * 1024**3
ROWS_PER_PART = 16
IMAGES = ("image", "img", "picture", "photo")
LABELS = (*SPELLINGS["class_id"], "label", "labels", "fine_label", "class_name")


@dataclass(frozen=True)
class ImageCell:
    """An image as a row has it: its bytes, or the path of a file beside the table."""

    path: str
    num_bytes: int | None
    read: Callable[[], bytes] | None


@dataclass(frozen=True)
class ImageColumns:
    """Which columns count, and what the numbers of the classes mean."""

    image: str
    label: str
    classes: list[str]
    facts: dict[str, str]
    """Of each field its column."""

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys([self.image, self.label, *self.facts.values()]))


@dataclass(frozen=True)
class Part:
    """Some rows that follow one another."""

    first: int
    """The number of the first."""
    columns: ImageColumns
    batch: Any
    again: Callable[[int], Callable[[], bytes]] | None
    """Reads the image of a row once more; none where a record may hold on to the rows."""

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def image(self, place: int) -> ImageCell:
        import pyarrow as pa

        column = self.batch.column(self.columns.image)
        path = ""
        if pa.types.is_struct(column.type):
            cells = dict(zip((field.name for field in column.type), column.flatten(), strict=True))
            path = str(cells["path"][place].as_py() or "") if "path" in cells else ""
            column = cells["bytes"]
        content = column[place].as_buffer()
        if content is None:
            return ImageCell(path, None, None)
        if self.again is None:
            return ImageCell(path, content.size, content.to_pybytes)
        if content.size > MAX_HELD:
            return ImageCell(path, content.size, self.again(self.first + place))
        return ImageCell(path, content.size, partial(bytes, content.to_pybytes()))

    def class_id(self, place: int) -> str:
        value = self.batch.column(self.columns.label)[place].as_py()
        if isinstance(value, int) and self.columns.classes:
            return self.columns.classes[value] if 0 <= value < len(self.columns.classes) else ""
        return "" if value is None else str(value).strip()

    def facts(self, place: int) -> dict[str, Any]:
        return {field: self.batch.column(name)[place].as_py() for field, name in self.columns.facts.items()}


def parts(address: str, after: int) -> Iterator[Part]:
    """The rows behind a number; they count from 1."""
    return _of_parquet(address, after) if address.lower().endswith(".parquet") else _of_arrow(address, after)


def _of_arrow(address: str, after: int) -> Iterator[Part]:
    """Mapped into memory, so that records which wait for their turn take none."""
    import pyarrow as pa

    with pa.memory_map(address) as file, pa.ipc.open_stream(file) as rows:
        columns = _columns(rows.schema)
        first = 1
        for batch in rows:
            chosen = batch.select(columns.names)
            chosen.validate(full=True)
            if first + len(batch) - 1 > after:
                skipped = max(0, after + 1 - first)
                yield Part(first + skipped, columns, chosen.slice(skipped), None)
            first += len(batch)


def _of_parquet(address: str, after: int) -> Iterator[Part]:
    from pyarrow import parquet

    with (
        open_stream(address) as file,
        open_stream(address) as headers,
        parquet.ParquetFile(file, buffer_size=2**20, pre_buffer=False) as table,
    ):
        chunks = read_groups(headers, printable(address))
        columns = _columns(table.schema_arrow)
        first = 1
        for group in range(table.num_row_groups):
            metadata = table.metadata.row_group(group)
            behind = first + metadata.num_rows
            if behind - 1 > after:
                _check_size(metadata)
                for chunk in chunks[group]:
                    if any(f"{chunk.name}.".startswith(f"{name}.") for name in columns.names):
                        check_pages(headers, chunk)
                again = partial(_again, address, group, first, columns.image)
                for batch in table.iter_batches(ROWS_PER_PART, row_groups=[group], columns=columns.names):
                    skipped = min(len(batch), max(0, after + 1 - first))
                    if skipped < len(batch):
                        yield Part(first + skipped, columns, batch.slice(skipped), again)
                    first += len(batch)
            first = behind


def _again(address: str, group: int, first: int, column: str, row: int) -> Callable[[], bytes]:
    return partial(_read_again, address, group, column, row - first)


def _read_again(address: str, group: int, column: str, place: int) -> bytes:
    from pyarrow import ArrowException, parquet

    try:
        with open_stream(address) as file, parquet.ParquetFile(file, buffer_size=2**20, pre_buffer=False) as table:
            for batch in table.iter_batches(ROWS_PER_PART, row_groups=[group], columns=[column]):
                if place < len(batch):
                    value = batch.column(0)[place].as_py()
                    content: bytes = value["bytes"] if isinstance(value, dict) else value
                    return content
                place -= len(batch)
    except (ArrowException, OSError, UnreadableSource) as error:
        raise RefusedImage("The table that holds it can't be read any more.") from error
    raise RefusedImage("The table that held it has changed.")


def _check_size(group: Any) -> None:
    if group.total_byte_size > MAX_GROUP:
        raise UnreadableSource(
            f"a row group has {group.total_byte_size:,} bytes, and at most {MAX_GROUP:,} are read; save it with "
            "smaller row groups"
        )


def _columns(schema: Any) -> ImageColumns:
    features = _features(schema)
    images = [name for name in schema.names if features.get(name, {}).get("_type") == "Image"]
    images = [name for name in images or schema.names if _holds_images(schema.field(name).type)]
    labels = [name for name in schema.names if features.get(name, {}).get("_type") == "ClassLabel"]
    labels = [name for name in labels or LABELS if name in schema.names and _holds_classes(schema.field(name).type)]
    image = _one("images", images, IMAGES, schema)
    label = _one("classes", labels, LABELS, schema)
    names = features.get(label, {}).get("names")
    classes = [str(name) for name in names] if isinstance(names, list) else []
    facts = {}
    for field in FACTS:
        name = next((each for each in SPELLINGS[field] if schema.names.count(each) == 1), None)
        if name is not None and _holds_facts(schema.field(name).type):
            facts[field] = name
    return ImageColumns(image, label, classes, facts)


def _features(schema: Any) -> dict[str, dict[str, Any]]:
    """What the library has written down of each column."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, RecursionError, TypeError):
        return {}
    return (
        {name: told for name, told in features.items() if isinstance(told, dict)} if isinstance(features, dict) else {}
    )


def _holds_images(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        return any(field.name == "bytes" and _holds_images(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _holds_classes(kind: Any) -> bool:
    from pyarrow import types

    tests = (types.is_integer, types.is_string, types.is_large_string)
    return any(test(kind) for test in tests)


def _holds_facts(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_timestamp(kind))


def _one(what: str, found: list[str], preferred: tuple[str, ...], schema: Any) -> str:
    if len(found) > 1:
        found = [name for name in preferred if name in found][:1]
    if not found or schema.names.count(found[0]) != 1:
        names = ", ".join(repr(printable(name[:50])) for name in schema.names[:20])
        raise UnreadableSource(f"it has no one column of {what} among its columns {names}")
    return found[0]
