"""The tables that lie beside every layout: what is known of each image, and the judgements used."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from annotation.exports.base import Contents, OneFile, Picture, Piece, Place, SoFar
from annotation.stats.intervals import wilson

ROWS_AT_ONCE = 1000
COLUMNS = (
    "number", "class_id", "label", "sha256", "file", "member", "seen", "selected", "frequency", "interval_low",
    "interval_high", "workers", "origin", "source", "licence", "owner", "page_url",
)  # fmt: skip


def plan(contents: Contents, places: Callable[[Contents], Iterator[Place]]) -> list[Piece]:
    """`images.csv`, and `judgements.csv` where the set was frozen with its judgements."""
    pieces: list[Piece] = [OneFile("images.csv", chunks=partial(_images, contents, places))]
    if contents.judgements is not None:
        pieces.append(OneFile("judgements.csv", chunks=partial(_judgements, contents)))
    return pieces


def facts_of(picture: Picture) -> dict[str, Any]:
    """What an export tells of an image wherever it has room for it, by name."""
    return {
        "class_id": picture.class_id,
        "frequency": picture.frequency,
        "licence": picture.licence,
        "number": picture.number,
        "origin": picture.origin,
        "owner": picture.owner,
        "page_url": picture.page_url,
        "seen": picture.num_seen,
        "selected": picture.num_selected,
        "sha256": picture.sha256,
        "source": picture.source,
    }


def intervals(pictures: Sequence[Picture]) -> list[tuple[float, float] | tuple[None, None]]:
    """Wilson's 95 % interval of each frequency; none where nobody saw the image."""
    selected = np.array([picture.num_selected for picture in pictures], dtype=np.int64)
    seen = np.array([picture.num_seen for picture in pictures], dtype=np.int64)
    bounds = wilson(selected, np.maximum(seen, 1))
    rows = zip(bounds.low.tolist(), bounds.high.tolist(), seen.tolist(), strict=True)
    return [(low, high) if num_seen else (None, None) for low, high, num_seen in rows]


def _images(
    contents: Contents, places: Callable[[Contents], Iterator[Place]], pictures: Iterator[bytes], so_far: SoFar
) -> Iterator[bytes]:
    yield _csv([COLUMNS])
    place = places(contents)
    for first in range(0, len(contents.pictures), ROWS_AT_ONCE):
        some = contents.pictures[first : first + ROWS_AT_ONCE]
        rows = zip(some, islice(place, len(some)), intervals(some), strict=True)
        yield _csv(_row(*row) for row in rows)


def _row(picture: Picture, place: Place, interval: tuple[float | None, float | None]) -> list[Any]:
    return [
        picture.number, picture.class_id, picture.class_number, picture.sha256, place.file, place.member,
        picture.num_seen, picture.num_selected, picture.frequency, *interval, picture.num_seen, picture.origin,
        picture.source, picture.licence, picture.owner, picture.page_url,
    ]  # fmt: skip


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _judgements(contents: Contents, pictures: Iterator[bytes], so_far: SoFar) -> Iterator[bytes]:
    assert contents.judgements is not None
    yield from contents.judgements()
