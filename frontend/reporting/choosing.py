"""What a report compares, as the address says it, and what there is to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.http import urlencode

from annotation.models import Study
from evaluation.errors import EvaluationError
from evaluation.reports import EVERYTHING, Selection
from evaluation.reports.selection import resolve


@dataclass(frozen=True)
class SetChoice:
    citation: str
    name: str
    revision: int
    is_newest: bool
    is_default: bool
    is_chosen: bool


@dataclass(frozen=True)
class ClassifierChoice:
    name: str
    group: str
    is_chosen: bool


@dataclass(frozen=True)
class Choices:
    test_sets: Sequence[SetChoice]
    """All frozen revisions, the newest of each set first."""
    classifiers: Sequence[ClassifierChoice]
    groups: Sequence[str]


def asked(study: Study, data: QueryDict) -> Selection:
    """Whoever names all that is compared anyway asks for everything."""
    citations, names = set(data.getlist("set")), set(data.getlist("classifier"))
    if any("\0" in each for each in citations | names):
        raise BadRequest("Nothing is called so: no text holds a zero byte.")
    if citations and citations == set(usual_sets(study)):
        citations = set()
    if names and names == set(study.classifiers.values_list("name", flat=True)):
        names = set()
    return Selection(tuple(citations), tuple(names), data.get("families") == "once")


def query_of(selection: Selection) -> str:
    """The selection as part of an address; nothing for everything."""
    pairs = [("set", each) for each in selection.test_sets] + [("classifier", each) for each in selection.classifiers]
    return urlencode([*pairs, *([("families", "once")] if selection.families_once else [])])


def problem_of(study: Study, selection: Selection) -> str:
    """Why this can't be compared; nothing where it can, or where nothing in particular was asked for."""
    if selection == EVERYTHING:
        return ""
    try:
        resolve(study, selection)
    except EvaluationError as error:
        return str(error)
    return ""


def usual_sets(study: Study) -> list[str]:
    """Citations of what is compared where no set is named."""
    try:
        return [each.citation for each in resolve(study, EVERYTHING).test_sets]
    except EvaluationError:
        return []


def choices(study: Study, selection: Selection) -> Choices:
    frozen = study.test_sets.filter(frozen_at__isnull=False).select_related("study").order_by("name", "-revision")
    usual, newest = set(usual_sets(study)), {each.pk for each in study.test_sets.newest_frozen()}
    chosen = set(selection.test_sets) or usual
    classifiers = [
        ClassifierChoice(name, group, not selection.classifiers or name in selection.classifiers)
        for name, group in study.classifiers.order_by("name").values_list("name", "group")
    ]
    return Choices(
        [
            SetChoice(
                each.citation,
                each.name,
                each.revision,
                each.pk in newest,
                each.citation in usual,
                each.citation in chosen,
            )
            for each in frozen
        ],
        classifiers,
        list(dict.fromkeys(each.group for each in classifiers)),
    )


def in_words(selection: Selection, found: Choices) -> str:
    """Such as: 3 test sets, 12 of 67 classifiers."""
    num_sets, num_classifiers = len(selection.test_sets), len(found.classifiers)
    sets = f"{num_sets} test sets" if num_sets else "all newest test sets"
    some = f"{len(selection.classifiers)} of {num_classifiers}" if selection.classifiers else f"all {num_classifiers}"
    families = ", families counted once in the lines" if selection.families_once else ""
    return f"{sets}, {some} classifiers{families}"
