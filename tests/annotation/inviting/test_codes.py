"""Codes to type, which nobody guesses or misreads, and codes that prove what was done."""

import math

import pytest
from django.utils import timezone

from annotation import inviting
from annotation.models import Enrolment, Study
from annotation.platforms import codes
from tests import cast

# --- typed from paper ---


def test_a_code_can_not_be_guessed_or_misread() -> None:
    assert codes.LENGTH * math.log2(len(codes.SIGNS)) >= 40
    assert not set(codes.SIGNS) & set("01OIL AEU")
    assert len({codes.new() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "typed",
    ["BCD-FGH-234", "bcdfgh234", " bcd fgh 234 ", "BCD–FGH—234", "ＢＣＤ-FGH-234", "bcd fgh ٢٣٤", "\u200eBCDFGH234"],
)
def test_it_is_read_however_it_is_typed(typed: str) -> None:
    assert codes.read(typed) == "BCDFGH234"


@pytest.mark.parametrize("typed", ["", "BCDFGH23", "BCDFGH2345", "BCDFGH23O", "BCDFGH23½", "' OR 1=1", "B" * 10_000])
def test_what_is_none_is_nothing(typed: str) -> None:
    assert codes.read(typed) == ""


def test_it_is_printed_in_groups() -> None:
    assert codes.spelled("BCDFGH234") == "BCD-FGH-234"


# --- shown for what was done ---


@pytest.fixture
def enrolled(db: None) -> Enrolment:
    study = cast.study()
    target_class = cast.target_class(study)
    batch = cast.batch(study, [cast.grid(target_class, [cast.candidate(target_class)]) for _ in range(3)])
    worker = cast.worker()
    row = cast.enrolment(study, worker)
    for _ in range(2):
        cast.handed_in(batch, worker, timezone.now())
    return row


def code(enrolled: Enrolment, num_done: int = 2) -> str:
    return inviting.code_of(study_id=enrolled.study_id, worker_id=enrolled.worker_id, num_done=num_done)


def test_every_line_is_checked_however_many(enrolled: Enrolment) -> None:
    found = inviting.check(study=enrolled.study, pasted="none\n" * 2500 + code(enrolled))
    assert (len(found), found[-1].line, found[-1].is_valid) == (2501, 2501, True)


def test_a_code_says_whose_it_is_and_for_how_many_grids(enrolled: Enrolment) -> None:
    (found,) = inviting.check(study=enrolled.study, pasted=f"\n  {code(enrolled).upper()} \n")
    assert (found.line, found.is_valid, found.pseudonym) == (2, True, enrolled.pseudonym)
    assert (found.num_done, found.num_now) == (2, 2)
    (early,) = inviting.check(study=enrolled.study, pasted=code(enrolled, 1))
    assert (early.is_valid, early.num_done, early.num_now) == (True, 1, 2)


def test_nothing_of_it_can_be_changed(enrolled: Enrolment) -> None:
    good = code(enrolled)
    pseudonym, number, proof = good.split("-")
    other = cast.study("another")
    cast.enrolment(other, enrolled.worker)
    stranger = inviting.code_of(study_id=enrolled.study_id, worker_id=enrolled.worker_id + 1, num_done=2)
    bad = [
        f"{pseudonym}-3-{proof}",
        f"{pseudonym}-{number}-{'a' * 10 if proof != 'a' * 10 else 'b' * 10}",
        inviting.code_of(study_id=other.pk, worker_id=enrolled.worker_id, num_done=2),
        stranger,
        good[:-1],
        "<script>alert(1)</script>",
        "x" * 5000,
    ]
    found = inviting.check(study=enrolled.study, pasted="\n".join(bad))
    assert [each.is_valid for each in found] == [False] * len(bad)
    assert all(each.why and len(each.text) <= 80 for each in found)


def test_the_same_worker_twice_is_said(enrolled: Enrolment) -> None:
    first, second = inviting.check(study=enrolled.study, pasted=f"{code(enrolled, 1)}\n{code(enrolled)}")
    assert (first.why, second.is_valid) == ("", True)
    assert "line 1 too" in second.why


def test_many_codes_take_few_queries(enrolled: Enrolment, django_assert_max_num_queries: object) -> None:
    study: Study = enrolled.study
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        assert len(inviting.check(study=study, pasted=f"{code(enrolled)}\n" * 300)) == 300
