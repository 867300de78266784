"""What a reader must know before believing a report: each a sentence that says what to do about it."""

from collections.abc import Iterator, Sequence

import numpy as np

from annotation.models import TestSet
from evaluation.reports.content import SetContent
from evaluation.reports.gathering import Gathered, OfSet

FEW_CLASSIFIERS = 5
MOST_NAMED = 10
# With five judgements an image selected by seven in ten is known to ± 30 points, and corrections of the choice are off
# by one or two points (docs/statistics.md); the published sets, and what is tested here, have ten.
FEW_JUDGEMENTS = 8


def warnings(gathered: Gathered, sets: Sequence[SetContent]) -> list[str]:
    """The most serious first."""
    return [*_of_all(gathered), *_of_sets(gathered, sets)]


def _of_all(gathered: Gathered) -> Iterator[str]:
    if any(each.test_set.is_simulated for each in gathered.sets):
        yield "The judgements are simulated: these figures show how Twinset works, not how people judge."
    num_classifiers = len(gathered.counted.classifiers)
    if num_classifiers < FEW_CLASSIFIERS:
        yield f"Classifiers compared: only {num_classifiers}; the fitted lines say little."
    if left_out := gathered.counted.left_out:
        missing = [f"{each['name']} ({', '.join(each['test_sets'])})" for each in left_out]
        more = f"; and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        yield f"Left out, as no finished run scored them on some of the sets: {'; '.join(missing[:MOST_NAMED])}{more}."


def _of_sets(gathered: Gathered, sets: Sequence[SetContent]) -> Iterator[str]:
    under_way = _under_way(gathered)
    for of, told in zip(gathered.sets, sets, strict=True):
        if told["num_missing"]:
            images = "image" if told["num_missing"] == 1 else "images"
            yield f"The {of.name} set lacks {told['num_missing']} {images}; see its shortages."
        if of.test_set.name in under_way:
            newer = under_way[of.test_set.name]
            yield (
                f"{newer} is not frozen yet, and this is about {of.test_set.citation}; freeze it, request runs, and "
                "build the report again."
            )
        if reviewers := [look["name"] for look in told["early_looks"] if look["is_reviewer"]]:
            yield (
                f"Who reviewed the {of.name} set had seen accuracies before it was frozen ({_named(reviewers)}); let "
                "somebody who had not review the next revision."
            )
        yield from _of_judgements(of)


def _of_judgements(of: OfSet) -> Iterator[str]:
    if not of.is_judged.any():
        yield (
            f"Nobody has judged the images of the {of.name} set, so that its frequencies are unknown; let workers "
            "judge them, or import judgements."
        )
    elif (median := float(np.median(of.num_seen[of.is_judged]))) < FEW_JUDGEMENTS:
        yield (
            f"Images of the {of.name} set have {median:.0f} judgement{'' if median == 1 else 's'} each, and their "
            f"frequencies are rough; collect {FEW_JUDGEMENTS} or more."
        )


def _under_way(gathered: Gathered) -> dict[str, str]:
    """Citations of revisions that are newer than those reported on and not frozen, by the name of the set."""
    names = {each.test_set.name: each.test_set.revision for each in gathered.sets}
    latest = TestSet.objects.filter(study=gathered.selected.study).current().filter(frozen_at=None)
    return {
        each.name: each.citation
        for each in latest.select_related("study")
        if each.revision > names.get(each.name, each.revision)
    }


def _named(people: Sequence[str]) -> str:
    shown = ", ".join(people[:MOST_NAMED])
    return shown + (f" and {len(people) - MOST_NAMED} more" if len(people) > MOST_NAMED else "")
