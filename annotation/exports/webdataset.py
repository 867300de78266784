"""WebDataset shards: tars in which a picture, its class index and what is known of it share a key."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from annotation.exports import tar
from annotation.exports.base import Contents, Layout, OneFile, Picture, Piece, Place, SoFar, small_file
from annotation.exports.imagefolder import classes_txt
from annotation.exports.tables import facts_of

IMAGES_PER_SHARD = 1000
IMAGES_AT_ONCE = 50  # in memory
to_json = json.JSONEncoder(sort_keys=True).encode  # made once: `json.dumps` makes an encoder for every picture


def plan(contents: Contents) -> list[Piece]:
    pieces: list[Piece] = [small_file("classes.txt", classes_txt(contents))]
    pictures = contents.pictures
    for first in range(0, len(pictures), IMAGES_PER_SHARD):
        in_shard = pictures[first : first + IMAGES_PER_SHARD]
        pieces.append(OneFile(_shard(first), in_shard, chunks=partial(_chunks, in_shard)))
    return pieces


def places(contents: Contents) -> list[Place]:
    return [
        Place(_shard(place), f"{_key(picture)}.{picture.extension}") for place, picture in enumerate(contents.pictures)
    ]


def _shard(place: int) -> str:
    return f"shards/test-{place // IMAGES_PER_SHARD:06d}.tar"


def _key(picture: Picture) -> str:
    return f"{picture.number:08d}"


def _chunks(pictures: Sequence[Picture], contents: Iterator[bytes], so_far: SoFar) -> Iterator[bytes]:
    left = iter(pictures)
    while some := list(islice(contents, IMAGES_AT_ONCE)):
        names, files = [], []
        for picture, content in zip(islice(left, len(some)), some, strict=True):
            key = _key(picture)
            names += [f"{key}.{picture.extension}", f"{key}.cls", f"{key}.json"]
            files += [content, str(picture.class_number).encode(), to_json(facts_of(picture)).encode()]
        yield from tar.entries(names, files)
    yield tar.END


LAYOUT = Layout("WebDataset", "tars of 1,000 images, for reading in order and by many processes", plan, places)
