"""What changes to the input cost: runs under conditions, beside those of the same images as they are."""

from collections.abc import Iterator, Sequence
from itertools import product

from annotation.models import TestSet
from evaluation.models import Classifier, Run, Score
from evaluation.reports.content import ConditionContent, ConditionResult
from evaluation.stats.accuracy import clopper_pearson

CLEAN = "clean"
Counts = dict[tuple[str, int, int], tuple[int, int]]
"""Right and all images, by condition, test set and classifier."""


def conditions(
    *, test_sets: Sequence[TestSet], names: Sequence[str], classifiers: Sequence[Classifier]
) -> list[ConditionContent]:
    """For each condition and set, by name and in order, the classifiers that have finished runs with it and without."""
    counts = _counts(test_sets, classifiers)
    spelled = sorted({condition for condition, _, _ in counts} - {CLEAN})
    sections: list[ConditionContent] = []
    for condition, (test_set, name) in product(spelled, zip(test_sets, names, strict=True)):
        if results := list(_results(counts, condition, test_set, classifiers)):
            sections.append({"condition": condition, "test_set": name, "results": results})
    return sections


def _counts(test_sets: Sequence[TestSet], classifiers: Sequence[Classifier]) -> Counts:
    rows = Score.objects.filter(
        run__test_set__in=test_sets, run__classifier__in=classifiers, run__state=Run.State.FINISHED
    ).values_list("run__condition", "run__test_set_id", "run__classifier_id", "num_correct", "num_images")
    return {(condition, test_set, classifier): (right, every) for condition, test_set, classifier, right, every in rows}


def _results(
    counts: Counts, condition: str, test_set: TestSet, classifiers: Sequence[Classifier]
) -> Iterator[ConditionResult]:
    for classifier in classifiers:
        changed = counts.get((condition, test_set.pk, classifier.pk))
        clean = counts.get((CLEAN, test_set.pk, classifier.pk))
        if changed is None or clean is None:
            continue
        num_correct, num_images = changed
        found = clopper_pearson(num_correct, num_images)
        yield {
            "classifier": classifier.name,
            "num_correct": num_correct,
            "num_images": num_images,
            "accuracy": float(found.accuracy),
            "low": float(found.low),
            "high": float(found.high),
            "change": (num_correct - clean[0]) / num_images,
        }
