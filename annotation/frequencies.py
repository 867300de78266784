"""Selection frequencies: counts of who saw and who selected a candidate, under the judgement filters of a study."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from annotation.counting import beliefs, counts, handed_in, one_by_one, stored
from annotation.counting.counts import Counts
from annotation.counting.one_by_one import Judgements
from annotation.errors import InvalidFilter
from annotation.models import (
    Assignment,
    Effect,
    FrequencyMixture,
    FrequencyTally,
    JudgementFilter,
    Origin,
    Study,
    TargetClass,
    WorkerDecision,
)
from annotation.stats.mixture_fit import MAX_COMPONENTS, choose_mixture
from annotation.studies import MAX_NAME, MAX_SLUG

MIN_IMAGES = 20  # for each component of a mixture
GROWTH = 0.05  # of the judgements, and a mixture is fitted anew
IMAGES = 2  # the column of a histogram that says how many images have the counts of the two before
CLASSES_AT_ONCE = 250  # counted in one transaction: what is in memory does not grow with the study


@dataclass(frozen=True)
class FilterRules:
    """Which judgements a filter lets count; as they stand here, it is the standard one."""

    until: datetime | None = None
    leaves_out_excluded: bool = True
    min_control_accuracy: float | None = None

    def __post_init__(self) -> None:
        if self.min_control_accuracy is not None and not 0 <= self.min_control_accuracy <= 1:
            raise InvalidFilter(f"The least control accuracy is {self.min_control_accuracy}; choose 0 to 1.")


def standard_filter(study: Study) -> JudgementFilter:
    """The filter that every page and test set uses where none is named: all judgements of workers who count."""
    defaults = {"name": "Standard", "created_at": study.created_at}
    found, _is_new = JudgementFilter.objects.get_or_create(
        study=study, slug=JudgementFilter.STANDARD, defaults=defaults
    )
    return found


def define_filter(*, study: Study, slug: str, name: str, rules: FilterRules, now: datetime) -> JudgementFilter:
    """A further way to count the study's judgements; it stays as it is, so what is to differ gets another name."""
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise InvalidFilter(f"The slug {slug!r} is not usable: take letters, digits and hyphens.") from error
    if len(slug) > MAX_SLUG or not 0 < len(name.strip()) <= MAX_NAME:
        raise InvalidFilter(f"Give a slug of at most {MAX_SLUG} characters and a name of 1 to {MAX_NAME}.")
    standard_filter(study)
    try:
        with transaction.atomic():
            return JudgementFilter.objects.create(
                study=study,
                slug=slug,
                name=name.strip(),
                created_at=now,
                **asdict(rules),
            )
    except IntegrityError as error:
        raise InvalidFilter(
            f"The study has a filter {slug!r} already, and filters don't change; choose another slug."
        ) from error


def count(
    *, judgement_filter: JudgementFilter, target_classes: Iterable[TargetClass], without_workers: Collection[int] = ()
) -> Counts:
    """What the counts of these classes would be, also without some workers more; nothing is written."""
    blocks = handed_in.read([each.pk for each in target_classes], until=judgement_filter.until)
    return _count(judgement_filter, blocks, without_workers)[0]


def judgements(
    *,
    judgement_filter: JudgementFilter,
    target_class_ids: Sequence[int],
    candidates: NDArray[np.int64],
) -> Judgements:
    """What the counts of these candidates, whose ids ascend, would be made of now."""
    parts = []
    for first in range(0, len(target_class_ids), CLASSES_AT_ONCE):
        some = target_class_ids[first : first + CLASSES_AT_ONCE]
        blocks = handed_in.read(some, until=judgement_filter.until)
        parts.append(one_by_one.of_candidates(_that_count(judgement_filter, blocks, ()), candidates))
    return Judgements.joined(parts)


@transaction.atomic
def mark_stale(target_classes: QuerySet[TargetClass], *, study: Study) -> None:
    """Note that something else than a judgement has changed what counts in these classes, such as a decision.

    Called in the transaction of that change: a count that is under way does not see it, and leaves the mark standing.
    The classes are looked up when no count is under way in the study: what those have counted is then seen here too.
    """
    _locked(study.target_classes.all())
    FrequencyTally.objects.filter(target_class__in=target_classes.order_by().values("pk")).update(is_stale=True)


def recompute(*, target_class: TargetClass, now: datetime) -> int:
    """Count the class anew under every filter of its study; returns how many assignments are handed in for it."""
    return recompute_study(study=target_class.study, target_classes=[target_class], now=now).get(target_class, 0)


def recompute_study(
    *, study: Study, now: datetime, target_classes: Sequence[TargetClass] | None = None
) -> dict[TargetClass, int]:
    """Count these classes, or all, anew under every filter; how many assignments are handed in for each."""
    if target_classes is None:
        target_classes = list(study.target_classes.order_by("number"))
    counted: dict[TargetClass, int] = {}
    for judgement_filter in _filters(study):
        counted = _recompute(judgement_filter, target_classes, now) | counted  # the standard one comes first
    return counted


def recompute_stale(*, study: Study, now: datetime) -> dict[TargetClass, int]:
    """Count what is stale, under every filter; how many assignments are handed in for each of these classes."""
    counted: dict[TargetClass, int] = {}
    for judgement_filter in _filters(study):
        stale = stale_target_classes(judgement_filter).filter(study=study).order_by("number")
        counted = _recompute(judgement_filter, list(stale), now) | counted  # the standard one comes first
    return counted


def stale_target_classes(judgement_filter: JudgementFilter | None = None) -> QuerySet[TargetClass]:
    """Classes whose frequencies do not say what their judgements say now; of all filters, or of one."""
    filters = JudgementFilter.objects.all()
    tallies = FrequencyTally.objects.filter(target_class=OuterRef("pk"))
    if judgement_filter is not None:
        filters = filters.filter(pk=judgement_filter.pk)
        tallies = tallies.filter(judgement_filter=judgement_filter)
    in_time = Q(submitted_at__lte=Coalesce(OuterRef("judgement_filter__until"), F("submitted_at")))
    handed_in_now = Assignment.objects.filter(in_time, hit__grid__target_class=OuterRef("target_class"))
    num_now = handed_in_now.order_by().values("hit__grid__target_class").annotate(num=Count("pk")).values("num")
    behind = tallies.annotate(num_now=Coalesce(Subquery(num_now), 0)).filter(
        Q(is_stale=True) | ~Q(num_assignments=F("num_now"))
    )
    has_work = Assignment.objects.filter(hit__grid__target_class=OuterRef("pk"), submitted_at__isnull=False)
    never_counted = filters.filter(study=OuterRef("study")).exclude(tallies__target_class=OuterRef("pk"))
    return TargetClass.objects.filter(Exists(behind) | Exists(has_work) & (~Exists(tallies) | Exists(never_counted)))


def fit_mixtures(*, study: Study, now: datetime) -> list[FrequencyMixture]:
    """Fit what the counts have outgrown, of every filter and for originals and the pool separately; returns the new."""
    fitted = []
    for judgement_filter in _filters(study):
        known = {fit.origin: fit for fit in judgement_filter.mixtures.all()}
        for origin, table in beliefs.histogram(judgement_filter).items():
            if table[:, IMAGES].sum() >= MIN_IMAGES and _is_outgrown(known.get(origin), table):
                fitted.append(_fit(judgement_filter, origin, table, now))
    return fitted


def _is_outgrown(fit: FrequencyMixture | None, table: NDArray[np.int64]) -> bool:
    """Whether the judgements differ by a twentieth from those it was fitted on."""
    if fit is None:
        return True
    num_selected, num_seen = table[:, IMAGES] @ table[:, :IMAGES]
    differs = abs(num_seen - fit.num_seen) + abs(num_selected - fit.num_selected)
    return bool(differs > GROWTH * fit.num_seen)


def _fit(
    judgement_filter: JudgementFilter, origin: Origin, table: NDArray[np.int64], now: datetime
) -> FrequencyMixture:
    num_selected, num_seen = (np.repeat(table[:, column], table[:, IMAGES]) for column in range(IMAGES))
    # From the study's seed and the counts alone, so that a fit can be repeated.
    rng = np.random.default_rng([judgement_filter.study.seed, list(Origin).index(origin)])
    most = min(MAX_COMPONENTS, len(num_seen) // MIN_IMAGES)
    found = choose_mixture(num_selected, num_seen, rng=rng, max_components=most)
    defaults = {
        **beliefs.columns_of(found.mixture),
        "held_out": list(found.held_out),
        "num_images": found.num_images,
        "num_selected": int(num_selected.sum()),
        "num_seen": int(num_seen.sum()),
        "fitted_at": now,
    }
    fit, _is_new = FrequencyMixture.objects.update_or_create(
        judgement_filter=judgement_filter, origin=origin, defaults=defaults
    )
    return fit


def _excluded_workers(judgement_filter: JudgementFilter) -> Collection[int]:
    """Ids of the workers whom a decision excludes from the frequencies of the filter's study."""
    return WorkerDecision.objects.workers_with(Effect.EXCLUDE, study_id=judgement_filter.study_id)


def _filters(study: Study) -> list[JudgementFilter]:
    """All of them, the standard one first."""
    standard = standard_filter(study)
    return [standard, *study.judgement_filters.exclude(pk=standard.pk).order_by("pk")]


def _recompute(
    judgement_filter: JudgementFilter, target_classes: Sequence[TargetClass], now: datetime
) -> dict[TargetClass, int]:
    """Count under one filter, some classes at a time."""
    counted: dict[TargetClass, int] = {}
    for first in range(0, len(target_classes), CLASSES_AT_ONCE):
        counted |= _recompute_at_once(judgement_filter, target_classes[first : first + CLASSES_AT_ONCE], now)
    return counted


def _locked(target_classes: Iterable[TargetClass]) -> list[int]:
    """Their ids, in order; two counts must not interleave, nor a count and a mark."""
    rows = TargetClass.objects.filter(pk__in=[each.pk for each in target_classes])
    return list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


@transaction.atomic
def _recompute_at_once(
    judgement_filter: JudgementFilter, target_classes: Sequence[TargetClass], now: datetime
) -> dict[TargetClass, int]:
    ids = _locked(target_classes)
    blocks = handed_in.read(ids, until=judgement_filter.until)
    found, counted = _count(judgement_filter, blocks, ())
    stored.replace(judgement_filter.pk, ids, found)
    num_assignments, num_counted = _per_class(ids, blocks), _per_class(ids, counted)
    tallies = [
        FrequencyTally(
            judgement_filter=judgement_filter,
            target_class_id=pk,
            num_assignments=num_assignments[place],
            num_counted=num_counted[place],
            is_stale=False,
            counted_at=now,
        )
        for place, pk in enumerate(ids)
    ]
    FrequencyTally.objects.bulk_create(
        tallies,
        update_conflicts=True,
        unique_fields=["judgement_filter", "target_class"],
        update_fields=["num_assignments", "num_counted", "is_stale", "counted_at"],
    )
    by_pk = dict(zip(ids, num_assignments.tolist(), strict=True))
    return {each: by_pk[each.pk] for each in target_classes if each.pk in by_pk}


def _count(
    judgement_filter: JudgementFilter, blocks: Sequence[handed_in.HandedIn], without_workers: Collection[int]
) -> tuple[Counts, list[handed_in.HandedIn]]:
    """The counts, and the assignments they are of."""
    counted = _that_count(judgement_filter, blocks, without_workers)
    return counts.count(counted), counted


def _that_count(
    judgement_filter: JudgementFilter, blocks: Sequence[handed_in.HandedIn], without_workers: Collection[int]
) -> list[handed_in.HandedIn]:
    left_out = set(without_workers)
    if judgement_filter.leaves_out_excluded:
        left_out |= set(_excluded_workers(judgement_filter))
    least = judgement_filter.min_control_accuracy
    return [
        block.only(counts.that_count(block, without_workers=left_out, min_control_accuracy=least)) for block in blocks
    ]


def _per_class(ids: Sequence[int], blocks: Sequence[handed_in.HandedIn]) -> NDArray[np.int64]:
    """Assignments of each class; the ids are in order."""
    total = np.zeros(len(ids), dtype=np.int64)
    for block in blocks:
        total += np.bincount(np.searchsorted(ids, block.target_class[block.row_grid]), minlength=len(ids))
    return total
