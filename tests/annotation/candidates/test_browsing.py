"""A large pool, page by page: each candidate once, whatever comes in meanwhile, and never a long look for a page."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.candidates import browsing, choosing
from annotation.candidates.browsing import Total
from annotation.candidates.criteria import MAX_ID, Criteria
from annotation.models import Candidate, Study
from tests import cast
from tests.annotation.candidates.pool_rows import NUM_ROWS, Pool, pool

pytestmark = pytest.mark.django_db
ASKED: list[dict[str, Any]] = [
    {}, {"target_classes": ["1"]}, {"target_classes": ["1", "2"], "origin": "pool"}, {"origin": "original"},
    {"state": "excluded"}, {"state": "included"}, {"state": "reported"}, {"reason": "unusable"}, {"source": "jpg"},
    {"state": "excluded", "source": "png"}, {"min_width": 250, "is_measured": True}, {"has_picture": False},
]  # fmt: skip


@pytest.fixture
def some() -> Pool:
    pool("before")
    row = pool()
    pool("after")
    return row


def forward(study: Study, criteria: Criteria, size: int) -> list[list[int]]:
    pages, after = [], 0
    while True:
        found = browsing.page(study, criteria, size=size, after=after)
        pages.append(found.ids)
        if found.later is None:
            return pages
        after = found.later


def backward(study: Study, criteria: Criteria, size: int) -> list[list[int]]:
    pages, before = [], MAX_ID + 1
    while True:
        found = browsing.page_before(study, criteria, size=size, before=before)
        pages.append(found.ids)
        if found.earlier is None:
            return pages[::-1]
        before = found.earlier


@pytest.mark.parametrize("look", [5, 1000])
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_pages_have_each_candidate_once_in_either_direction(
    some: Pool, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], look: int
) -> None:
    monkeypatch.setattr(browsing, "LOOK", look)
    monkeypatch.setattr(browsing, "LOOK_ELSEWHERE", look)
    criteria = Criteria.from_json(asked)
    wanted = list(choosing.rows(some.study, criteria).order_by("pk").values_list("pk", flat=True))
    for pages in (forward(some.study, criteria, 4), backward(some.study, criteria, 4)):
        assert [pk for ids in pages for pk in ids] == wanted
        assert max(map(len, pages)) <= 4


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_who_looks_everywhere_finds_each_in_full_pages(
    some: Pool, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    monkeypatch.setattr(browsing, "LOOK", 5)
    monkeypatch.setattr(browsing, "LOOK_ELSEWHERE", 5)
    criteria = Criteria.from_json(asked)
    wanted = list(choosing.rows(some.study, criteria).order_by("pk").values_list("pk", flat=True))
    for after in (0, *wanted[:1]):
        found = browsing.page(some.study, criteria, size=3, after=after, is_everywhere=True)
        assert (found.ids, found.looked_to_end) == ([pk for pk in wanted if pk > after][:3], True)
    last = browsing.page_before(some.study, criteria, size=3, before=MAX_ID + 1, is_everywhere=True)
    assert (last.ids, last.later) == (wanted[-3:], None)
    assert browsing.total(some.study, criteria, is_everywhere=True) == Total(len(wanted), is_exact=True)


def test_by_one_collection(some: Pool) -> None:
    criteria = Criteria(collection=some.collections[1].pk)
    wanted = [row.pk for row in some.rows if row.collection == some.collections[1]]
    assert [pk for ids in forward(some.study, criteria, 3) for pk in ids] == wanted
    other = Study.objects.get(slug="before")
    assert browsing.page(other, criteria, size=3).ids == []


def test_a_page_that_ends_where_looking_ended_says_so(some: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "LOOK", 5)
    rare = Criteria(source="nowhere")
    found = browsing.page(some.study, rare, size=4)
    assert (found.ids, found.later, found.looked_to_end) == ([], some.rows[4].pk, False)
    assert browsing.total(some.study, rare) == Total(0, is_exact=False)


def test_the_last_page_is_found_without_the_others(some: Pool) -> None:
    ids = [row.pk for row in some.rows]
    last = browsing.page_before(some.study, Criteria(), size=5, before=MAX_ID + 1)
    assert (last.ids, last.earlier, last.later) == (ids[-5:], ids[-5], None)


def test_what_comes_in_meanwhile_is_on_the_last_page_and_moves_nothing(some: Pool) -> None:
    first = browsing.page(some.study, Criteria(), size=NUM_ROWS - 2)
    new = cast.candidate(some.study.target_classes.get(class_id="0"))
    assert first.later is not None
    second = browsing.page(some.study, Criteria(), size=NUM_ROWS, after=first.later)
    assert second.ids == [row.pk for row in some.rows][-3:]
    assert second.ids[-1] == new.pk


def test_totals_are_exact_up_to_a_bound(some: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browsing.total(some.study, Criteria()) == Total(NUM_ROWS, is_exact=True)
    monkeypatch.setattr(browsing, "MOST_COUNTED", 7)
    assert browsing.total(some.study, Criteria()) == Total(7, is_exact=False)


@pytest.mark.parametrize("asked", [{}, {"source": "jpg", "min_width": 3, "is_measured": True}])
def test_a_page_takes_two_queries_however_much_is_asked(some: Pool, asked: dict[str, Any]) -> None:
    with CaptureQueriesContext(connection) as queries:
        browsing.page(some.study, Criteria.from_json(asked), size=4)
    assert len(queries) == 2
    assert Candidate.objects.count() == 3 * NUM_ROWS
