"""What follows from the decisions about pairs: which image of each group of duplicates stays, and which are out."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from annotation import candidates, frequencies
from annotation.models import (
    DUPLICATES,
    Candidate,
    DuplicatePair,
    Exclusion,
    Origin,
    SelectionFrequency,
    Study,
    SurvivorChoice,
)

ENDS = ("first_id", "second_id", "reference_id")


@dataclass(frozen=True)
class Component:
    """Images that decisions join, however many steps apart; ids in ascending order."""

    pool: tuple[int, ...]
    originals: tuple[int, ...]
    references: tuple[int, ...]
    eligible: tuple[int, ...]
    """Of the pool, and not out for another reason."""
    survivor: int | None
    """None where nothing of the pool may stay, because one is an image of the original or a reference."""
    is_chosen: bool
    """Whether a person has chosen the survivor."""

    @property
    def touches_reference(self) -> bool:
        return bool(self.originals or self.references)

    @property
    def excluded(self) -> dict[int, Exclusion.Reason]:
        reason = Exclusion.Reason.IN_ORIGINAL if self.touches_reference else Exclusion.Reason.DUPLICATE
        return {pk: reason for pk in self.eligible if pk != self.survivor}


def components_of(study: Study) -> list[Component]:
    """The groups of duplicates of a study, by the lowest id of the pool in each."""
    groups = _joined(_duplicates().filter(study=study).values_list(*ENDS))
    ids = {pk for group in groups for kind, pk in group if kind == "candidate"}
    origins = dict(Candidate.objects.filter(pk__in=ids).values_list("pk", "origin"))
    out = set(Exclusion.objects.filter(candidate__in=ids, stage="").values_list("candidate_id", flat=True))
    selected, chosen = _frequencies(study, ids), _chosen(ids)
    found = []
    for group in groups:
        of_origin: defaultdict[str, list[int]] = defaultdict(list)
        for kind, pk in sorted(group):
            of_origin[origins[pk] if kind == "candidate" else "reference"].append(pk)
        pool = of_origin[Origin.POOL]
        eligible = [pk for pk in pool if pk not in out]
        touches = bool(of_origin[Origin.ORIGINAL] or of_origin["reference"])
        wishes = [pk for pk in eligible if pk in chosen]
        # By a person's latest word, else the most selected, and of those the first that came.
        rank = {pk: (-chosen.get(pk, 0), -selected.get(pk, Fraction(-1)), pk) for pk in eligible}
        survivor = None if touches or not eligible else min(eligible, key=rank.__getitem__)
        found.append(
            Component(
                tuple(pool),
                tuple(of_origin[Origin.ORIGINAL]),
                tuple(of_origin["reference"]),
                tuple(eligible),
                survivor,
                is_chosen=not touches and bool(wishes),
            )
        )
    return sorted(found, key=lambda component: component.pool)


def num_groups(studies: QuerySet[Any]) -> Counter[int]:
    """How many groups of duplicates each of these studies has, by its primary key."""
    rows = list(_duplicates().filter(study__in=studies.values("pk")).values_list(*ENDS, "study_id"))
    study_of = {("candidate", first): study for first, _, _, study in rows}
    groups = _joined((first, second, reference) for first, second, reference, _ in rows)
    return Counter(next(study_of[node] for node in group if node in study_of) for group in groups)


def _duplicates() -> QuerySet[DuplicatePair]:
    return DuplicatePair.objects.filter(decisions__undone_at__isnull=True, decisions__is_duplicate=True).order_by("pk")


def _joined(pairs: Iterable[tuple[int, int | None, Any]]) -> list[list[tuple[str, int]]]:
    """Candidates and references that these pairs join."""
    places: dict[tuple[str, int], int] = {}
    ends = []
    for first, second, reference in pairs:
        nodes = (("candidate", first), ("candidate", second) if second is not None else ("reference", reference))
        ends.append([places.setdefault(node, len(places)) for node in nodes])
    if not ends:
        return []
    rows, columns = np.array(ends).T
    graph = coo_array((np.ones(len(ends)), (rows, columns)), shape=(len(places), len(places)))
    num_groups, labels = connected_components(graph, directed=False)
    groups: list[list[tuple[str, int]]] = [[] for _ in range(num_groups)]
    for node, label in zip(places, labels.tolist(), strict=True):
        groups[label].append(node)
    return groups


def _frequencies(study: Study, ids: set[int]) -> dict[int, Fraction]:
    """Under the standard filter, exactly."""
    rows = SelectionFrequency.objects.filter(
        judgement_filter=frequencies.standard_filter(study), candidate__in=ids, num_seen__gt=0
    ).values_list("candidate_id", "num_selected", "num_seen")
    return {pk: Fraction(num_selected, num_seen) for pk, num_selected, num_seen in rows}


def _chosen(ids: set[int]) -> dict[int, int]:
    """Images that a person wanted to keep, with the number of their latest word."""
    rows = SurvivorChoice.objects.filter(candidate__in=ids).order_by("pk").values_list("candidate_id", "pk")
    return dict(rows)


def component_with(study: Study, candidate: Candidate) -> Component | None:
    return next((each for each in components_of(study) if candidate.pk in each.pool), None)


@transaction.atomic
def resolve(*, study: Study, by: Any, now: datetime) -> list[Component]:
    """Exclude what the decisions exclude, and let in what they no longer do; nothing else is touched."""
    take_turns(study)
    components = components_of(study)
    wanted = {pk: reason for component in components for pk, reason in component.excluded.items()}
    held = dict(
        Exclusion.objects.filter(candidate__study=study, stage=DUPLICATES).values_list("candidate_id", "reason")
    )
    back = [pk for pk, reason in held.items() if wanted.get(pk) != reason]
    candidates.take_back(candidates=Candidate.objects.filter(pk__in=back), stage=DUPLICATES)
    for reason in (Exclusion.Reason.IN_ORIGINAL, Exclusion.Reason.DUPLICATE):
        ids = [pk for pk, why in wanted.items() if why == reason and held.get(pk) != reason]
        rows = Candidate.objects.filter(pk__in=ids)
        candidates.exclude(candidates=rows, reason=reason, now=now, by=by, stage=DUPLICATES)
    return components


def take_turns(study: Study) -> None:
    """Who decides about the study's pairs at the same time waits until this transaction ends."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
