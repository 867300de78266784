"""What a test set is, how it came about and what it holds, as bytes that are the same everywhere."""

import json
from collections.abc import Iterator
from typing import Any

from annotation import __version__, storage
from annotation.counting import verdicts
from annotation.models import TestSet
from annotation.stats.selection import BIN_EDGES


def manifest_bytes(test_set: TestSet) -> bytes:
    """The manifest as stored and hashed: the same on every machine, so without times and database ids."""
    if test_set.is_frozen:
        return storage.get("manifests", test_set.content_sha256)
    return json.dumps(_describe(test_set), sort_keys=True, separators=(",", ":")).encode()


def manifest_of(test_set: TestSet) -> dict[str, Any]:
    """What the set is, how it came about and what it holds; read from the storage once frozen."""
    manifest: dict[str, Any] = json.loads(manifest_bytes(test_set))
    return manifest


def _describe(test_set: TestSet) -> dict[str, Any]:
    images = list(_describe_images(test_set))
    sha256_of = dict(test_set.images.values_list("candidate_id", "candidate__image__sha256"))
    num_images: dict[str, int] = {}
    for image in images:
        num_images[image["class_id"]] = num_images.get(image["class_id"], 0) + 1
    classes = test_set.study.target_classes.order_by("number").values("class_id", "number", "name")
    return {
        "citation": test_set.citation,
        "parent": test_set.parent.citation if test_set.parent else None,
        "kept_from": test_set.kept_from.citation if test_set.kept_from else None,
        "revision": test_set.revision,
        "strategy": test_set.strategy,
        "parameters": test_set.parameters,
        "bin_edges": [str(edge) for edge in BIN_EDGES],
        "seed": test_set.seed,
        "is_simulated": test_set.is_simulated,
        "code_version": __version__,
        "review": verdicts.summary(test_set),
        "num_images": len(images),
        "classes": [{**each, "num_images": num_images.get(each["class_id"], 0)} for each in classes],
        "shortages": test_set.shortages,
        "substitutions": [
            {"sha256": sha256_of[each["candidate"]], **{key: each[key] for key in each if key != "candidate"}}
            for each in test_set.substitutions
        ],
        "images": images,
    }


def _describe_images(test_set: TestSet) -> Iterator[dict[str, Any]]:
    columns = {
        "number": "number",
        "class_id": "target_class__class_id",
        "sha256": "candidate__image__sha256",
        "format": "candidate__image__format",
        "num_selected": "num_selected",
        "num_seen": "num_seen",
        "source": "candidate__source",
        "origin": "candidate__origin",
    }
    for row in test_set.images.order_by("number").values_list(*columns.values()).iterator():
        yield dict(zip(columns, row, strict=True))
