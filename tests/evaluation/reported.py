"""The cast of reports: frozen test sets and scores, without files behind them."""

from collections.abc import Sequence
from typing import Any

from annotation.models import Origin, Strategy, Study, TestSet, TestSetImage
from evaluation.models import Classifier, Run, Score
from tests import cast

NUM_IMAGES = 100


def study(researchers: Sequence[Any] = (), slug: str = "digits-twin") -> Study:
    row = cast.study(slug, researchers, name="Digits twin")
    cast.target_class(row)
    return row


def frozen_set(of: Study, strategy: Strategy = Strategy.ORIGINAL, revision: int = 1, **fields: Any) -> TestSet:
    """A frozen set of two images with frequencies 1.0 and 0.5."""
    row = TestSet.objects.create(
        study=of, strategy=strategy, name=str(strategy.label), revision=revision, seed=0, built_at=cast.NOW, **fields
    )
    target_class = of.target_classes.get()
    for number, num_selected in enumerate((10, 5)):
        TestSetImage.objects.create(
            test_set=row,
            number=number,
            candidate=cast.candidate(target_class, Origin.ORIGINAL),
            target_class=target_class,
            num_selected=num_selected,
            num_seen=10,
        )
    row.frozen_at, row.content_sha256 = cast.NOW, f"{row.pk:064x}"
    row.save()
    return row


def classifier(of: Study, name: str) -> Classifier:
    return Classifier.objects.create(
        study=of, name=name, runtime="onnx", file_sha256="0" * 64, num_bytes=1, class_ids=["0"], registered_at=cast.NOW
    )


def score(
    of: Classifier, test_set: TestSet, num_correct: int, num_images: int = NUM_IMAGES, condition: str = "clean"
) -> Score:
    when = {"requested_at": cast.NOW, "ended_at": cast.NOW}
    run = Run.objects.create(classifier=of, test_set=test_set, condition=condition, state="finished", **when)
    return Score.objects.create(
        run=run, num_correct=num_correct, num_correct_top5=num_images, num_images=num_images, computed_at=cast.NOW
    )


def scored_study(
    table: dict[str, Sequence[int | None]], researchers: Sequence[Any] = (), **original: Any
) -> tuple[Study, list[TestSet]]:
    """Correct images of 100 per classifier, on the original, the calibrated and the easier set; None: no run."""
    of = study(researchers)
    sets = [frozen_set(of, **original), frozen_set(of, Strategy.MATCHED_FREQUENCY), frozen_set(of, Strategy.THRESHOLD)]
    for name, numbers in table.items():
        row = classifier(of, name)
        for test_set, num_correct in zip(sets, numbers, strict=False):
            if num_correct is not None:
                score(row, test_set, num_correct)
    return of, sets


SIX: dict[str, Sequence[int | None]] = {
    "forest": (90, 80, 88),
    "nearest": (85, 72, 84),
    "linear": (80, 70, 81),
    "bayes": (70, 55, 69),
    "tree": (60, 48, 61),
    "stump": (20, 18, 22),
}
