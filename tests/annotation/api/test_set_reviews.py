"""A review by the API: the same verbs, and nothing that its pages would not tell."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken

from annotation import candidates, storage
from annotation.models import Exclusion, Image, Origin, TestSetReview
from tests import cast
from tests.annotation.reviews import reviewed

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(researcher: User) -> TestSetReview:
    return reviewed.under_review(reviewed.study(researchers=[researcher]))


class Person:
    """Somebody with a token."""

    def __init__(self, user: User) -> None:
        _, self.token = AuthToken.objects.create(user=user)

    def get(self, path: str, **query: Any) -> Any:
        return Client().get(f"/api/v1/{path}", query, headers={"Authorization": f"Token {self.token}"})

    def post(self, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Token {self.token}"}
        return Client().post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def reviewer(review: TestSetReview, name: str) -> Person:
    user = reviewed.person(name)
    review.test_set.study.reviewers.add(user)
    return Person(user)


def test_a_whole_round(review: TestSetReview, researcher: User) -> None:
    rosa, at = Person(researcher), f"test-set-reviews/{review.pk}"
    ann, ben, cleo = (reviewer(review, name) for name in ("ann", "ben", "cleo"))
    first, second, _ = reviewed.images(review)
    for person in (ann, ben):
        assert person.post(f"{at}/verdicts/", candidate=first, verdict="drawing").status_code == 201
    said = ann.post(f"{at}/verdicts/", candidate=second, verdict="other", note="A logo.").json()
    assert (said["verdict"], said["note"]) == ("other", "A logo.")
    for person in (ann, ben):
        for class_id in ("0", "1"):
            marked = person.post(f"{at}/marks/", target_class=class_id, mark="reviewed")
            assert (marked.status_code, marked.json()["mark"]) == (201, "reviewed")
    assert ann.get(f"{at}/conflicts/").json() == []
    assert cleo.get(f"{at}/conflicts/").json() == [{"candidate": second, "target_class": "0", "decision": None}]
    assert ann.post(f"{at}/resolutions/", candidate=second, decision="keep").status_code == 409
    assert cleo.post(f"{at}/resolutions/", candidate=second, decision="keep").json()["decision"] == "keep"
    assert rosa.get(f"{at}/missing/").json() == {"missing": ["1 agreed exclusion is to be applied: rebuild the set"]}
    after = rosa.post(f"{at}/rebuilding/").json()
    assert (after["follows"], after["is_over"]) == (review.pk, False)
    assert [each["mark"] for each in ann.get(f"test-set-reviews/{after['id']}/classes/").json()] == [
        "unreviewed",
        "reviewed",
    ]
    assert rosa.post(f"test-set-reviews/{after['id']}/returns/", target_class="1").status_code == 201


def test_a_person_reads_only_what_they_said_themselves(review: TestSetReview) -> None:
    ann, ben = (reviewer(review, name) for name in ("ann", "ben"))
    at, first = f"test-set-reviews/{review.pk}", reviewed.images(review)[0]
    ann.post(f"{at}/verdicts/", candidate=first, verdict="drawing")
    ann.post(f"{at}/marks/", target_class="0", mark="problematic", note="Vague.")
    assert {each["verdict"] for each in ben.get(f"{at}/images/").json()} == {"keep"}
    assert {each["mark"] for each in ben.get(f"{at}/classes/").json()} == {"unreviewed"}
    ann.post(f"{at}/marks/", target_class="0", mark="unreviewed")
    ann.post(f"{at}/verdicts/", candidate=first, verdict="keep")
    assert {each["verdict"] for each in ann.get(f"{at}/images/").json()} == {"keep"}


def test_nothing_in_a_review_tells_a_frequency_an_origin_or_the_strategy(review: TestSetReview) -> None:
    ann = reviewer(review, "ann")
    for path in ("", "classes/", "images/", "conflicts/"):
        text = ann.get(f"test-set-reviews/{review.pk}/{path}").content.decode()
        for word in ("num_se", "freq", "origin", "pool", "easier", "threshold", "source"):
            assert word not in text, path


def test_a_reviewer_finds_nothing_else_of_the_study(review: TestSetReview) -> None:
    ann, first = reviewer(review, "ann"), reviewed.images(review)[0]
    for path in (f"candidates/{first}/", f"test-sets/{review.test_set_id}/", f"studies/{review.test_set.study.slug}/"):
        assert ann.get(path).status_code == 404
    for path in ("studies/", "candidates/", "frequencies/", "test-sets/", "runs/", "reports/"):
        assert ann.get(path).json()["results"] == []
    assert ann.post("test-set-reviews/", test_set=review.test_set_id).status_code == 400
    assert ann.get(f"test-set-reviews/{review.pk}/missing/").status_code == 404


def test_pictures_are_those_of_the_set_and_originals(review: TestSetReview) -> None:
    ann, at = reviewer(review, "ann"), f"test-set-reviews/{review.pk}/picture/"
    first, study = reviewed.images(review)[0], review.test_set.study
    content = cast.png(1, image_format="JPEG")
    other = cast.candidate(cast.target_class(cast.study("another")), Origin.ORIGINAL)
    Image.objects.update(rendition_sha256=storage.put("renditions", content))
    shown, gone = study.candidates.filter(origin="original", target_class__number=0)[:2]
    candidates.exclude(candidates=study.candidates.filter(pk=gone.pk), reason=Exclusion.Reason.OFFENSIVE, now=cast.NOW)
    pool = study.candidates.filter(origin="pool").exclude(pk__in=review.test_set.images.values("candidate"))[0]
    for each in (first, shown.pk):
        assert ann.get(at, candidate=each).content == content
    for each in (gone.pk, pool.pk, other.pk):
        assert ann.get(at, candidate=each).status_code == 404
    assert reviewer(review, "ben").get(at, candidate=shown.pk).content == content
    assert Person(reviewed.person("a stranger")).get(at, candidate=shown.pk).status_code == 404
    assert ann.get(at).status_code == 400
    assert ann.get(at, candidate=first, study=1).status_code == 400


def test_originals_of_a_class_are_those_that_its_page_shows(review: TestSetReview) -> None:
    ann, at = reviewer(review, "ann"), f"test-set-reviews/{review.pk}/originals/"
    found = ann.get(at, target_class="0").json()
    originals = review.test_set.study.candidates.filter(origin="original", target_class__number=0).order_by("pk")
    assert found == [{"candidate": each.pk, "target_class": "0"} for each in originals]
    browser = Client()
    browser.force_login(User.objects.get(username="ann"))
    page = browser.get(f"/reviews/{review.pk}/classes/0/").text
    assert all(f"/reviews/{review.pk}/images/{each['candidate']}/" in page for each in found)
    assert ann.get(at).status_code == 400
    assert "target_class" in ann.get(at, target_class="none").json()["errors"]


def test_a_class_comes_with_what_it_means(review: TestSetReview) -> None:
    review.test_set.study.target_classes.filter(number=0).update(definition="The digit 0.", synonyms=["nought"])
    first, _ = reviewer(review, "ann").get(f"test-set-reviews/{review.pk}/classes/").json()
    assert (first["name"], first["synonyms"], first["definition"]) == ("zero", ["nought"], "The digit 0.")


def test_what_is_not_there_is_said(review: TestSetReview) -> None:
    ann, at = reviewer(review, "ann"), f"test-set-reviews/{review.pk}"
    assert "candidate" in ann.post(f"{at}/verdicts/", candidate=999_999, verdict="keep").json()["errors"]
    assert "target_class" in ann.post(f"{at}/marks/", target_class="none", mark="reviewed").json()["errors"]
    assert ann.post(f"{at}/verdicts/", candidate=reviewed.images(review)[0], verdict="ugly").status_code == 400
