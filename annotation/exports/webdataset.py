"""WebDataset shards: tars in which a picture, its class index and what is known of it share a key."""

import json
from collections.abc import Iterator, Sequence
from functools import partial

from annotation.exports import citing, tar
from annotation.exports.base import Contents, Layout, OneFile, Picture, Piece, Place, SoFar, small_file
from annotation.exports.imagefolder import classes_txt
from annotation.exports.tables import facts_of

IMAGES_PER_SHARD = 1000
LOADING = """import webdataset

# In the folder of this file.
shards = webdataset.WebDataset("shards/test-{{000000..{last:06d}}}.tar", shardshuffle=False)
images = shards.decode("pil").to_tuple("jpg;png;webp;bmp;tif", "cls")"""
to_json = json.JSONEncoder().encode  # made once: `json.dumps` makes an encoder for every picture


def plan(contents: Contents) -> list[Piece]:
    pictures = contents.pictures
    last = max(len(pictures) - 1, 0) // IMAGES_PER_SHARD
    pieces: list[Piece] = [
        citing.readme(contents, LOADING.format(last=last)),
        small_file("classes.txt", classes_txt(contents)),
    ]
    for first in range(0, len(pictures), IMAGES_PER_SHARD):
        in_shard = pictures[first : first + IMAGES_PER_SHARD]
        pieces.append(OneFile(_shard(first), in_shard, chunks=partial(_chunks, in_shard)))
    return pieces


def places(contents: Contents) -> Iterator[Place]:
    for place, picture in enumerate(contents.pictures):
        yield Place(_shard(place), f"{_key(picture)}.{picture.extension}")


def _shard(place: int) -> str:
    return f"shards/test-{place // IMAGES_PER_SHARD:06d}.tar"


def _key(picture: Picture) -> str:
    return f"{picture.number:08d}"


def _chunks(pictures: Sequence[Picture], contents: Iterator[bytes], so_far: SoFar) -> Iterator[bytes]:
    # One picture after the other, for what Python does at a stretch keeps another shard's thread waiting.
    before = b""
    for picture, content in zip(pictures, contents, strict=True):
        key, label, facts = _key(picture), b"%d" % picture.class_number, _json(picture)
        yield before + tar.header(f"{key}.{picture.extension}", len(content))
        yield content
        before = tar.padding(len(content)) + tar.entry(f"{key}.cls", label) + tar.entry(f"{key}.json", facts)
    yield before + tar.END


def _json(picture: Picture) -> bytes:
    return to_json(facts_of(picture)).encode()


LAYOUT = Layout("WebDataset", "tars of 1,000 images, for reading in order and by many processes", plan, places)
