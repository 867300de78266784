"""The cast of scoring: frozen test sets with real image files, classifiers, runs."""

import hashlib
import io
from functools import cache
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from annotation import storage
from annotation.models import Candidate, Image, Origin, Strategy, Study, TestSet, TestSetImage
from evaluation import classifiers, runs
from evaluation.classifiers import ClassifierSpec, Preprocessing
from evaluation.models import Classifier, Run
from tests import cast
from tests.evaluation import graphs

NUM_CLASSES = 3
PREPROCESSING = Preprocessing(size=(4, 4))


def grey(level: int, *, size: tuple[int, int] = (6, 4), note: int = 0) -> bytes:
    """A PNG of one grey level; another note makes another file of the same picture."""
    return _png(level, size) + note.to_bytes(4, "big")


@cache
def _png(level: int, size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(np.full((size[1], size[0], 3), level, dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def study(slug: str = "greys", num_classes: int = NUM_CLASSES) -> Study:
    row = cast.study(slug)
    for number in range(num_classes):
        cast.target_class(row, f"g{number}", f"grey {number}")
    return row


def frozen_set(
    of: Study, *, per_class: int = 2, size: tuple[int, int] = (6, 4), is_frozen: bool = True, **fields: Any
) -> TestSet:
    """Images whose grey level is that of their class, stored as files."""
    described = {"strategy": Strategy.ORIGINAL, "name": "original", "revision": 1, "seed": 0} | fields
    row = TestSet.objects.create(study=of, built_at=cast.NOW, **described)
    classes = list(of.target_classes.order_by("number"))
    number = 0
    for target_class, level in zip(classes, graphs.levels(len(classes)), strict=True):
        for _ in range(per_class):
            candidate = _candidate(of, target_class, grey(level, size=size, note=Image.objects.count()))
            TestSetImage.objects.create(
                test_set=row,
                number=number,
                candidate=candidate,
                target_class=target_class,
                num_selected=1,
                num_seen=1,
            )
            number += 1
    if is_frozen:
        row.frozen_at, row.content_sha256 = cast.NOW, "0" * 64
        row.save()
    return row


def classifier(of: Study, name: str = "grey reader", **graph: object) -> Classifier:
    """Gets every image right, unless the graph says otherwise."""
    return classifier_of(of, graphs.linear(of.target_classes.count(), **graph), name)  # type: ignore[arg-type]


def classifier_of(of: Study, content: bytes, name: str = "grey reader") -> Classifier:
    """From this file, with outputs in the order of the study's classes."""
    class_ids = list(of.target_classes.order_by("number").values_list("class_id", flat=True))
    spec = ClassifierSpec(name=name, content=content, preprocessing=PREPROCESSING, class_ids=class_ids)
    return classifiers.register(study=of, spec=spec, now=cast.NOW)


def run(of: Study | None = None, *, per_class: int = 2, shard_size: int = 2) -> Run:
    """An open run of a perfect classifier: by default 6 images in 3 shards."""
    of = of or study()
    return runs.request(
        classifier=classifier(of), test_set=frozen_set(of, per_class=per_class), now=cast.NOW, shard_size=shard_size
    )


def _candidate(of: Study, target_class: object, content: bytes) -> Candidate:
    sha256 = storage.put("images", content)
    image = Image.objects.create(
        sha256=sha256,
        pixel_sha256=hashlib.sha256(content).hexdigest(),
        format="PNG",
        width=6,
        height=4,
        num_bytes=len(content),
        rendition_sha256=sha256,
        created_at=cast.NOW,
    )
    return Candidate.objects.create(
        study=of,
        target_class=target_class,
        image=image,
        origin=Origin.ORIGINAL,
        source=f"{sha256[:8]}.png",
        created_at=cast.NOW,
    )
