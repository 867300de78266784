"""Which test sets and classifiers a report is about: what was asked for, and the rows that answer to it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from annotation.models import Strategy, Study, TestSet
from evaluation.errors import CannotReport, NotFinished
from evaluation.models import Classifier

ORDER = [
    Strategy.ORIGINAL,
    Strategy.MATCHED_FREQUENCY,
    Strategy.MATCHED_POSTERIOR,
    Strategy.THRESHOLD,
    Strategy.TOP_IMAGES,
]


@dataclass(frozen=True)
class Selection:
    """Citations of test sets (none: all newest frozen ones) and names of classifiers (none: all that are scored)."""

    test_sets: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()
    families_once: bool = False

    def __post_init__(self) -> None:
        """The same entries are the same selection, in whatever order and however often they are named."""
        for name in ("test_sets", "classifiers"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    @property
    def key(self) -> str:
        """What reports of this selection are found by; empty for that of everything."""
        kept = self.to_json()
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest() if kept else ""

    def to_json(self) -> dict[str, Any]:
        """What a row keeps: only what was asked for."""
        whole = {
            "test_sets": list(self.test_sets),
            "classifiers": list(self.classifiers),
            "families_once": self.families_once,
        }
        return {name: value for name, value in whole.items() if value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(
            tuple(kept.get("test_sets", ())), tuple(kept.get("classifiers", ())), bool(kept.get("families_once"))
        )


EVERYTHING = Selection()


@dataclass(frozen=True)
class Selected:
    """The rows of a selection: the original first, then the new sets, the calibrated one before others."""

    study: Study
    selection: Selection
    test_sets: tuple[TestSet, ...]
    classifiers: tuple[Classifier, ...]
    """By name."""

    @property
    def original(self) -> TestSet:
        return self.test_sets[0]

    @property
    def new(self) -> tuple[TestSet, ...]:
        return self.test_sets[1:]

    @property
    def names(self) -> tuple[str, ...]:
        """What the report calls each set: its name, with its revision where two share it."""
        called = [each.name for each in self.test_sets]
        return tuple(
            each.name if called.count(each.name) == 1 else f"{each.name} r{each.revision}" for each in self.test_sets
        )


def resolve(study: Study, selection: Selection) -> Selected:
    """Find the rows; what is unknown, not frozen, or can't be compared is refused."""
    found = [_cited(study, each) for each in selection.test_sets] or ordinary(study)
    originals = [each for each in found if each.strategy == Strategy.ORIGINAL]
    if len(originals) > 1:
        cited = ", ".join(each.citation for each in originals)
        raise CannotReport(f"A report compares with one original; {cited} are {len(originals)}. Choose one of them.")
    if not originals or len(found) < 2:
        raise NotFinished(
            "A report compares one frozen original with at least one frozen new test set; freeze them first."
        )
    ordered = tuple(sorted(found, key=_place))
    return Selected(study, selection, ordered, _classifiers(study, selection.classifiers))


def _cited(study: Study, citation: str) -> TestSet:
    found: TestSet | None = study.test_sets.cited(citation).select_related("study").first()
    if found is None:
        raise CannotReport(
            f"{study.slug} has no test set {citation!r}; a citation looks like {study.slug}/calibrated@r1."
        )
    if not found.is_frozen:
        raise CannotReport(f"{citation} is not frozen; freeze it first, or leave it out.")
    return found


def _classifiers(study: Study, names: Sequence[str]) -> tuple[Classifier, ...]:
    rows = study.classifiers.select_related("counterpart")
    found = tuple(sorted(rows.filter(name__in=names) if names else rows, key=lambda each: each.name))
    if unknown := sorted(set(names) - {each.name for each in found}):
        raise CannotReport(f"{study.slug} has no classifier {', '.join(map(repr, unknown))}.")
    return found


def ordinary(study: Study) -> list[TestSet]:
    """The newest frozen sets; of several originals only the one of that name, beside which others are parts of it."""
    every = list(study.test_sets.newest_frozen().select_related("study"))
    originals = [each for each in every if each.strategy == Strategy.ORIGINAL]
    whole = [each for each in originals if each.name == Strategy.ORIGINAL.label]
    return [each for each in every if each not in originals or not whole or each in whole]


def _place(test_set: TestSet) -> tuple[int, str, int]:
    return ORDER.index(Strategy(test_set.strategy)), test_set.name, test_set.revision
