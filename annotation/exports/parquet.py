"""Parquet as Hugging Face's `datasets` reads it: columns of type Image and ClassLabel, and a dataset card."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.exports import citing
from annotation.exports.base import Contents, Layout, OneFile, Picture, Piece, Place, SoFar, small_file
from annotation.exports.imagefolder import classes_txt
from annotation.exports.tables import intervals

IMAGES_PER_FILE = 5000
GROUP_IMAGES, GROUP_BYTES = 500, 32 * 1024 * 1024  # what is in memory at once, and what a reader gets at once
COLUMNS = (
    pa.field("image", pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])),
    pa.field("label", pa.int64()),
    pa.field("number", pa.int64()),
    pa.field("class_id", pa.string()),
    pa.field("sha256", pa.string()),
    pa.field("seen", pa.int64()),
    pa.field("selected", pa.int64()),
    pa.field("frequency", pa.float64()),
    pa.field("interval_low", pa.float64()),
    pa.field("interval_high", pa.float64()),
    pa.field("source", pa.string()),
    pa.field("licence", pa.string()),
    pa.field("owner", pa.string()),
    pa.field("page_url", pa.string()),
)
LOADING = """import os

from datasets import load_dataset

images = load_dataset(os.getcwd(), split="test")  # in the folder of this file"""
DTYPES = {pa.int64(): "int64", pa.float64(): "float64", pa.string(): "string"}


def plan(contents: Contents) -> list[Piece]:
    schema = schema_of(contents)
    pieces: list[Piece] = [
        small_file("README.md", card(contents)),
        small_file("classes.txt", classes_txt(contents)),
    ]
    names = files_of(contents)
    for name, first in zip(names, range(0, len(contents.pictures), IMAGES_PER_FILE), strict=True):
        in_file = contents.pictures[first : first + IMAGES_PER_FILE]
        pieces.append(OneFile(name, in_file, chunks=partial(_chunks, schema, in_file)))
    return pieces


def places(contents: Contents) -> Iterator[Place]:
    names = files_of(contents)
    return (Place(names[place // IMAGES_PER_FILE]) for place in range(len(contents.pictures)))


def files_of(contents: Contents) -> list[str]:
    num_files = -(-len(contents.pictures) // IMAGES_PER_FILE)
    return [f"data/test-{number:05d}-of-{num_files:05d}.parquet" for number in range(num_files)]


def schema_of(contents: Contents) -> pa.Schema:
    """Columns, with the note by which `datasets` knows which are pictures and what labels mean."""
    features = {field.name: _feature(field, contents) for field in COLUMNS}
    return pa.schema(COLUMNS, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def card(contents: Contents) -> bytes:
    """README.md: what `datasets` and the Hub read, then what people read."""
    manifest, names = contents.manifest, [each["class_id"] for each in contents.classes]
    features = [_described(field, names) for field in COLUMNS]
    num_bytes = sum(picture.num_bytes for picture in contents.pictures)
    split = {"name": "test", "num_bytes": num_bytes, "num_examples": manifest["num_images"]}
    facts = {
        "pretty_name": manifest["citation"],
        "license": citing.licence_of_all(contents),
        "task_categories": ["image-classification"],
        "configs": [{"config_name": "default", "data_files": [{"split": "test", "path": "data/test-*.parquet"}]}],
        "dataset_info": {"features": features, "splits": [split]},
    }
    head = "\n".join(f"{key}: {citing.yaml(value)}" for key, value in facts.items())
    return f"---\n{head}\n---\n\n{citing.told(contents, LOADING)}".encode()


def _feature(field: pa.Field, contents: Contents) -> dict[str, Any]:
    if field.name == "image":
        return {"_type": "Image"}
    if field.name == "label":
        return {"names": [each["class_id"] for each in contents.classes], "_type": "ClassLabel"}
    return {"dtype": DTYPES[field.type], "_type": "Value"}


def _described(field: pa.Field, names: list[str]) -> dict[str, Any]:
    if field.name == "image":
        return {"name": "image", "dtype": "image"}
    if field.name == "label":
        numbered = {str(number): name for number, name in enumerate(names)}
        return {"name": "label", "dtype": {"class_label": {"names": numbered}}}
    return {"name": field.name, "dtype": DTYPES[field.type]}


class _Gathered:
    """What the writer of parquet takes for a file: keeps bytes until they are fetched."""

    closed = False

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.size = 0

    def write(self, content: Any) -> int:
        chunk = bytes(content)
        self.chunks.append(chunk)
        self.size += len(chunk)
        return len(chunk)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        self.closed = True

    def fetch(self) -> list[bytes]:
        chunks, self.chunks = self.chunks, []
        return chunks


def _chunks(
    schema: pa.Schema, pictures: Sequence[Picture], contents: Iterator[bytes], so_far: SoFar
) -> Iterator[bytes]:
    gathered = _Gathered()
    # Pictures are compressed already, and no two are alike: neither a codec nor a dictionary would gain anything.
    with pq.ParquetWriter(
        pa.PythonFile(gathered, mode="w"), schema, compression="none", use_dictionary=False, write_statistics=False
    ) as writer:
        for group, in_memory in _groups(pictures, contents):
            writer.write_table(_table(schema, group, in_memory))
            yield from gathered.fetch()
    yield from gathered.fetch()


def _groups(pictures: Sequence[Picture], contents: Iterator[bytes]) -> Iterator[tuple[Sequence[Picture], list[bytes]]]:
    first, in_memory, size = 0, [], 0
    for place, content in enumerate(contents):
        in_memory.append(content)
        size += len(content)
        if len(in_memory) == GROUP_IMAGES or size >= GROUP_BYTES:
            yield pictures[first : place + 1], in_memory
            first, in_memory, size = place + 1, [], 0
    if in_memory:
        yield pictures[first:], in_memory


def _table(schema: pa.Schema, pictures: Sequence[Picture], contents: list[bytes]) -> pa.Table:
    lows, highs = zip(*intervals(pictures), strict=True)
    paths = pa.array([f"{picture.sha256}.{picture.extension}" for picture in pictures], pa.string())
    image = pa.StructArray.from_arrays([pa.array(contents, pa.binary()), paths], fields=list(COLUMNS[0].type))
    columns = {
        "label": [picture.class_number for picture in pictures],
        "number": [picture.number for picture in pictures],
        "class_id": [picture.class_id for picture in pictures],
        "sha256": [picture.sha256 for picture in pictures],
        "seen": [picture.num_seen for picture in pictures],
        "selected": [picture.num_selected for picture in pictures],
        "frequency": [picture.frequency for picture in pictures],
        "interval_low": lows,
        "interval_high": highs,
        "source": [picture.source for picture in pictures],
        "licence": [picture.licence for picture in pictures],
        "owner": [picture.owner for picture in pictures],
        "page_url": [picture.page_url for picture in pictures],
    }
    arrays = [image, *(pa.array(columns[field.name], field.type) for field in COLUMNS[1:])]
    return pa.Table.from_arrays(arrays, schema=schema)


LAYOUT = Layout("Parquet", "with a dataset card, as Hugging Face's datasets reads", plan, places)
