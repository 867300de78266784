"""The page of near-duplicates: what is said when, what its forms do, and what it does not tell."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from annotation import duplicates, tasks
from annotation.duplicates import comparing
from annotation.errors import CannotSearch
from annotation.models import (
    Complaint,
    DuplicateDecision,
    DuplicateSearch,
    Exclusion,
    Origin,
    ReferenceImage,
    Study,
    TargetClass,
)
from tests import cast
from tests.annotation.duplicates.scenes import again, measured, pair, reference, scene, shown

pytestmark = pytest.mark.django_db
PAGE = "/studies/bows/duplicates/"


@pytest.fixture
def bow(researcher: User) -> TargetClass:
    return cast.target_class(cast.study("bows", [researcher]), "n01", "bow")


def text(client: Client, query: str = "") -> str:
    response = client.get(PAGE + query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def said_after(client: Client, address: str, data: dict[str, Any] | None = None) -> str:
    return re.sub(r"\s+", " ", client.post(PAGE + address, data or {}, follow=True).content.decode())


def test_without_a_pool_the_page_says_how_to_get_one(bow: TargetClass, researcher_client: Client) -> None:
    assert "No pool yet" in text(researcher_client)


def test_before_the_first_search_the_page_offers_one(
    bow: TargetClass, researcher_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.search_duplicates, "delay", asked.append)
    shown(bow, scene(1))
    assert "Not searched yet" in text(researcher_client)
    assert "A search is asked for" in said_after(researcher_client, "search/", {"max_distance": "6"})
    assert (DuplicateSearch.objects.get().max_distance, asked) == (6, [bow.study_id])


@pytest.mark.parametrize(
    ("distance", "complaint"), [("17", "less than or equal to 16"), ("", "how many bits"), ("x", "whole number")]
)
def test_a_distance_that_is_none_is_refused_in_words(
    bow: TargetClass, researcher_client: Client, distance: str, complaint: str
) -> None:
    shown(bow, scene(1))
    assert complaint in said_after(researcher_client, "search/", {"max_distance": distance})
    assert not DuplicateSearch.objects.exists()


def test_a_running_search_says_how_far_it_is(bow: TargetClass, researcher_client: Client) -> None:
    DuplicateSearch.objects.create(
        study=bow.study, requested_at=cast.NOW, step="comparing the pool", num_done=2, num_wanted=7
    )
    found = text(researcher_client)
    assert "Searching: comparing the pool." in found
    assert '<progress class="progress" max="7" value="2"' in found
    assert 'hx-trigger="every 2s"' in found


def test_a_search_that_broke_off_says_why(bow: TargetClass, researcher_client: Client) -> None:
    DuplicateSearch.objects.create(study=bow.study, problem="More than 5 pairs are that close.")
    assert "More than 5 pairs are that close." in text(researcher_client)


def test_what_was_thinned_is_said(bow: TargetClass, researcher_client: Client) -> None:
    for _ in range(12):
        shown(bow, scene(1))
    duplicates.search(study=bow.study, now=cast.NOW)
    assert "11 images have exactly the hash of 10 others or more" in text(researcher_client)
    assert "0 of 11</span> looked at" in text(researcher_client)


def test_when_nothing_is_alike_or_all_is_looked_at_the_page_says_so(
    bow: TargetClass, researcher_client: Client, researcher: User
) -> None:
    first = shown(bow, scene(1))
    duplicates.search(study=bow.study, now=cast.NOW)
    assert "Nothing looks alike" in text(researcher_client)
    both = pair(first, shown(bow, scene(2)))
    assert "0 of 1</span> looked at" in text(researcher_client)
    duplicates.decide(pair=both, is_duplicate=False, by=researcher, now=cast.NOW)
    assert "All pairs are looked at" in text(researcher_client)


def test_the_likest_pair_is_shown_with_what_each_image_is(bow: TargetClass, researcher_client: Client) -> None:
    first, original = shown(bow, scene(1)), shown(bow, again(scene(1)), Origin.ORIGINAL)
    duplicates.search(study=bow.study, now=cast.NOW)
    found = text(researcher_client)
    assert "Nearly the same" in found or "Very alike" in found
    for words in (
        f"Candidate {first.pk}",
        f"Candidate {original.pk}",
        "of the pool",
        "of the original test set",
        "of class <strong>bow</strong>",
        first.source,
    ):
        assert words in found
    assert "of 64 bits differ" in found


def test_pairs_are_decided_one_after_the_other_and_undone(bow: TargetClass, researcher_client: Client) -> None:
    rows = [shown(bow, scene(number)) for number in range(3)]
    one, two = pair(rows[0], rows[1]), pair(rows[1], rows[2])
    assert f"pairs/{two.pk}/decision" in said_after(
        researcher_client, f"pairs/{one.pk}/decision/", {"answer": "duplicate"}
    )
    said_after(researcher_client, f"pairs/{two.pk}/decision/", {"answer": "not"})
    assert [row.is_duplicate for row in DuplicateDecision.objects.active()] == [True, False]
    last = DuplicateDecision.objects.get(pair=two)
    assert f"pairs/{two.pk}/decision" in said_after(researcher_client, f"decisions/{last.pk}/undo/")
    assert [row.pair for row in DuplicateDecision.objects.active()] == [one]


def test_an_answer_that_is_none_changes_nothing(bow: TargetClass, researcher_client: Client) -> None:
    both = pair(shown(bow, scene(1)), shown(bow, scene(2)))
    for data in ({}, {"answer": "maybe"}):
        assert "Say whether the two are duplicates" in said_after(researcher_client, f"pairs/{both.pk}/decision/", data)
    assert not DuplicateDecision.objects.exists()


def test_what_somebody_else_has_said_meanwhile_is_told(
    bow: TargetClass, researcher_client: Client, admin: User
) -> None:
    both = pair(shown(bow, scene(1)), shown(bow, scene(2)))
    duplicates.decide(pair=both, is_duplicate=False, by=admin, now=cast.NOW)
    told = said_after(researcher_client, f"pairs/{both.pk}/decision/", {"answer": "duplicate"})
    assert f"{admin.username} has said that this pair is not a duplicate" in told


def test_groups_show_who_stays_and_another_can_be_kept(
    bow: TargetClass, researcher_client: Client, researcher: User
) -> None:
    first, second = measured(bow, scene(1), 7), measured(bow, scene(1), 3)
    duplicates.decide(pair=pair(first, second), is_duplicate=True, by=researcher, now=cast.NOW)
    assert "Chosen by the rule." in text(researcher_client)
    assert f"Candidate {second.pk} stays" in said_after(researcher_client, f"candidates/{second.pk}/keep/")
    assert "Chosen by a person." in text(researcher_client)
    assert Exclusion.objects.get().candidate == first


def test_an_old_decision_is_found_and_undone(
    bow: TargetClass, researcher_client: Client, researcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.views.duplicates.NUM_DECISIONS", 1)
    for number in range(2):
        both = pair(shown(bow, scene(number)), shown(bow, scene(number)))
        duplicates.decide(pair=both, is_duplicate=False, by=researcher, now=cast.NOW)
    assert '<a href="/studies/bows/duplicates/decisions/">All 2 decisions</a>' in text(researcher_client)
    first = DuplicateDecision.objects.order_by("pk")[0]
    listed = researcher_client.get(f"{PAGE}decisions/").text
    assert listed.count("not a duplicate") == 2
    assert f"/studies/bows/duplicates/decisions/{first.pk}/undo/" in listed
    said_after(researcher_client, f"decisions/{first.pk}/undo/")
    assert f"undone by {researcher.username}" in researcher_client.get(f"{PAGE}decisions/").text


def test_without_decisions_the_list_leads_to_the_pairs(bow: TargetClass, researcher_client: Client) -> None:
    assert "Nothing is decided yet" in researcher_client.get(f"{PAGE}decisions/").text


def test_a_group_with_a_reference_is_out_whole(bow: TargetClass, researcher_client: Client, researcher: User) -> None:
    both = pair(shown(bow, scene(1)), reference(bow.study, "train/<b>.jpg", scene(1)))
    ReferenceImage.objects.update(source="/data/images of <2019>")
    duplicates.decide(pair=both, is_duplicate=True, by=researcher, now=cast.NOW)
    found = text(researcher_client)
    assert "All of the pool are out" in found
    assert "train/&lt;b&gt;.jpg" in found
    assert "from images of &lt;2019&gt;" in found
    assert "Keep this instead" not in found


def test_frequencies_are_not_told(bow: TargetClass, researcher_client: Client, researcher: User) -> None:
    first, second = measured(bow, scene(1), 7), measured(bow, scene(1), 3)
    both = pair(first, second)
    before = text(researcher_client)
    duplicates.decide(pair=both, is_duplicate=True, by=researcher, now=cast.NOW)
    for found in (before, text(researcher_client)):
        assert not re.search(r"7\s*/\s*10|3\s*/\s*10|70\s*%|0\.70?\b", found)


def test_what_a_worker_finds_offensive_is_covered(bow: TargetClass, researcher_client: Client) -> None:
    first = shown(bow, scene(1))
    pair(first, shown(bow, scene(2)))
    batch = cast.batch(bow.study, [cast.grid(bow, [first])])
    Complaint.objects.create(
        candidate=first, worker=cast.worker(), assignment=batch.hits.get().assignments.first(), reason="offensive",
        filed_at=cast.NOW,
    )  # fmt: skip
    found = text(researcher_client)
    assert found.count("Reported as offensive. Click to see it.") == 1


def test_a_reference_is_shown_as_the_grey_picture_that_is_kept(bow: TargetClass, researcher_client: Client) -> None:
    row = reference(bow.study, "a.jpg", scene(1))
    response = researcher_client.get(f"{PAGE}references/{row.pk}/image/")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    bare = ReferenceImage.objects.create(study=bow.study, name="b.jpg", hash=1)
    assert researcher_client.get(f"{PAGE}references/{bare.pk}/image/").status_code == 404


@pytest.mark.parametrize("asked", ["x", "99999999999999999999", "0", "-1", "²"])
def test_a_pair_that_is_none_is_not_found(bow: TargetClass, researcher_client: Client, asked: str) -> None:
    assert researcher_client.get(PAGE, {"pair": asked}).status_code == 404


def test_rows_of_another_study_are_not_found(bow: TargetClass, researcher_client: Client, researcher: User) -> None:
    other = cast.target_class(cast.study("other", [researcher]))
    both = pair(shown(other, scene(1)), reference(other.study, "a.jpg", scene(1)))
    decision = duplicates.decide(pair=both, is_duplicate=True, by=researcher, now=cast.NOW)
    for address in (
        f"pairs/{both.pk}/decision/",
        f"decisions/{decision.pk}/undo/",
        f"candidates/{both.first_id}/keep/",
    ):
        assert researcher_client.post(PAGE + address).status_code == 404
    assert researcher_client.get(f"{PAGE}references/{both.reference_id}/image/").status_code == 404
    assert researcher_client.get(PAGE, {"pair": both.pk}).status_code == 404


def test_the_page_costs_the_same_with_many_groups(
    bow: TargetClass, researcher_client: Client, researcher: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(15):
        both = pair(shown(bow, scene(number)), shown(bow, scene(number)))
        duplicates.decide(pair=both, is_duplicate=True, by=researcher, now=cast.NOW)
    text(researcher_client)
    with django_assert_max_num_queries(35):
        text(researcher_client)


class TestQueue:
    """What the queue does with a search."""

    @pytest.fixture
    def study(self, bow: TargetClass) -> Study:
        for seed in range(2):
            shown(bow, again(scene(1), seed))
        duplicates.request(study=bow.study, max_distance=8, now=cast.NOW)
        return bow.study

    def test_a_search_is_made_and_no_longer_due(self, study: Study) -> None:
        tasks.search_duplicates(study.pk)
        assert study.duplicate_pairs.count() == 1
        assert DuplicateSearch.objects.get().requested_at is None

    def test_the_sweep_asks_once_for_what_lost_its_message(self, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []
        monkeypatch.setattr(tasks.search_duplicates, "delay", asked.append)
        for _ in range(2):
            tasks.sweep_duplicate_searches()
        assert asked == [study.pk]

    def test_a_search_that_cannot_be_is_not_tried_again(self, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**_: Any) -> None:
            DuplicateSearch.objects.update(requested_at=None)
            raise CannotSearch("Too many.")

        monkeypatch.setattr(duplicates, "search", refuse)
        tasks.search_duplicates(study.pk)
        assert list(duplicates.due_studies(now=cast.NOW.replace(year=2030))) == []

    def test_one_that_kills_the_consumer_each_time_is_given_up(
        self, study: Study, researcher_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def be_killed(*_: Any) -> None:
            raise SystemExit(9)

        monkeypatch.setattr(comparing, "within", be_killed)
        monkeypatch.setattr(tasks.search_duplicates, "delay", tasks.search_duplicates)
        for _ in range(3):
            with pytest.raises(SystemExit):
                tasks.sweep_duplicate_searches()
            assert DuplicateSearch.objects.get().requested_at is not None
            cache.delete(tasks.searching._search_mark(study.pk))  # as when the time of the mark is over
        tasks.sweep_duplicate_searches()
        assert DuplicateSearch.objects.get().requested_at is None
        assert "begun 3 times and never came to an end" in text(researcher_client)

    def test_a_study_that_is_gone_needs_no_search(self) -> None:
        tasks.search_duplicates(123)
