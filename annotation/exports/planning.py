"""All that an export consists of, in order: the layout's pieces, the tables, and manifest.json at the end."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from annotation import testsets
from annotation.exports import citing, croissant, imagefolder, parquet, tables, webdataset
from annotation.exports.base import Contents, Layout, OneFile, Piece, SoFar, small_file

LAYOUTS: dict[str, Layout] = {
    "imagefolder": imagefolder.LAYOUT,
    "webdataset": webdataset.LAYOUT,
    "parquet": parquet.LAYOUT,
    "croissant": croissant.LAYOUT,
}
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
KEPT = ("citation", "strategy", "parameters", "seed", "is_simulated", "code_version", "classes")


def plan_of(contents: Contents, layout: str) -> list[Piece]:
    """`frozen.json` is the frozen manifest, whose sha256 is the set's content hash; the layout brings a README.md."""
    chosen = LAYOUTS[layout]
    return [
        small_file("frozen.json", testsets.manifest_bytes(contents.test_set)),
        citing.citation_file(contents),
        *chosen.plan(contents),
        *tables.plan(contents, chosen.places),
        OneFile(SUMS, chunks=_sums, needs_earlier=True),
        OneFile(MANIFEST, chunks=partial(_manifest, contents, layout)),
    ]


def _sums(pictures: Iterator[bytes], so_far: SoFar) -> Iterator[bytes]:
    """What `sha256sum --check` reads."""
    for each in sorted(so_far.files.values(), key=lambda each: each.name):
        if not each.is_folder:
            yield f"{each.sha256}  {each.name}\n".encode()


def _manifest(contents: Contents, layout: str, pictures: Iterator[bytes], so_far: SoFar) -> Iterator[bytes]:
    """What was promised and written; the engine writes it only where both agree."""
    described: dict[str, Any] = {
        "layout": layout,
        "content_sha256": contents.test_set.content_sha256,
        "num_expected": contents.manifest["num_images"],
        "num_written": so_far.num_images,
        "files": {each.name: each.sha256 for each in so_far.files.values() if not each.is_folder},
        **{key: contents.manifest[key] for key in KEPT},
    }
    yield json.dumps(described, indent=2, sort_keys=True).encode() + b"\n"
