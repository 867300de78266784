"""67 classifiers on the original and four new sets of a thousand classes: runs and scores, no files behind them."""

from itertools import product

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from annotation import testsets
from annotation.models import Study, TestSet
from annotation.strategies import STRATEGIES
from evaluation.models import Classifier, Run, Score
from tests.benchmarks.testsets import data as counts

NUM_CLASSIFIERS = 67
SEED = 0
GROUPS = ("standard", "standard", "standard", "standard", "robustness", "more_data")


def prepare() -> None:
    """Draw the sets from the counts that are there, then let every classifier be scored on each."""
    study, now = Study.objects.get(), timezone.now()
    recipes = {strategy: STRATEGIES[strategy](images_per_class=10) for strategy in STRATEGIES}
    original = testsets.import_original(study=study, now=now)
    built = [original, *testsets.build_all(study=study, parameters=recipes, seed=SEED, now=now)]
    for each in built:  # by hand: counts that were made up have no judgements that a freeze could keep
        TestSet.objects.filter(pk=each.pk).update(frozen_at=now, content_sha256=f"{each.pk:064x}")
    people = [_classifier(study, number) for number in range(NUM_CLASSIFIERS)]
    Classifier.objects.bulk_create(people)
    runs = Run.objects.bulk_create(
        Run(classifier=person, test_set=each, state="finished", requested_at=now, ended_at=now)
        for each, person in product(built, people)
    )
    tables = [_correct(each, np.random.default_rng([SEED, place])) for place, each in enumerate(built)]
    rows = [row for table in tables for row in table]
    Score.objects.bulk_create(
        Score(
            run=run, num_correct=int(first.sum()), num_correct_top5=int(five.sum()), num_images=len(first),
            is_correct=np.packbits(first).tobytes(), is_correct_top5=np.packbits(five).tobytes(), computed_at=now,
        )
        for run, (first, five) in zip(runs, rows, strict=True)
    )  # fmt: skip


def _classifier(study: Study, number: int) -> Classifier:
    return Classifier(
        study=study, name=f"classifier {number:02}", runtime="predictions", num_bytes=0, class_ids=["0"],
        registered_at=timezone.now(), family=f"family {number // 4}", group=GROUPS[number % len(GROUPS)],
        released_on=f"{2012 + number % 9}-06-01",
    )  # fmt: skip


def _correct(test_set: TestSet, rng: np.random.Generator) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """An image is easy for all or hard for all, and easier the more workers *would* select it, wherever it comes from:
    all that classifiers lose on a new set is what its choice costs."""
    candidates = np.array(test_set.images.order_by("number").values_list("candidate_id", flat=True))
    _, _, frequency = counts.drawn()
    ease = 1.5 * (frequency[candidates - 1] - 0.8) + rng.standard_normal(len(candidates))
    found = []
    for skill in np.linspace(0.1, 1.4, NUM_CLASSIFIERS):
        margin = skill + ease + 0.5 * rng.standard_normal(len(candidates))
        found.append((margin > 0, margin > -1))
    return found
