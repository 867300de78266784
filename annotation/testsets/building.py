"""Test sets drawn from selection frequencies, and the original as it is."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from annotation import frequencies
from annotation.errors import CannotBuild
from annotation.models import Candidate, JudgementFilter, Origin, Strategy, Study, TargetClass, TestSet, TestSetImage
from annotation.strategies import STRATEGIES, Parameters
from annotation.strategies.base import ClassCounts, IntArray, Selection

NUMBER, CANDIDATE, NUM_SELECTED, NUM_SEEN = range(4)  # columns of a table of counts


def read_parameters(strategy: Strategy, values: dict[str, Any]) -> Parameters:
    """The parameters of a strategy from JSON."""
    return _parameters_class(strategy).from_dict(values)


@transaction.atomic
def build(
    *,
    study: Study,
    strategy: Strategy,
    parameters: Parameters,
    seed: int,
    now: datetime,
    judgement_filter: JudgementFilter | None = None,
) -> TestSet:
    """Draw the next revision of a test set from the pool; what could not be had is in its shortages.

    Frequencies are those under the filter that is named, else the standard one.
    """
    if not isinstance(parameters, _parameters_class(strategy)):
        raise CannotBuild(f"{type(parameters).__name__} are not the parameters of {strategy.label}.")
    used = judgement_filter or frequencies.standard_filter(study)
    pool = _counts(used, Origin.POOL)
    _check_there_is_something_to_draw(pool, parameters.min_judgements)
    originals = _counts(used, Origin.ORIGINAL)
    pool = pool[pool[:, NUM_SEEN] >= parameters.min_judgements]
    test_set = _next_revision(study, strategy, seed, now)
    test_set.parameters = parameters.to_dict() | _named(used)
    chosen: list[tuple[TargetClass, IntArray]] = []
    for target_class in study.target_classes.order_by("number"):
        rows = _rows_of(pool, target_class)
        rng = np.random.default_rng([seed, target_class.number])
        selection = parameters.select(_class_counts(rows, _rows_of(originals, target_class)), rng=rng)
        chosen.append((target_class, rows[selection.indices]))
        _note_gaps(test_set, target_class, rows, selection)
    return _store(test_set, chosen)


@transaction.atomic
def import_original(*, study: Study, now: datetime, judgement_filter: JudgementFilter | None = None) -> TestSet:
    """The original test set with the counts known so far; the latest revision where nothing has changed."""
    used = judgement_filter or frequencies.standard_filter(study)
    counts = _counts(used, Origin.ORIGINAL, with_unseen=True)
    if not len(counts):
        raise CannotBuild(f"{study} has no pictures of original images; import them first.")
    test_set = _next_revision(study, Strategy.ORIGINAL, 0, now)
    test_set.parameters = _named(used)
    parent = test_set.parent
    if parent is not None and parent.parameters == test_set.parameters and _holds(parent, counts):
        return parent
    classes = study.target_classes.order_by("number")
    return _store(test_set, [(each, _rows_of(counts, each)) for each in classes])


def _parameters_class(strategy: Strategy) -> type[Parameters]:
    if strategy not in STRATEGIES:
        raise CannotBuild(f"{strategy} is not built from frequencies; use one of {', '.join(STRATEGIES)}.")
    return STRATEGIES[strategy]


def _named(judgement_filter: JudgementFilter) -> dict[str, str]:
    """What a set says of its filter: nothing of the standard one, so that sets drawn before filters keep their hash."""
    return {} if judgement_filter.is_standard else {"judgement_filter": judgement_filter.slug}


def _counts(judgement_filter: JudgementFilter, origin: Origin, *, with_unseen: bool = False) -> IntArray:
    """Rows of (class number, candidate id, num_selected, num_seen), ordered by class number, then id.

    A set holds pictures, so that candidates without one stay outside.
    """
    candidates = Candidate.objects.included().with_picture().counted(judgement_filter)
    candidates = candidates.filter(origin=origin)
    if not with_unseen:
        candidates = candidates.filter(counts__num_seen__gte=1)
    rows = candidates.order_by("target_class__number", "id").values_list(
        "target_class__number", "id", "counts__num_selected", "counts__num_seen"
    )
    return np.array([(*row[:2], row[2] or 0, row[3] or 0) for row in rows], dtype=np.int64).reshape(-1, 4)


def _check_there_is_something_to_draw(pool: IntArray, min_judgements: int) -> None:
    if not len(pool):
        raise CannotBuild(
            "No candidate of the pool that has a picture has a selection frequency yet; "
            "collect judgements and run recompute_frequencies, or supply pictures by import_images, then build."
        )
    most = int(pool[:, NUM_SEEN].max())
    if most < min_judgements:
        raise CannotBuild(
            f"No candidate of the pool has {min_judgements} judgements (the most seen has {most}); "
            "collect more, or ask for fewer with min_judgements."
        )


def _rows_of(counts: IntArray, target_class: TargetClass) -> IntArray:
    first, end = np.searchsorted(counts[:, NUMBER], [target_class.number, target_class.number + 1])
    return counts[first:end]


def _class_counts(pool: IntArray, originals: IntArray) -> ClassCounts:
    return ClassCounts(pool[:, NUM_SELECTED], pool[:, NUM_SEEN], originals[:, NUM_SELECTED], originals[:, NUM_SEEN])


def _note_gaps(test_set: TestSet, target_class: TargetClass, rows: IntArray, selection: Selection) -> None:
    class_id = target_class.class_id
    test_set.shortages.extend({"class_id": class_id, **asdict(each)} for each in selection.shortages)
    test_set.substitutions.extend(
        {
            "class_id": class_id,
            "wanted_bin": each.wanted_bin,
            "used_bin": each.used_bin,
            "candidate": int(rows[each.index, CANDIDATE]),
        }
        for each in selection.substitutions
    )


def _next_revision(study: Study, strategy: Strategy, seed: int, now: datetime) -> TestSet:
    """An unsaved test set that follows the latest of its name; the study stays locked until it is stored."""
    if not 0 <= seed < 2**63:
        raise CannotBuild(f"seed must lie between 0 and 2^63 - 1; got {seed}.")
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    name = str(strategy.label)
    parent = TestSet.objects.filter(study=study, name=name).order_by("-revision").first()
    return TestSet(
        study=study,
        strategy=strategy,
        name=name,
        revision=parent.revision + 1 if parent else 1,
        parent=parent,
        seed=seed,
        is_simulated=study.is_simulated,
        built_at=now,
    )


def _store(test_set: TestSet, chosen: list[tuple[TargetClass, IntArray]]) -> TestSet:
    test_set.save()
    rows = ((target_class, row) for target_class, rows in chosen for row in rows.tolist())
    images = [
        TestSetImage(
            test_set=test_set,
            number=number,
            candidate_id=row[CANDIDATE],
            target_class=target_class,
            num_selected=row[NUM_SELECTED],
            num_seen=row[NUM_SEEN],
        )
        for number, (target_class, row) in enumerate(rows)
    ]
    TestSetImage.objects.bulk_create(images, batch_size=5000)
    return test_set


def _holds(test_set: TestSet, counts: IntArray) -> bool:
    """Whether the set has exactly these images with these counts."""
    rows = test_set.images.order_by("number").values_list("candidate_id", "num_selected", "num_seen")
    return list(rows) == [tuple(row[CANDIDATE:]) for row in counts.tolist()]
