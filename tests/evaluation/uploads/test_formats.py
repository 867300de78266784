"""Each format says the same; what is wrong in a file is named by its place; nothing is run or unpacked unasked."""

import io
import zipfile
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from annotation.models import TestSet
from evaluation import predictions
from evaluation.errors import InvalidPredictions
from evaluation.uploads import formats
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db
LIMITS = formats.Limits(num_images=6, num_classes=3)


def written(table: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(table), buffer)
    return buffer.getvalue()


def read(content: bytes) -> formats.Sheet:
    return formats.recognised(content).read(content, LIMITS)


@pytest.fixture
def test_set() -> TestSet:
    return handed.study_and_set()[1]


@pytest.mark.parametrize("kind", ["npz", "npz of places", "npy of records", "npy", "csv", "tab", "parquet"])
def test_ranks_come_in_every_format(kind: str, test_set: TestSet) -> None:
    images, beside = handed.names(test_set)[::-1], {}
    top = [["g2", "g0"], ["g1", "g0"]] * 3
    places = [[0, 2], [1, 2]] * 3
    rows = [f"{image},{','.join(each)}" for image, each in zip(images, top, strict=True)]
    columns = {"image": images, "top2": [each[1] for each in top], "top1": [each[0] for each in top]}
    record = np.array(list(zip(images, top, strict=True)), dtype=[("images", "U40"), ("top", "U9", 2)])
    if kind == "npy":
        beside = {"images": images, "class_ids": ["g2", "g1", "g0"]}
    content = {
        "npz": lambda: handed.npz(images=images, top=top, models=["ignored"]),
        "npz of places": lambda: handed.npz(images=images, top2=places, classes=["g2", "g1", "g0"]),
        "npy of records": lambda: handed.npy(record),
        "npy": lambda: handed.npy(places),
        "csv": lambda: handed.csv("image,top1,top2", *rows),
        "tab": lambda: handed.csv("image,top1,top2", *rows).replace(b",", b"\t"),
        "parquet": lambda: written(columns),
    }[kind]()
    run = handed.given(content, test_set, **beside).run
    assert predictions.load_ranked(run=run).tolist() == [[1, 0], [2, 0]] * 3


@pytest.mark.parametrize("kind", ["npz", "npy", "csv", "parquet"])
def test_logits_come_in_every_format_with_their_classes(kind: str, test_set: TestSet) -> None:
    images, classes, beside = handed.names(test_set), ["g1", "g2", "g0"], {}
    logits = np.arange(18, dtype=np.float64).reshape(6, 3)
    rows = [f"{image},{','.join(map(str, each))}" for image, each in zip(images, logits.tolist(), strict=True)]
    if kind == "npy":
        beside = {"images": images, "class_ids": classes}
    content = {
        "npz": lambda: handed.npz(images=images, logits=logits, classes=classes),
        "npy": lambda: handed.npy(logits),
        "csv": lambda: handed.csv("image,g1,g2,g0", *rows),
        "parquet": lambda: written({"image": images} | dict(zip(classes, logits.T, strict=True))),
    }[kind]()
    run = handed.given(content, test_set, **beside).run
    np.testing.assert_array_equal(predictions.load(run=run), logits[:, [2, 0, 1]])


def pickled(name: str = "top") -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, images=["a"], **{name: np.array([{"an": "object"}], dtype=object)})  # type: ignore[arg-type]
    return buffer.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def header(shape: str, kind: str = "<i4") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"GIF89a\0\0", "none of npz, npy, parquet and CSV"),
        (pickled(), "Python objects are not read: they could run code"),
        (handed.npy(np.array([None])), "Python objects are not read"),
        (zipped("top.npy", header("(1000000000, 3)") + bytes(2**20)), r"top has shape \(1000000000, 3\)"),
        (zipped("top.npy", header("(6, 3)") + bytes(2**20)), "announces 72 bytes of values and has 73 or more"),
        (zipped("top.npy", header("(-6, -3)") + bytes(72)), r"top has shape \(-6, -3\)"),
        (zipped("top.npy", header("(6, 3)", "<U99999")), "at most 1,000 characters"),
        (zipped("top.npy", header("(6, 3)", "<U101")), "class ids have at most 100 characters"),
        (zipped("else.npy", b""), "Expected one array called top"),
        (b"PK\x03\x04 broken", "can't be read as npz"),
        (b"\x93NUMPY\x01\x00\xff\xffno", "can't be read as a numpy array"),
        (header("(6, 3)")[:-20], "can't be read as a numpy array"),
        (handed.npy(np.zeros((6, 4))), r"at most 3 columns, as many as the study has classes"),
        (handed.npz(images=["a"], top3=[["g0"]]), "top3 names 3 classes per image, but has 1 columns"),
        (handed.npz(images=["a"], top=["x"], logits=[[1.0]]), "Expected one array"),
        (b"PAR1 broken", "can't be read as parquet"),
        (written({"image": ["a"], "top1": [1.5]}), "column 'top1' is of the type 'double'"),
        (written({"image": ["a", "b"], "top1": ["g0", None]}), "Row 2, column 'top1': there is no value"),
        (written({"image": ["a"] * 2000, "top1": ["g0"] * 2000}), "2,000 rows, and the set 6 images"),
        (b"image,top1\n" + b"a,g0\n" * 2000, "1,007 rows, and the set 6 images"),
        (b"file,top1\na,g0\n", "must have the column image"),
        (b"image,top1,top3\na,g0,g1\n", "without a gap"),
        (b"image,top1,top1\na,g0,g1\n", "two columns called 'top1'"),
        (b"image,top1\na,g0,g1\n", "Line 2 has 3 columns, and the header 2"),
        (b"image,g0,g1,g2\na,1,2,3\n\nb,1,x,3\n", "Line 4, column 'g1': 'x' is not a number"),
        (b"image,g0,g1\na,1,2\n", "logits of 2 classes; the study has 3"),
        (b"image,top1\na,\xff\n", "Line 2 is not UTF-8"),
        (b'image,top1\n"a,g0\n', "is no CSV"),
        (b"image,top1\n", "a header and no rows"),
        (b"image" + b"," * 100_000, "A row has more than"),
        (b"image,top1\n" + b'",\n",' * 100_000, "A row has more than"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPredictions, match=message):
        read(content)


IMAGES = [f"{number}.png" for number in range(6)]
WHOLE = {
    "npz": handed.npz(images=IMAGES, top=[["g0", "g1"]] * 6),
    "npy": handed.npy(np.zeros((6, 3))),
    "npy of records": handed.npy(
        np.array(list(zip(IMAGES, ["g0"] * 6, strict=True)), "U9,U9").view([("images", "U9"), ("top", "U9")])
    ),
    "parquet of ranks": written({"image": IMAGES, "top1": ["g0"] * 6}),
    "parquet of logits": written({"image": IMAGES} | {name: [1.0] * 6 for name in handed.CLASS_IDS}),
    "csv": handed.csv("image,g0,g1,g2", *(f'"{name}",1,2,3' for name in IMAGES)),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(kind: str) -> None:
    rng = np.random.default_rng(0)
    num_refused = 0
    for _ in range(400):
        content = bytearray(WHOLE[kind])
        for place in rng.integers(len(content), size=rng.integers(1, 6)):
            content[place] = rng.integers(256)
        try:
            read(bytes(content[: rng.integers(1, 2 * len(content))]))
        except InvalidPredictions:
            num_refused += 1
    assert num_refused > 100


def test_a_number_that_is_too_large_is_refused_with_its_place(test_set: TestSet) -> None:
    rows = [f"{name},1,2,1e300" for name in handed.names(test_set)]
    with pytest.raises(InvalidPredictions, match="Line 2, column 'g2': inf is not a finite number"):
        handed.given(handed.csv("image,g0,g1,g2", *rows), test_set)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{},g9", r"Line 7, column top1: 'g9' is no class id of the study \(g0, g1, g2, …\)"),
        (
            "nobody.png,g0",
            r"Not in the test set: 1 image of the file, 'nobody.png' \(line 7\). Missing in the file: 1 image",
        ),
    ],
)
def test_a_line_is_named_by_its_number(row: str, message: str, test_set: TestSet) -> None:
    *images, last = handed.names(test_set)
    content = handed.csv("image,top1", *(f"{name},g0" for name in images), row.format(last))
    with pytest.raises(InvalidPredictions, match=message):
        handed.given(content, test_set)
