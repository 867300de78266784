"""Test sets that were drawn elsewhere, taken as they are given: a list of images by name and class."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from annotation import candidates, frequencies
from annotation.errors import CannotBuild, RefusedJudgement
from annotation.judgements.matching import Known, Matcher, Wanted
from annotation.models import Candidate, JudgementFilter, Origin, Strategy, Study, TestSet
from annotation.testsets import building
from annotation.testsets.counted import Counted

GIVEN = "given"
NAME = re.compile(r"[a-z0-9][-a-z0-9]{0,39}")
MAX_IMAGES = 1_000_000


@dataclass(frozen=True)
class GivenImage:
    """An image of the list: its name, and the id or name of its class."""

    source: str
    class_text: str


@transaction.atomic
def import_given(
    *, study: Study, strategy: Strategy, images: Sequence[GivenImage], now: datetime, name: str = "", by: Any = None
) -> TestSet:
    """A set with exactly these images; those that the study lacks become candidates without a picture.

    The strategy says what kind of set it is: that of an original holds original images, any other such of the pool.
    Counts are what the standard filter knows of each image, 0 of 0 where nobody has judged it.
    """
    if not 1 <= len(images) <= MAX_IMAGES:
        raise CannotBuild(f"A list has 1 to {MAX_IMAGES:,} images; this has {len(images):,}.")
    _check_name(study, strategy, name)
    origin = Origin.ORIGINAL if strategy == Strategy.ORIGINAL else Origin.POOL
    test_set = building.next_revision(study, strategy, 0, now, {"by": by}, name=name)
    ids = _candidates(study, origin, images, now)
    used = frequencies.standard_filter(study)
    test_set.parameters = {GIVEN: True}
    return building.store(test_set, _counted(study, used, ids))


def _check_name(study: Study, strategy: Strategy, name: str) -> None:
    """A name stands for one kind of set, so that its revisions can be compared."""
    if not name:
        return
    if not NAME.fullmatch(name):
        raise CannotBuild(f"{name!r} is no name of a set: take 1 to 40 small letters, digits and hyphens.")
    kinds = {str(each.label): each for each in Strategy}
    known = study.test_sets.filter(name=name).values_list("strategy", flat=True).first() or kinds.get(name, strategy)
    if known != strategy:
        raise CannotBuild(f"The name {name!r} is that of {known} sets; choose another for one of {strategy}.")


def _candidates(study: Study, origin: Origin, images: Sequence[GivenImage], now: datetime) -> list[int]:
    """Those that are meant, found by name or made."""
    matcher = Matcher(study, {each.source for each in images}, create_candidates=True, create_classes=False)
    found: list[Known | Wanted] = []
    for number, each in enumerate(images, 1):
        try:
            found.append(matcher.find(each.source, each.class_text, origin))
        except RefusedJudgement as error:
            raise CannotBuild(f"Image {number:,} of the list: {error}") from error
    lacking = [each for each in dict.fromkeys(found) if isinstance(each, Wanted)]
    places = [(int(each.target_class), origin.value, each.source) for each in lacking]
    made = dict(zip(lacking, candidates.add_without_picture(study=study, places=places, now=now), strict=True))
    ids = [each.pk if isinstance(each, Known) else made[each] for each in found]
    twice = next((place for place, count in Counter(ids).items() if count > 1), None)
    if twice is not None:
        raise CannotBuild(f"Image {images[ids.index(twice)].source!r} is in the list twice for one class.")
    return ids


def _counted(study: Study, used: JudgementFilter, ids: list[int]) -> list[tuple[Any, Counted]]:
    """By class, then candidate, as in every set."""
    columns = ("target_class__number", "pk", "counts__num_selected", "counts__num_seen")
    rows = Candidate.objects.counted(used).filter(pk__in=ids).order_by("target_class__number", "pk")
    table = np.array([[value or 0 for value in row] for row in rows.values_list(*columns)], dtype=np.int64)
    counts = Counted(*table.T)
    return [(each, counts.of_class(each.number)) for each in study.target_classes.order_by("number")]
