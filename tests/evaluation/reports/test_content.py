"""Whatever a report is built from, its content is what `content.py` says: every key, of the type that is declared."""

import json
from types import UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from annotation.models import Origin, Strategy
from evaluation import reports
from evaluation.models import Classifier
from evaluation.reports import content as contract
from tests import cast, report_content
from tests.evaluation import reported
from tests.evaluation.reports import tabled
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db


def differences(value: Any, declared: Any, where: str = "content") -> list[str]:
    """Where a value is not of its declared type, all the way down."""
    if get_origin(declared) is NotRequired:
        (declared,) = get_args(declared)
    kind, inner = get_origin(declared), get_args(declared)
    if kind in (Union, UnionType):
        tried = [differences(value, each, where) for each in inner]
        return min(tried, key=len)
    if is_typeddict(declared):
        return _of_dict(value, declared, where)
    if kind is list and isinstance(value, list):
        return [
            found for number, each in enumerate(value) for found in differences(each, inner[0], f"{where}[{number}]")
        ]
    if kind is tuple and isinstance(value, list | tuple) and len(value) == len(inner):
        return [found for each, of in zip(value, inner, strict=True) for found in differences(each, of, where)]
    if kind is dict and isinstance(value, dict):
        return [found for key, each in value.items() for found in differences(each, inner[1], f"{where}.{key}")]
    return [] if kind is None and type(value) is declared else [f"{where} is {value!r}, not {declared}"]


def _of_dict(value: Any, declared: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is {value!r}, not {declared.__name__}"]
    types = get_type_hints(declared, vars(contract), include_extras=True)
    missing = [key for key in types if key not in value and get_origin(types[key]) is not NotRequired]
    found = [f"{where} lacks {key}" for key in missing]
    found += [f"{where} has {key}, which nobody declared" for key in value if key not in types]
    for key in types.keys() & value.keys():
        found += differences(value[key], types[key], f"{where}.{key}")
    return found


def check(content: Any) -> None:
    assert differences(content, contract.Content) == []
    json.dumps(content, allow_nan=False)


def test_the_checker_sees_what_is_missing_and_what_is_wrong() -> None:
    content: Any = json.loads(json.dumps(report_content.content()))  # as a row keeps it
    assert differences(content, contract.Content) == []
    del content["comparisons"][0]["kendall"]
    content["headline"]["num_classifiers"] = "six"
    content["classes"]["rows"][0]["colour"] = "red"
    assert len(differences(content, contract.Content)) == 3


def test_of_counts_alone() -> None:
    study, _ = reported.scored_study(reported.SIX)
    check(reports.build(study=study, now=cast.NOW).content)


def test_of_a_study_with_a_row_of_everything() -> None:
    check(whole_study().report.content)


def test_of_edges() -> None:
    table = {"perfect": (100, 100, 100), "also": (100, 100, 100), "middle": (60, 50, 60), "hopeless": (0, 0, 0)}
    study, _ = reported.scored_study(table)
    check(reports.build(study=study, now=cast.NOW).content)


def test_of_everything_that_can_be_known() -> None:
    study = tabled.study(3)
    people = tabled.people(study, [f"net {number}" for number in range(8)], released_on="2020-05-01")
    Classifier.objects.filter(name="net 7").update(group="robustness", counterpart=people[0])
    for number, strategy in enumerate((Strategy.ORIGINAL, Strategy.MATCHED_FREQUENCY, Strategy.THRESHOLD)):
        images = tabled.candidates(study, 90, Origin.POOL if number else Origin.ORIGINAL)
        correct = tabled.drawn(8, 90, seed=number)
        tabled.score(tabled.frozen(study, strategy, images), people, correct, top5=correct | tabled.drawn(8, 90))
    content = reports.build(study=study, now=cast.NOW).content
    check(content)
    for key in ("frequency", "similarity", "comparisons"):
        assert len(content[key]) == (2 if key == "comparisons" else 3)
    comparison = content["comparisons"][0]
    assert all(comparison[key] is not None for key in comparison)
    assert all(content["classifiers"][7]["results"][1]["top5"][key] is not None for key in ("low", "high"))
