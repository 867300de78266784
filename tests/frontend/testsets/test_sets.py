"""Building and freezing test sets by button."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from annotation import candidates
from annotation.models import Candidate, DuplicatePair, Exclusion, Origin, Study, TestSet
from tests import cast
from tests.at_once import at_once
from tests.cast import NOW

pytestmark = pytest.mark.django_db
FORM = {
    "images_per_class": 2,
    "min_judgements": 5,
    "min_originals": 5,
    "allow_borrowing": "on",
    "threshold": "7/10",
    "seed": 3,
}


@pytest.fixture
def study(researcher: User) -> Study:
    row = cast.study(researchers=[researcher])
    zero = cast.target_class(row)
    for number in range(6):
        cast.measured(zero, Origin.ORIGINAL, 5 + number)
        cast.measured(zero, Origin.POOL, 5 + number)
    return row


def post(client: Client, study: Study, name: str, data: dict[str, Any] | None = None, *args: Any) -> Any:
    return client.post(reverse(f"frontend:{name}", args=[study.slug, *args]), data or {}, follow=True)


def test_building_makes_all_five_sets(researcher_client: Client, study: Study) -> None:
    page = post(researcher_client, study, "test-set-build", FORM)
    assert sorted(study.test_sets.values_list("name", flat=True)) == [
        "calibrated",
        "easier",
        "easiest",
        "original",
        "recalibrated",
    ]
    assert "Freeze all 5 drafts" in page.text


def test_a_build_that_is_refused_changes_nothing_and_keeps_what_was_typed(
    researcher_client: Client, study: Study
) -> None:
    page = post(researcher_client, study, "test-set-build", FORM | {"min_judgements": 777})
    assert page.status_code == 400
    assert "collect more" in page.text
    assert 'value="777"' in page.text
    assert not study.test_sets.exists()


def test_numbers_out_of_range_are_refused(researcher_client: Client, study: Study) -> None:
    page = post(researcher_client, study, "test-set-build", FORM | {"images_per_class": 0, "seed": 2**70})
    assert page.status_code == 400
    assert page.text.count("field__error") == 2


def test_freezing_all_freezes_the_latest_revisions(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    post(researcher_client, study, "test-set-build", FORM | {"seed": 4})
    post(researcher_client, study, "test-sets-freeze")
    frozen = study.test_sets.filter(frozen_at__isnull=False)
    assert sorted((row.name, row.revision) for row in frozen) == [
        ("calibrated", 2), ("easier", 2), ("easiest", 2), ("original", 1), ("recalibrated", 2)
    ]  # fmt: skip


def test_one_set_is_frozen_by_whom(researcher_client: Client, researcher: User, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    page = post(researcher_client, study, "test-set-freeze", {}, "easiest", 1)
    test_set = study.test_sets.get(frozen_at__isnull=False)
    assert test_set.frozen_by == researcher
    assert test_set.content_sha256 in page.text


def test_shortages_and_substitutions_are_on_the_page(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM | {"images_per_class": 12})
    page = researcher_client.get(reverse("frontend:test-set-detail", args=[study.slug, "calibrated", 1]))
    assert "Shortages" in page.text
    assert "no candidates left" in page.text


def test_a_set_shows_one_class_when_asked(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    address = reverse("frontend:test-set-detail", args=[study.slug, "original", 1])
    assert researcher_client.get(address, {"class": "0"}).text.count("<figure") == 6
    assert "There is no such class" in researcher_client.get(address, {"class": "' OR 1=1"}).text


def easiest(client: Client, study: Study) -> TestSet:
    post(client, study, "test-set-build", FORM)
    return study.test_sets.get(name="easiest")


def page_of(client: Client, test_set: TestSet) -> str:
    args = [test_set.study.slug, test_set.name, test_set.revision]
    return str(client.get(reverse("frontend:test-set-detail", args=args)).text)


def exclude(pk: int) -> None:
    rows = Candidate.objects.filter(pk=pk)
    candidates.exclude(candidates=rows, reason=Exclusion.Reason.WRONG_CLASS, now=NOW)


def test_a_draft_whose_images_are_excluded_says_so_and_is_rebuilt_with_the_others(
    researcher_client: Client, researcher: User, study: Study
) -> None:
    first = easiest(researcher_client, study)
    assert "excluded from the study" not in page_of(researcher_client, first)
    gone, stays = first.images.values_list("candidate_id", flat=True)
    exclude(gone)
    assert "1 of its images is excluded from the study by now, so it can" in page_of(researcher_client, first)
    assert "/easiest/r1/freeze/" not in page_of(researcher_client, first)
    assert (
        "rebuild it, which keeps the others" in post(researcher_client, study, "test-set-freeze", {}, "easiest", 1).text
    )
    page = post(researcher_client, study, "test-set-rebuild", {}, "easiest", 1)
    assert "digits-twin/easiest@r2 is built; 1 of its images were in r1 already." in page.text
    second = study.test_sets.get(name="easiest", revision=2)
    assert (second.kept_from, second.built_by) == (first, researcher)
    assert stays in second.images.values_list("candidate_id", flat=True)
    assert "excluded from the study" not in page_of(researcher_client, second)


def test_a_second_click_comes_to_what_the_first_has_built(researcher_client: Client, study: Study) -> None:
    exclude(easiest(researcher_client, study).images.values_list("candidate_id", flat=True)[0])
    for _ in range(2):
        page = post(researcher_client, study, "test-set-rebuild", {}, "easiest", 1)
    assert page.redirect_chain[-1][0].endswith("/easiest/r2/")
    assert study.test_sets.filter(name="easiest").count() == 2


def test_building_again_says_that_nothing_has_changed(researcher_client: Client, study: Study) -> None:
    for _ in range(2):
        page = post(researcher_client, study, "test-set-build", FORM)
    assert "Nothing has changed for original r1, calibrated r1, recalibrated r1, easier r1, easiest r1" in page.text
    assert "Built " not in page.text
    page = post(researcher_client, study, "test-set-build", FORM | {"threshold": "8/10"})
    assert "Built easier r2." in page.text
    assert study.test_sets.count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_double_click_builds_once(researcher_client: Client, study: Study, researcher: User) -> None:
    twice = []
    for _ in range(2):
        client = Client()
        client.force_login(researcher)
        twice.append(lambda client=client: client.post(reverse("frontend:test-set-build", args=[study.slug]), FORM))
    assert [each.status_code for each in at_once(twice)] == [302, 302]
    assert set(study.test_sets.values_list("revision", flat=True)) == {1}
    assert study.test_sets.count() == 5


@pytest.mark.django_db(transaction=True)
def test_programs_that_repeat_a_build_get_the_same_revision(study: Study, researcher: User) -> None:
    _, token = AuthToken.objects.create(user=researcher)
    body = {"study": study.slug, "strategy": "top_images", "parameters": {"images_per_class": 2}}
    headers = {"Authorization": f"Token {token}"}

    def ask() -> Any:
        return Client().post("/api/v1/test-sets/", body, content_type="application/json", headers=headers)

    first, second = at_once([ask] * 2)
    assert (first.status_code, first.json()["id"]) == (second.status_code, second.json()["id"])
    assert ask().json()["citation"] == "digits-twin/easiest@r1"


def test_the_chart_of_a_set_is_drawn_for_phones_too(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    where = reverse("frontend:test-set-histogram", args=[study.slug, "calibrated", 1])
    assert f'srcset="{where}?size=narrow"' in page_of(researcher_client, study.test_sets.get(name="calibrated"))
    sizes = [re.search(r'width="(\d+)', researcher_client.get(where, query).text) for query in ({}, {"size": "narrow"})]
    wide, narrow = (int(each[1]) for each in sizes if each)
    assert 200 < narrow <= 290 < wide


def test_an_original_that_has_not_changed_has_no_other_revision(researcher_client: Client, study: Study) -> None:
    easiest(researcher_client, study)
    assert "Nothing has changed" in post(researcher_client, study, "test-set-rebuild", {}, "original", 1).text
    assert study.test_sets.filter(name="original").count() == 1


def test_a_set_under_review_is_rebuilt_from_there(researcher_client: Client, study: Study) -> None:
    first = easiest(researcher_client, study)
    rebuild = reverse("frontend:test-set-rebuild", args=[study.slug, "easiest", 1])
    assert rebuild in page_of(researcher_client, first)
    assert "/easiest/r1/freeze/" in page_of(researcher_client, first)
    post(researcher_client, study, "test-set-review-open", {}, "easiest", 1)
    assert "/easiest/r1/freeze/" not in page_of(researcher_client, first)
    assert "Go to its review" in page_of(researcher_client, first)
    exclude(first.images.values_list("candidate_id", flat=True)[0])
    assert rebuild not in page_of(researcher_client, first)
    assert "Rebuild it from its review" in page_of(researcher_client, first)


def test_a_draft_says_that_pairs_with_its_images_wait(researcher_client: Client, study: Study) -> None:
    first = easiest(researcher_client, study)
    one, other = first.images.order_by("candidate_id").values_list("candidate_id", flat=True)
    DuplicatePair.objects.create(study=study, first_id=one, second_id=other, hamming=3, found_at=NOW)
    assert "1 pair with images of this set looks alike" in page_of(researcher_client, first)
    post(researcher_client, study, "test-set-freeze", {}, "easiest", 1)
    assert "looks alike" not in page_of(researcher_client, first)


def test_a_card_says_that_a_set_which_is_to_match_does_not(researcher_client: Client, study: Study) -> None:
    easiest(researcher_client, study)
    address = reverse("frontend:test-set-list", args=[study.slug])
    for low, told in ((-0.1, []), (0.1, ["calibrated", "recalibrated"])):
        for row in study.test_sets.exclude(name="original"):
            row.figures["gap"] = {"gap": 0.2, "low": low, "high": 0.3}
            row.save()
        text = researcher_client.get(address).text
        assert re.findall(r"/(\w+)/r1/#frequencies-title\">parts from the original", text) == told
