"""Looking through the pool: filters, pages, and all that is known of one candidate."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import candidates, grids
from annotation.candidates import browsing, bulk
from annotation.candidates.bulk import Confirmation
from annotation.candidates.criteria import Criteria
from annotation.models import Candidate, Collection, Exclusion
from frontend.views.pool import candidates as view
from tests import cast
from tests.annotation.candidates.pool_rows import NUM_ROWS, Pool, pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def some(researcher: User) -> Pool:
    pool("another")
    return pool(researchers=[researcher])


def at(name: str = "candidate-list", *args: Any) -> str:
    return reverse(f"frontend:{name}", args=["digits-twin", *args])


def shown(page: Any) -> list[int]:
    return [card.candidate.pk for card in page.context["cards"]]


def meant(some: Pool, **asked: Any) -> list[int]:
    return browsing.page(some.study, Criteria.from_json(asked), size=100).ids


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", {}),
        ("class=1&origin=pool", {"target_classes": ["1"], "origin": "pool"}),
        ("class=CLASS 2", {"target_classes": ["2"]}),
        ("class=0; class 2", {"target_classes": ["0", "2"]}),
        ("state=excluded", {"state": "excluded"}),
        ("has_picture=no", {"has_picture": False}),
        ("is_measured=yes&source=jpg", {"is_measured": True, "source": "jpg"}),
        ("taken_from=2012-07-12&max_aspect=2", {"taken_from": "2012-07-12", "max_aspect": 2}),
    ],
)  # fmt: skip
def test_the_filter_shows_those_that_meet_it(
    researcher_client: Client, some: Pool, query: str, asked: dict[str, Any]
) -> None:
    page = researcher_client.get(f"{at()}?{query}")
    assert shown(page) == meant(some, **asked) != []
    assert f"{len(shown(page))} image" in page.text


@pytest.mark.parametrize("query", ["class=none+such", "min_width=-3", "taken_from=soon", "min_width=3&max_width=2"])
def test_what_is_not_understood_filters_nothing_and_is_said(researcher_client: Client, some: Pool, query: str) -> None:
    page = researcher_client.get(f"{at()}?{query}&origin=original")
    assert "was not understood and is left out" in page.text
    assert len(shown(page)) in (NUM_ROWS, len(meant(some, origin="original")))


def test_links_lead_through_all_pages_and_back(
    researcher_client: Client, some: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 5)
    first = page = researcher_client.get(at() + "?origin=pool")
    seen = shown(page)
    while page.context["place"].later:
        page = researcher_client.get(at() + page.context["place"].later)
        seen += shown(page)
    assert seen == meant(some, origin="pool")
    assert shown(researcher_client.get(at() + first.context["place"].last)) == seen[-5:]
    back = []
    while page.context["place"].earlier:
        page = researcher_client.get(at() + page.context["place"].earlier)
        back.append(shown(page))
        assert parse_qs(urlsplit(page.context["place"].last).query)["origin"] == ["pool"]
    assert back[-1][0] == seen[0]


@pytest.mark.parametrize("where", ["after=x", "after=-1", "before=", "before=99999999999999999999999", "after=1e5"])
def test_an_address_that_names_no_page_shows_the_first(researcher_client: Client, some: Pool, where: str) -> None:
    assert shown(researcher_client.get(f"{at()}?{where}")) == meant(some)


def test_a_page_that_looked_in_vain_leads_further(
    researcher_client: Client, some: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "LOOK", 4)
    page = researcher_client.get(at() + "?source=nowhere")
    assert "Look further" in page.text
    assert "Look through all" in page.text
    assert "None among the first that were looked at" in page.text


def test_no_more_photos_of_flickr_are_on_a_page_than_it_allows(
    researcher_client: Client, some: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "MOST_OF_FLICKR", 5)
    assert len(shown(researcher_client.get(at()))) == 5
    Collection.objects.filter(study=some.study).update(kind="folder")
    assert len(shown(researcher_client.get(at()))) == NUM_ROWS


def test_who_does_not_want_to_look_further_and_further_looks_through_all(
    researcher_client: Client, some: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "LOOK", 4)
    monkeypatch.setattr(view, "PAGE_SIZE", 2)
    place = researcher_client.get(at() + "?source=y_z").context["place"]
    page = researcher_client.get(at() + place.everywhere)
    wanted = [row.pk for row in some.rows if "y_z" in row.source]
    assert shown(page) == wanted[:2]
    assert f"{len(wanted)} images of this selection" in page.text
    assert "Look further" not in page.text
    later = researcher_client.get(at() + page.context["place"].later)
    assert shown(later) == wanted[2:4]
    page = researcher_client.get(at() + "?source=nowhere&look=everywhere")
    assert "No candidate is like that" in page.text


def test_a_large_total_is_not_counted_to_its_end(
    researcher_client: Client, some: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 5)
    for module in (browsing, view):
        monkeypatch.setattr(module, "MOST_COUNTED", 9)
    assert "More than 9 images" in researcher_client.get(at()).text


def test_the_list_takes_as_many_queries_however_long_it_is(
    researcher_client: Client, some: Pool, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(16):
        researcher_client.get(at())


def test_a_candidate_s_page_says_where_it_came_from(researcher_client: Client, some: Pool) -> None:
    Candidate.objects.filter(pk=some.rows[5].pk).update(
        source="https://live.example.org/1_b.jpg", page_url="https://www.example.org/photos/ann/1", owner="Ann",
        query="bow tie", licence="CC BY 2.0",
    )  # fmt: skip
    page = researcher_client.get(at("candidate-detail", some.rows[5].pk)).text
    for said in ("Ann", "bow tie", "CC BY 2.0", "2012-07-12", "flickr", "300 × 200 pixels", "not measured yet"):
        assert said in page
    for url in ("https://live.example.org/1_b.jpg", "https://www.example.org/photos/ann/1"):
        assert f'<a href="{url}" rel="noreferrer noopener nofollow">' in page


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "https:", "//example.org", "/etc/passwd",
     "https://example.org/a b", "https://example.org/\N{RIGHT-TO-LEFT OVERRIDE}gpj", "<script>alert(1)</script>",
     "https://[", "http://example.org/\"><script>alert(1)</script>"],
)  # fmt: skip
def test_only_addresses_of_the_web_become_links(researcher_client: Client, some: Pool, text: str) -> None:
    row = some.rows[5]
    Candidate.objects.filter(pk=row.pk).update(source=text, page_url=text, owner=text, query=text[:200])
    page = researcher_client.get(at("candidate-detail", row.pk)).text
    assert "<script>alert" not in page
    links = page.count('rel="noreferrer')
    assert links == (2 if text.startswith('http://example.org/"') else 0)


def test_one_is_excluded_and_let_in_again(researcher_client: Client, some: Pool, researcher: User) -> None:
    row = some.rows[2]
    page = researcher_client.post(at("candidate-exclude", row.pk), {"reason": "drawing"}, follow=True)
    assert "It is a drawing" in page.text
    assert "By rosa" in page.text
    assert Exclusion.objects.get(candidate=row).excluded_by == researcher
    page = researcher_client.post(at("candidate-let-in", row.pk), follow=True)
    assert "takes part again" in page.text
    assert not Exclusion.objects.filter(candidate=row).exists()
    assert "Let in again by rosa" in page.text
    assert "it was out because it is a drawing or a computer graphic, by rosa" in page.text


def test_an_exclusion_needs_a_reason_that_there_is(researcher_client: Client, some: Pool) -> None:
    page = researcher_client.post(at("candidate-exclude", some.rows[2].pk), {"reason": "dislike"}, follow=True)
    assert "Say why" in page.text
    assert not Exclusion.objects.filter(candidate=some.rows[2]).exists()


def test_what_a_stage_or_an_import_found_is_not_let_in(researcher_client: Client, some: Pool) -> None:
    for row, reason, stage in ((some.rows[2], "duplicate", "duplicates"), (some.rows[3], "in_original", "")):
        candidates.exclude(
            candidates=Candidate.objects.filter(pk=row.pk), reason=Exclusion.Reason(reason), now=cast.NOW, stage=stage
        )
        page = researcher_client.post(at("candidate-let-in", row.pk), follow=True).text
        assert "undo it there" in page or "the very file of an original image" in page
        assert Exclusion.objects.filter(candidate=row).exists()


def test_a_candidate_excluded_with_others_leads_to_them(researcher_client: Client, some: Pool) -> None:
    criteria = Criteria(origin="original")
    seen = bulk.preview(some.study, criteria)
    made = bulk.exclude_many(
        study=some.study, criteria=criteria, reason=Exclusion.Reason.OTHER, now=cast.NOW, by=None,
        confirmed=Confirmation(seen.num_included, seen.fingerprint),
    )  # fmt: skip
    row = made.exclusions.order_by("candidate_id").first()
    assert row is not None
    page = researcher_client.get(at("candidate-detail", row.candidate_id))
    assert f"?bulk_exclusion={made.pk}" in page.text
    assert len(shown(researcher_client.get(f"{at()}?bulk_exclusion={made.pk}"))) == made.num_excluded


def test_a_candidate_of_another_study_is_not_found(researcher_client: Client, some: Pool) -> None:
    other = Candidate.objects.exclude(study=some.study)[0].pk
    assert researcher_client.get(at("candidate-detail", other)).status_code == 404
    for name in ("candidate-exclude", "candidate-let-in"):
        assert researcher_client.post(at(name, other), {"reason": "other"}).status_code == 404
