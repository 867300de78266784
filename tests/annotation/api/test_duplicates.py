"""Near-duplicates for programs: searches are asked for, pairs listed, decisions taken and undone."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import duplicates, tasks
from annotation.models import Exclusion, TargetClass
from tests import cast
from tests.annotation.duplicates.scenes import again, measured, pair, reference, scene, shown

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture
def bow(researcher: User) -> TargetClass:
    return cast.target_class(cast.study("bows", [researcher]), "n01", "bow")


def test_a_search_is_asked_for_and_its_state_read(
    bow: TargetClass, researcher_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.search_duplicates, "delay", asked.append)
    for seed in range(2):
        shown(bow, again(scene(1), seed))
    made = researcher_client.post(f"{API}/duplicate-searches/", {"study": "bows"}, "application/json")
    assert (made.status_code, made.json()["max_distance"], asked) == (202, 8, [bow.study_id])
    duplicates.search(study=bow.study, now=cast.NOW.replace(year=2030))
    read = researcher_client.get(f"{API}/duplicate-searches/{made.json()['id']}/").json()
    assert (read["requested_at"], read["num_images"]) == (None, 2)
    (row,) = researcher_client.get(f"{API}/duplicate-pairs/", {"study": "bows"}).json()["results"]
    assert (row["copy"], row["reference"], row["decision"]) == ("", None, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [({"study": "bows"}, 409), ({"study": "bows", "max_distance": 17}, 400), ({"study": "none"}, 400)],
)
def test_a_search_that_cannot_be_is_refused(
    bow: TargetClass, researcher_client: Client, body: dict[str, object], status: int
) -> None:
    assert researcher_client.post(f"{API}/duplicate-searches/", body, "application/json").status_code == status


def test_a_pair_is_decided_and_that_is_undone(bow: TargetClass, researcher_client: Client) -> None:
    both = pair(shown(bow, scene(1)), reference(bow.study, "train/1.jpg", scene(1)))
    pair(shown(bow, scene(2)), shown(bow, scene(2)))
    address = f"{API}/duplicate-pairs/{both.pk}/"
    made = researcher_client.post(f"{address}decision/", {"is_duplicate": True}, "application/json")
    assert (made.status_code, made.json()["decision"]["decided_by"]) == (201, "rosa")
    assert (made.json()["reference"], made.json()["reference_id"]) == ("train/1.jpg", both.reference_id)
    assert Exclusion.objects.get().candidate_id == both.first_id
    refused = researcher_client.post(f"{address}decision/", {"is_duplicate": False}, "application/json")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:twinset:undecidable-pair")
    for is_decided, expected in (("true", [both.pk]), ("", [both.pk, both.pk + 1])):
        query = {"is_decided": is_decided} if is_decided else {}
        listed = researcher_client.get(f"{API}/duplicate-pairs/", query).json()["results"]
        assert [row["id"] for row in listed] == expected
    undone = researcher_client.post(f"{address}reversal/")
    assert (undone.status_code, undone.json()["decision"]) == (201, None)
    assert not Exclusion.objects.exists()
    assert researcher_client.post(f"{address}reversal/").status_code == 409


def test_another_image_of_a_group_is_kept(bow: TargetClass, researcher_client: Client, researcher: User) -> None:
    first, second, alone = (measured(bow, scene(seed), 9 - seed) for seed in range(3))
    duplicates.decide(pair=pair(first, second), is_duplicate=True, by=researcher, now=cast.NOW)
    assert Exclusion.objects.get().candidate == second
    made = researcher_client.post(f"{API}/survivor-choices/", {"candidate": second.pk}, "application/json")
    assert (made.status_code, made.json()["candidate"], made.json()["chosen_by"]) == (201, second.pk, "rosa")
    assert Exclusion.objects.get().candidate == first
    (row,) = researcher_client.get(f"{API}/survivor-choices/", {"study": "bows"}).json()["results"]
    assert row == researcher_client.get(f"{API}/survivor-choices/{row['id']}/").json() == made.json()
    refused = researcher_client.post(f"{API}/survivor-choices/", {"candidate": alone.pk}, "application/json")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:twinset:undecidable-pair")


def test_nobody_keeps_an_image_of_a_study_they_have_no_part_in(
    bow: TargetClass, researcher_client: Client, stranger: User
) -> None:
    other = shown(cast.target_class(cast.study("cranes", [stranger])), scene(1))
    for candidate in (other.pk, 2**70, "x"):
        refused = researcher_client.post(f"{API}/survivor-choices/", {"candidate": candidate}, "application/json")
        assert (refused.status_code, "candidate" in refused.json()["errors"]) == (400, True)
    assert researcher_client.get(f"{API}/survivor-choices/").json()["results"] == []
