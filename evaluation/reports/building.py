"""The report: what moved from the original test set to the new ones, as data.

Page, charts and files are all drawn from `Report.content`. Fractions are in [0, 1].
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from annotation.counting import verdicts
from annotation.models import Study, TestSet
from evaluation import looks
from evaluation.models import Classifier
from evaluation.reports.content import VERSION
from evaluation.reports.counting import count
from evaluation.reports.selection import Selection, resolve
from evaluation.stats.accuracy import clopper_pearson
from evaluation.stats.gaps import change_from_original
from evaluation.stats.linear_fit import linear_fit
from evaluation.stats.probit import probit
from evaluation.stats.ranks import rank_correlation, ranks

FEW_CLASSIFIERS = 5
MOST_NAMED = 10
Counts = dict[int, tuple[int, int]]
"""Correct and all images of each classifier, by its id, on one test set."""


def content(*, study: Study, selection: Selection, on_progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Compare the classifiers on the original and each new set (by default all that are frozen and scored)."""
    counted = count(resolve(study, selection))
    chosen, people = counted.test_sets, counted.classifiers
    names = dict(zip([each.pk for each in chosen], counted.names, strict=True))
    counts = {
        each.pk: dict(zip([row.pk for row in people], map(tuple, counted.pairs(place).tolist()), strict=True))
        for place, each in enumerate(chosen)
    }
    found: dict[str, Any] = {
        "version": VERSION,
        "study": {"slug": study.slug, "name": study.name},
        "is_simulated": any(each.is_simulated for each in chosen),
        "test_sets": [{"name": names[each.pk]} | _test_set(each) for each in chosen],
        "classifiers": [_classifier(row, chosen, counts, names) for row in people],
        "comparisons": [
            {"test_set": names[each.pk]} | _comparison(chosen[0], each, counts, [row.pk for row in people])
            for each in chosen[1:]
        ],
    }
    on_progress(1, 2)
    _add_ranks(found)
    found["left_out"] = counted.left_out
    found["warnings"] = _warnings(found)
    found["headline"] = _headline(found)
    on_progress(2, 2)
    return found


def _test_set(test_set: TestSet) -> dict[str, Any]:
    pairs = np.array(test_set.images.values_list("num_selected", "num_seen"), dtype=np.int64).reshape(-1, 2)
    seen = pairs[pairs[:, 1] > 0]
    return {
        "citation": test_set.citation,
        "content_sha256": test_set.content_sha256,
        "num_images": len(pairs),
        "num_selected": int(pairs[:, 0].sum()),
        "num_seen": int(pairs[:, 1].sum()),
        "mean_frequency": float((seen[:, 0] / seen[:, 1]).mean()) if len(seen) else None,
        "num_missing": sum(int(shortage.get("num_missing", 0)) for shortage in test_set.shortages),
        "num_substitutions": len(test_set.substitutions),
        "review": verdicts.summary(test_set),
        "early_looks": [
            {"name": look.name, "is_reviewer": look.is_reviewer, "first_at": look.first_at.isoformat()}
            for look in looks.before_freeze(test_set)
        ],
    }


def _classifier(
    classifier: Classifier, test_sets: Sequence[TestSet], counts: dict[int, Counts], names: dict[int, str]
) -> dict[str, Any]:
    results = []
    original = counts[test_sets[0].pk][classifier.pk]
    for test_set in test_sets:
        num_correct, num_images = counts[test_set.pk][classifier.pk]
        found = clopper_pearson(num_correct, num_images)
        result: dict[str, Any] = {
            "test_set": names[test_set.pk],
            "num_correct": num_correct,
            "num_images": num_images,
            "accuracy": float(found.accuracy),
            "low": float(found.low),
            "high": float(found.high),
        }
        if test_set is not test_sets[0]:
            change = change_from_original(original, (num_correct, num_images))
            result |= {
                "change": float(change.change),
                "change_low": float(change.low),
                "change_high": float(change.high),
            }
        results.append(result)
    return {"name": classifier.name, "results": results}


def _comparison(original: TestSet, new: TestSet, counts: dict[int, Counts], people: list[int]) -> dict[str, Any]:
    before = np.array([counts[original.pk][pk] for pk in people])
    after = np.array([counts[new.pk][pk] for pk in people])
    x, y = before[:, 0] / before[:, 1], after[:, 0] / after[:, 1]
    scales = {"linear": (x, y), "probit": (probit(before[:, 0], before[:, 1]), probit(after[:, 0], after[:, 1]))}
    changes = change_from_original(before, after)
    fits: dict[str, Any] = {}
    for scale, (xs, ys) in scales.items():
        fit = linear_fit(xs, ys) if len(xs) > 1 and np.ptp(xs) > 0 else None
        fits[scale] = fit and {
            "slope": fit.slope,
            "intercept": fit.intercept,
            "r_squared": fit.r_squared,
            "num_points": fit.num_points,
        }
    return {
        "mean_original_accuracy": float(x.mean()),
        "mean_new_accuracy": float(y.mean()),
        "mean_change": float(changes.change.mean()),
        # All classifiers see the same images, so their errors depend on each other in a way that counts don't show.
        # The mean of the bounds is wide enough for any such dependence.
        "mean_change_low": float(changes.low.mean()),
        "mean_change_high": float(changes.high.mean()),
        "smallest_change": float(changes.change.min()),
        "largest_change": float(changes.change.max()),
        "rank_correlation": rank_correlation(x, y),
        "fits": fits,
    }


def _add_ranks(content: dict[str, Any]) -> None:
    for index in range(len(content["test_sets"])):
        results = [row["results"][index] for row in content["classifiers"]]
        for result, rank in zip(results, ranks([each["num_correct"] for each in results]).tolist(), strict=True):
            result["rank"] = rank
    for row in content["classifiers"]:
        original, *new = row["results"]
        for result in new:
            result["rank_change"] = original["rank"] - result["rank"]  # positive: moved up


def _warnings(content: dict[str, Any]) -> list[str]:
    found = []
    if content["is_simulated"]:
        found.append("The judgements are simulated: these figures show how Twinset works, not how people judge.")
    if len(content["classifiers"]) < FEW_CLASSIFIERS:
        found.append(f"Classifiers compared: only {len(content['classifiers'])}; the fitted lines say little.")
    if content["left_out"]:
        missing = [f"{each['name']} ({', '.join(each['test_sets'])})" for each in content["left_out"]]
        shown = "; ".join(missing[:MOST_NAMED]) + (
            f"; and {len(missing) - MOST_NAMED} more" * (len(missing) > MOST_NAMED)
        )
        found.append(f"Left out, as no finished run scored them on some of the sets: {shown}.")
    for each in content["test_sets"]:
        if each["num_missing"]:
            images = "image" if each["num_missing"] == 1 else "images"
            found.append(f"The {each['name']} set lacks {each['num_missing']} {images}; see its shortages.")
    return found


def _headline(content: dict[str, Any]) -> dict[str, Any]:
    """The sentence's numbers: the first new set (calibrated, where there is one) against the original."""
    first = content["comparisons"][0]
    return {
        "test_set": first["test_set"],
        "num_classifiers": len(content["classifiers"]),
        "mean_change": first["mean_change"],
        "mean_change_low": first["mean_change_low"],
        "mean_change_high": first["mean_change_high"],
        "smallest_change": first["smallest_change"],
        "largest_change": first["largest_change"],
        "rank_correlation": first["rank_correlation"],
    }
