"""The cast of uploads: a frozen set of greys, and files of predictions for it."""

import io
from typing import Any

import numpy as np

from annotation.models import Study, TestSet
from evaluation import uploads
from evaluation.uploads import Handed, Taken
from tests import cast
from tests.evaluation import scored

CLASS_IDS = ["g0", "g1", "g2"]


def names(test_set: TestSet) -> list[str]:
    return list(test_set.images.order_by("number").values_list("candidate__source", flat=True))


def truth(test_set: TestSet) -> list[str]:
    return list(test_set.images.order_by("number").values_list("target_class__class_id", flat=True))


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: np.asarray(values) for name, values in arrays.items()})
    return buffer.getvalue()


def npy(values: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values), allow_pickle=True)
    return buffer.getvalue()


def csv(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def right(test_set: TestSet) -> bytes:
    """All of them right, in an order of its own."""
    rows = [f"{name},{class_id}" for name, class_id in zip(names(test_set), truth(test_set), strict=True)]
    return csv("image,top1", *reversed(rows))


def given(content: bytes, test_set: TestSet, *, name: str = "elsewhere", **beside: Any) -> Taken:
    return uploads.upload(classifier_name=name, test_set=test_set, handed=Handed(content, **beside), now=cast.NOW)


def study_and_set(per_class: int = 2) -> tuple[Study, TestSet]:
    study = scored.study()
    return study, scored.frozen_set(study, per_class=per_class)
