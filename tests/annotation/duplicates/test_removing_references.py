"""References go with their pairs and what was said of those; what was out because of them alone comes in again."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import duplicates
from annotation.models import Candidate, DuplicateDecision, DuplicatePair, Exclusion, ReferenceImage, TargetClass
from tests import cast
from tests.annotation.duplicates.scenes import measured, pair, reference, scene, shown

pytestmark = pytest.mark.django_db
API = "/api/v1/reference-images/"


@pytest.fixture
def bow(researcher: User) -> TargetClass:
    return cast.target_class(cast.study("bows", [researcher]))


@pytest.fixture
def rows(bow: TargetClass, researcher: User) -> list[Candidate]:
    """Two duplicates of which one is a reference's too, so that both are out; another reference is in no pair."""
    first, second = measured(bow, scene(1), 7), measured(bow, scene(1), 3)
    known = reference(bow.study, "a.jpg", scene(1))
    reference(bow.study, "b.jpg", scene(2))
    ReferenceImage.objects.update(source="/data/train")
    for both in (pair(first, second), pair(second, known)):
        duplicates.decide(pair=both, is_duplicate=True, by=researcher, now=cast.NOW)
    assert Exclusion.objects.count() == 2
    return [first, second]


def test_their_pairs_and_decisions_go_and_the_group_is_settled_anew(
    bow: TargetClass, rows: list[Candidate], researcher: User
) -> None:
    found = duplicates.remove_references(
        study=bow.study, references=ReferenceImage.objects.all(), by=researcher, now=cast.NOW
    )
    assert found == duplicates.Removal(2, 1, 1)
    assert (DuplicatePair.objects.count(), DuplicateDecision.objects.count()) == (1, 1)
    (left,) = Exclusion.objects.all()
    assert (left.candidate, left.reason) == (rows[1], Exclusion.Reason.DUPLICATE)


def test_those_of_another_study_stay(bow: TargetClass, researcher: User) -> None:
    other = cast.study("cranes")
    reference(other, "a.jpg", scene(1))
    found = duplicates.remove_references(
        study=bow.study, references=ReferenceImage.objects.all(), by=researcher, now=cast.NOW
    )
    assert (found.num_references, other.reference_images.count()) == (0, 1)


def test_a_search_that_runs_meanwhile_keeps_no_pair_with_them(bow: TargetClass, researcher: User) -> None:
    row = shown(bow, scene(1))
    gone, left = (reference(bow.study, name, scene(1)) for name in ("a.jpg", "b.jpg"))

    def remove(search: object) -> None:
        if getattr(search, "step", "") == "comparing with reference images":
            rows = ReferenceImage.objects.filter(pk=gone.pk)
            duplicates.remove_references(study=bow.study, references=rows, by=researcher, now=cast.NOW)

    duplicates.search(study=bow.study, now=cast.NOW, on_progress=remove)
    assert list(DuplicatePair.objects.values_list("first", "reference")) == [(row.pk, left.pk)]


def test_the_page_asks_before_it_removes_a_folder(
    bow: TargetClass, rows: list[Candidate], researcher_client: Client
) -> None:
    said = " ".join(researcher_client.get("/studies/bows/duplicates/").text.split())
    assert "<strong>2</strong> from" in said
    assert "Remove 2 reference images</button>" in said
    address = "/studies/bows/duplicates/references/removal/"
    after = researcher_client.post(address, {"source": "/data/elsewhere"}, follow=True).text
    assert "Removed: 0 reference images" in after
    after = " ".join(researcher_client.post(address, {"source": "/data/train"}, follow=True).text.split())
    assert "Removed: 2 reference images and 1 pair with them, of which 1 was decided." in after
    assert not ReferenceImage.objects.exists()


def test_programs_remove_one_or_a_folder(bow: TargetClass, rows: list[Candidate], researcher_client: Client) -> None:
    listed = researcher_client.get(API, {"study": "bows", "source": "/data/train"}).json()["results"]
    assert [(row["name"], len(row["hash"])) for row in listed] == [("a.jpg", 16), ("b.jpg", 16)]
    assert researcher_client.delete(f"{API}{listed[1]['id']}/").status_code == 204
    body = {"study": "bows", "source": "/data/train"}
    made = researcher_client.post(f"{API}removal/", body, "application/json")
    assert (made.status_code, made.json()) == (200, {"num_references": 1, "num_pairs": 1, "num_decisions": 1})
    assert researcher_client.get(API).json()["results"] == []


def test_nobody_removes_those_of_a_study_they_have_no_part_in(
    bow: TargetClass, rows: list[Candidate], stranger: User, client: Client
) -> None:
    row = ReferenceImage.objects.earliest("pk")
    for person, status in ((None, 401), (stranger, 404)):
        if person is not None:
            client.force_login(person)
        assert client.delete(f"{API}{row.pk}/").status_code == status
    body = {"study": "bows", "source": "/data/train"}
    assert client.post(f"{API}removal/", body, "application/json").status_code == 400
    assert client.post("/studies/bows/duplicates/references/removal/", body).status_code == 404
    assert ReferenceImage.objects.count() == 2
