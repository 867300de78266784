"""Candidates by what they have in common: the same ones that a person would pick, row by row."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.candidates import choosing
from annotation.candidates.criteria import Criteria, State
from annotation.errors import InvalidCriteria, UnknownClass
from annotation.models import Candidate, Exclusion, Image, Origin
from tests.annotation.candidates.pool_rows import BEGAN, Pool, pool

pytestmark = pytest.mark.django_db

texts = st.text("ab%_\\'yz1. ", max_size=3)
days = st.dates(BEGAN.date() - timedelta(days=2), BEGAN.date() + timedelta(days=26))
given_or_not = {
    "target_classes": st.lists(st.sampled_from("012"), max_size=3),
    "origin": st.sampled_from(["", *Origin.values]),
    "state": st.sampled_from(["", *State.values]),
    "reason": st.sampled_from(["", "unusable", "other", "duplicate"]),
    "has_picture": st.booleans(),
    "is_measured": st.booleans(),
    "source": texts,
    "owner": texts,
    "licence": texts,
    "query": texts,
    "taken_from": days,
    "taken_until": days,
    "uploaded_from": days,
    "uploaded_until": days,
    "min_width": st.integers(0, 1100),
    "max_width": st.integers(0, 1100),
    "min_height": st.integers(0, 400),
    "max_bytes": st.integers(0, 25_000),
    "min_aspect": st.sampled_from([0.1, 0.5, 1.0, 1.5, 2.0]),
    "max_aspect": st.sampled_from([0.5, 1.0, 1.5, 100.0]),
    "format": st.sampled_from(["", "jpeg", "PNG"]),
}
asked = st.sets(st.sampled_from(sorted(given_or_not)), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: given_or_not[name] for name in sorted(names)})
)


@pytest.fixture
def some() -> Pool:
    pool("another", name="Another study with the same pictures' names")
    return pool()


@given(asked=asked)
@settings(max_examples=150)
def test_criteria_choose_what_a_person_would_choose(some: Pool, asked: dict[str, Any]) -> None:
    try:
        criteria = Criteria.from_json(asked)
    except InvalidCriteria:
        assert any(
            f"min_{name}" in asked or f"{name}_from" in asked for name in ("width", "aspect", "taken", "uploaded")
        )
        return
    found = choosing.rows(some.study, criteria).order_by("pk").values_list("pk", flat=True)
    assert list(found) == [row.pk for row in some.rows if meets(row, criteria)]
    assert Criteria.from_json(criteria.to_json()) == criteria


def meets(row: Candidate, asked: Criteria) -> bool:
    exclusion = Exclusion.objects.filter(candidate=row).first()
    return (
        (not asked.target_classes or row.target_class.class_id in asked.target_classes)
        and asked.origin in ("", row.origin)
        and asked.state in ("", "excluded" if exclusion else "included")
        and (not asked.reason or (exclusion is not None and exclusion.reason == asked.reason))
        and asked.has_picture in (None, row.image is not None)
        and asked.is_measured in (None, row.selection_frequencies.filter(num_seen__gt=0).exists())
        and all(
            getattr(asked, name).casefold() in getattr(row, name).casefold()
            for name in ("source", "owner", "licence", "query")
        )
        and within(row.taken_at, asked.taken_from, asked.taken_until)
        and within(row.uploaded_at, asked.uploaded_from, asked.uploaded_until)
        and is_so(row.image, asked)
    )


def within(moment: datetime | None, first: date | None, last: date | None) -> bool:
    if first is None and last is None:
        return True
    begin = datetime.combine(first or date(1, 1, 1), time(), UTC)
    return moment is not None and begin <= moment and (last is None or moment.date() <= last)


def is_so(image: Image | None, asked: Criteria) -> bool:
    given = asked.to_json()
    if image is None:
        return not {name for name in given if name.startswith(("min_", "max_")) or name == "format"}
    aspect, no_end = Fraction(image.width, image.height), 10**9
    return (
        given.get("min_width", 0) <= image.width <= given.get("max_width", no_end)
        and given.get("min_height", 0) <= image.height
        and image.num_bytes <= given.get("max_bytes", no_end)
        and Fraction(str(given.get("min_aspect", 0))) <= aspect <= Fraction(str(given.get("max_aspect", no_end)))
        and given.get("format", image.format).upper() == image.format
    )


def test_those_of_a_collection(some: Pool) -> None:
    first = some.collections[0]
    found = choosing.rows(some.study, Criteria(collection=first.pk))
    assert set(found) == {row for row in some.rows if row.collection == first}


def test_a_percent_sign_in_a_text_is_a_percent_sign(some: Pool) -> None:
    found = choosing.rows(some.study, Criteria.from_json({"source": "100%_"}))
    assert {row.source.split("#")[0] for row in found} == {"a/100%_sure.jpg"}


def test_a_class_that_the_study_does_not_have_is_no_empty_answer(some: Pool) -> None:
    with pytest.raises(UnknownClass, match="no class 'n01'"):
        choosing.rows(some.study, Criteria(target_classes=("0", "n01")))


@pytest.mark.parametrize(
    "asked",
    [
        {"exclusion__excluded_by__password": "x"}, {"origin__in": ["pool"]}, {"origin": "neither"},
        {"origin": ["pool"]},
        {"state": "gone"}, {"collection": "1"}, {"collection": True}, {"collection": 2**63}, {"has_picture": "yes"},
        {"source": "x" * 201}, {"source": "a\x00b"}, {"source": "a\nb"}, {"taken_from": "yesterday"},
        {"taken_until": "9999-12-31"}, {"min_width": -1}, {"min_width": 1.5}, {"min_aspect": float("nan")},
        {"min_aspect": 0}, {"target_classes": "0"}, {"target_classes": [1]}, {"min_width": 3, "max_width": 2},
        {"taken_from": "2013-01-02", "taken_until": "2013-01-01"}, ["origin"], None,
    ],
)  # fmt: skip
def test_whatever_is_not_understood_is_refused(asked: Any) -> None:
    with pytest.raises(InvalidCriteria):
        Criteria.from_json(asked)


def test_nothing_but_a_state_names_everything() -> None:
    assert Criteria().names_all
    assert Criteria.from_json({"state": "included", "target_classes": [], "source": " "}).names_all
    assert not Criteria.from_json({"has_picture": False}).names_all
