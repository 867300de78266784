"""The cast of sections: sets of images by the hundred, and a table of which classifier has which right."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.models import Candidate, Image, Origin, Strategy, Study, TestSet, TestSetImage
from evaluation.models import Classifier, Run, Score
from tests import cast
from tests.evaluation import reported

Bools = NDArray[np.bool_]


def study(num_classes: int = 2) -> Study:
    row = cast.study("digits-twin", name="Digits twin")
    for number in range(num_classes):
        cast.target_class(row, f"c{number}", f"class {number}")
    return row


def candidates(of: Study, num: int, origin: Origin = Origin.POOL) -> list[Candidate]:
    """As many of each class, or one more of the first ones; with pictures, but without files behind them."""
    first, classes = Image.objects.count(), list(of.target_classes.order_by("number"))
    names = [f"{number:064x}" for number in range(first, first + num)]
    images = Image.objects.bulk_create(
        Image(
            sha256=name, pixel_sha256=name, format="PNG", width=8, height=8, num_bytes=100, rendition_sha256=name,
            created_at=cast.NOW,
        )
        for name in names
    )  # fmt: skip
    return Candidate.objects.bulk_create(
        Candidate(
            study=of, target_class=classes[place * len(classes) // num], image=image, origin=origin,
            source=f"{first + place}.png", created_at=cast.NOW,
        )
        for place, image in enumerate(images)
    )  # fmt: skip


def frozen(
    of: Study,
    strategy: Strategy,
    images: Sequence[Candidate],
    counts: tuple[ArrayLike, ArrayLike] = (8, 10),
    **fields: Any,
) -> TestSet:
    """A set of these images in this order."""
    named = {"name": str(strategy.label), "revision": 1, "seed": 0, "built_at": cast.NOW} | fields
    row = TestSet.objects.create(study=of, strategy=strategy, **named)
    selected, seen = (np.broadcast_to(each, len(images)).tolist() for each in counts)
    TestSetImage.objects.bulk_create(
        TestSetImage(
            test_set=row, number=number, candidate=each, target_class_id=each.target_class_id,
            num_selected=selected[number], num_seen=seen[number],
        )
        for number, each in enumerate(images)
    )  # fmt: skip
    return freeze(row)


def freeze(row: TestSet) -> TestSet:
    """Frozen by hand: there are no judgements that a freeze could keep."""
    row.frozen_at, row.content_sha256 = cast.NOW, f"{row.pk:064x}"
    row.save()
    return row


def people(of: Study, names: Sequence[str], **fields: Any) -> list[Classifier]:
    rows = [reported.classifier(of, name) for name in names]
    for each in rows:
        for name, value in fields.items():
            setattr(each, name, value)
        each.save()
    return rows


def score(test_set: TestSet, classifiers: Sequence[Classifier], correct: Bools, top5: Bools | None = None) -> None:
    """A finished run of each, with who had which image right."""
    for row, (classifier, right) in enumerate(zip(classifiers, correct, strict=True)):
        run = Run.objects.create(
            classifier=classifier, test_set=test_set, state="finished", requested_at=cast.NOW, ended_at=cast.NOW
        )
        five = {} if top5 is None else {
            "num_correct_top5": int(top5[row].sum()), "is_correct_top5": np.packbits(top5[row]).tobytes()
        }  # fmt: skip
        Score.objects.create(
            run=run, num_correct=int(right.sum()), num_images=len(right), is_correct=np.packbits(right).tobytes(),
            computed_at=cast.NOW, **five,
        )  # fmt: skip


def drawn(num_classifiers: int, num_images: int, *, seed: int = 0, shift: float = 0.0) -> Bools:
    """Classifiers of different strength whose errors go together."""
    rng = np.random.default_rng(seed)
    ease = rng.standard_normal(num_images)
    skill = np.linspace(1.2, 0.2, num_classifiers)[:, None] + shift
    return np.asarray(skill + ease + 0.7 * rng.standard_normal((num_classifiers, num_images)) > 0)
