"""Test sets drawn from selection frequencies, and the original as it is."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

import numpy as np
from django.db import connection, transaction

from annotation import duplicates, frequencies
from annotation.counting import copying
from annotation.errors import CannotBuild
from annotation.models import JudgementFilter, Strategy, Study, TargetClass, TestSet, TestSetImage
from annotation.models.base import look_again
from annotation.strategies import STRATEGIES, Parameters
from annotation.testsets import counted
from annotation.testsets.counted import Counted
from annotation.testsets.drawing import Draw
from annotation.testsets.halves import halves_of, posteriors_of
from annotation.testsets.manifests import filter_of

# A row each by itself took half of the time of a build.
ADD = """
COPY annotation_testsetimage (test_set_id, number, candidate_id, target_class_id, num_selected, num_seen)
FROM STDIN (FORMAT BINARY)
"""

# What a set is made of beside its images.
MADE_OF = ("strategy", "seed", "is_simulated", "parameters", "shortages", "substitutions", "figures")


class Choices(TypedDict, total=False):
    """What a build may be told besides: whose counts to use, whose images to keep, and who asks for it."""

    judgement_filter: JudgementFilter | None
    keep_from: TestSet | None
    by: Any


def read_parameters(strategy: Strategy, values: Mapping[str, Any]) -> Parameters:
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
    **choices: Unpack[Choices],
) -> TestSet:
    """Draw the next revision of a test set from the pool; what could not be had is in its shortages.

    Where that comes to what the latest revision is already, that one is given: a second click makes no second set.
    Frequencies are those under the filter that is named, else the standard one. Images of `keep_from` that still fit
    are taken first, and only the rest is drawn.
    """
    (test_set,) = build_all(study=study, parameters={strategy: parameters}, seed=seed, now=now, **choices)
    return test_set


@transaction.atomic
def build_all(
    *,
    study: Study,
    parameters: Mapping[Strategy, Parameters],
    seed: int,
    now: datetime,
    **choices: Unpack[Choices],
) -> list[TestSet]:
    """The next revision of several sets from the same counts, read once; all of them, or none.

    Which image of near-duplicates stays goes by frequency, so that is settled anew first.
    """
    if not 0 <= seed < 2**63:
        raise CannotBuild(f"seed must lie between 0 and 2^63 - 1; got {seed}.")
    duplicates.resolve(study=study, by=choices.get("by"), now=now)
    recipes = {strategy: _parameters_of(strategy, each) for strategy, each in parameters.items()}
    counts = counted.read(choices.get("judgement_filter") or frequencies.standard_filter(study))
    wants_posteriors = any(each.holds_out_half for each in recipes.values())
    posteriors = posteriors_of(counts, seed=seed) if wants_posteriors else None
    classes = list(study.target_classes.order_by("number"))
    enough = {each.min_judgements for each in recipes.values()}
    halves = {least: halves_of(counts, least=least, seed=seed) for least in enough}
    built = []
    for strategy, recipe in recipes.items():
        test_set = next_revision(study, strategy, seed, now, choices)
        draw = Draw(recipe, seed, halves[recipe.min_judgements], posteriors)
        drawn = draw.of(counts, classes, _kept_ids(test_set))
        test_set.parameters = recipe.to_dict() | _named(counts.judgement_filter)
        test_set.shortages, test_set.substitutions = drawn.shortages, drawn.substitutions
        test_set.figures = drawn.compared.to_dict(matches_original=recipe.matches_original)
        built.append(store(test_set, drawn.images))
    return built


@transaction.atomic
def rebuild(*, test_set: TestSet, now: datetime, by: Any = None) -> TestSet:
    """The next revision by the recipe of a set, from the counts of now; its images that still fit stay in.

    Where nothing has changed, the latest revision is given.
    """
    if test_set.is_given:
        raise CannotBuild(f"{test_set} was imported as it was given, so there is no recipe to rebuild it by.")
    used = filter_of(test_set)
    strategy = Strategy(test_set.strategy)
    if strategy == Strategy.ORIGINAL:
        return import_original(study=test_set.study, now=now, judgement_filter=used, by=by)
    values = {name: value for name, value in test_set.parameters.items() if name != "judgement_filter"}
    return build(
        study=test_set.study,
        strategy=strategy,
        parameters=read_parameters(strategy, values),
        seed=test_set.seed,
        now=now,
        judgement_filter=used,
        keep_from=test_set,
        by=by,
    )


@transaction.atomic
def import_original(
    *, study: Study, now: datetime, judgement_filter: JudgementFilter | None = None, by: Any = None
) -> TestSet:
    """The original test set with the counts known so far; the latest revision where nothing has changed."""
    counts = counted.read(judgement_filter or frequencies.standard_filter(study))
    if not len(counts.originals):
        raise CannotBuild(f"{study} has no pictures of original images; import them first.")
    test_set = next_revision(study, Strategy.ORIGINAL, 0, now, {"by": by})
    test_set.parameters = _named(counts.judgement_filter)
    return store(
        test_set, [(each, counts.originals.of_class(each.number)) for each in study.target_classes.order_by("number")]
    )


def _parameters_class(strategy: Strategy) -> type[Parameters]:
    if strategy not in STRATEGIES:
        raise CannotBuild(f"{strategy} is not built from frequencies; use one of {', '.join(STRATEGIES)}.")
    return STRATEGIES[strategy]


def _named(judgement_filter: JudgementFilter) -> dict[str, str]:
    """What a set says of its filter: nothing of the standard one, so that sets drawn before filters keep their hash."""
    return {} if judgement_filter.is_standard else {"judgement_filter": judgement_filter.slug}


def next_revision(
    study: Study, strategy: Strategy, seed: int, now: datetime, choices: Choices, *, name: str = ""
) -> TestSet:
    """An unsaved test set that follows the latest of its name, or that which it was rebuilt from.

    The study stays locked until it is stored.
    """
    keep_from = choices.get("keep_from")
    if keep_from is not None and keep_from.study_id != study.pk:
        raise CannotBuild(f"{keep_from} is of another study; keep images of a set of {study}.")
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    name = name or str(strategy.label)
    latest = TestSet.objects.filter(study=study, name=name).order_by("-revision").first()
    return TestSet(
        study=study,
        strategy=strategy,
        name=name,
        revision=latest.revision + 1 if latest else 1,
        parent=keep_from if keep_from is not None and keep_from.name == name else latest,
        kept_from=keep_from,
        seed=seed,
        is_simulated=study.is_simulated,
        built_at=now,
        built_by=choices.get("by"),
    )


def _parameters_of(strategy: Strategy, parameters: Parameters) -> Parameters:
    if not isinstance(parameters, _parameters_class(strategy)):
        raise CannotBuild(f"{type(parameters).__name__} are not the parameters of {strategy.label}.")
    return parameters


def _kept_ids(test_set: TestSet) -> list[int]:
    """The images that the set held before."""
    if test_set.kept_from is None:
        return []
    return list(test_set.kept_from.images.order_by("candidate_id").values_list("candidate_id", flat=True))


def store(test_set: TestSet, chosen: list[tuple[TargetClass, Counted]]) -> TestSet:
    """Save the set with its images in this order; the revision before it, where that is the same set already."""
    images = Counted.joined([images for _, images in chosen])
    before = (
        TestSet.objects.filter(study=test_set.study_id, name=test_set.name, revision=test_set.revision - 1)
        .select_related("study")
        .first()
    )
    if before is not None and _is_made_alike(before, test_set) and _holds(before, images):
        return before
    test_set.save()
    if len(images):
        classes = np.repeat([each.pk for each, _ in chosen], [len(images) for _, images in chosen])
        rows = copying.packed(
            {
                "test_set": (">i8", test_set.pk),
                "number": (">i4", np.arange(len(images))),
                "candidate": (">i8", images.candidate),
                "target_class": (">i8", classes),
                "num_selected": (">i4", images.num_selected),
                "num_seen": (">i4", images.num_seen),
            }
        )
        with connection.cursor() as cursor, cursor.copy(ADD) as copy:
            copy.write(rows)
        look_again(TestSetImage, num_more=len(images))
    return test_set


def _is_made_alike(before: TestSet, test_set: TestSet) -> bool:
    """Whether both follow from the same rules, and say the same of what could not be had."""
    if test_set.kept_from_id not in (before.kept_from_id, before.pk):
        return False
    said = [{name: getattr(each, name) for name in MADE_OF} for each in (before, test_set)]
    # As the database has it, which knows no tuples.
    return bool(said[0] == json.loads(json.dumps(said[1])))


def _holds(test_set: TestSet, counts: Counted) -> bool:
    """Whether the set has exactly these images with these counts."""
    rows = test_set.images.order_by("number").values_list("candidate_id", "num_selected", "num_seen")
    return list(rows) == list(
        zip(counts.candidate.tolist(), counts.num_selected.tolist(), counts.num_seen.tolist(), strict=True)
    )
