"""Programs exclude many at once as people do: by criteria, with the number they were shown, and undo it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import BulkExclusion, Exclusion
from tests.annotation.candidates.pool_rows import NUM_ROWS, Pool, pool

pytestmark = pytest.mark.django_db
AT = "/api/v1/bulk-exclusions/"
CRITERIA = {"target_classes": ["1"], "max_width": 300}


@pytest.fixture
def some(researcher: User) -> Pool:
    pool("another")
    return pool(researchers=[researcher])


def post(client: Client, path: str = "", **body: Any) -> Any:
    body = {"study": "digits-twin", "criteria": CRITERIA} | body if path in ("", "preview/") else body
    return client.post(AT + path, body, "application/json")


def test_what_the_preview_counts_is_excluded_and_let_in_again(
    researcher_client: Client, researcher: User, some: Pool
) -> None:
    before = Exclusion.objects.count()
    seen = post(researcher_client, "preview/").json()
    assert [each["class_id"] for each in seen["classes"]] == ["1"]
    assert seen["num_included"] == seen["classes"][0]["num_included"] == len(seen["sample"]) > 0
    shown = {name: seen[name] for name in ("num_included", "fingerprint")}
    made = post(researcher_client, reason="unusable", **shown)
    assert made.status_code == 201
    told = made.json()
    assert (told["criteria"], told["made_by"], told["num_excluded"]) == (CRITERIA, "rosa", seen["num_included"])
    listed = researcher_client.get("/api/v1/candidates/", {"bulk_exclusion": told["id"]}).json()["results"]
    assert [row["id"] for row in listed] == seen["sample"]
    assert listed[0]["exclusion"]["bulk_exclusion"] == told["id"]
    undone = post(researcher_client, f"{told['id']}/reversal/")
    assert (undone.status_code, undone.json()["num_taken_back"]) == (201, seen["num_included"])
    assert Exclusion.objects.count() == before
    assert post(researcher_client, f"{told['id']}/reversal/").status_code == 409


def test_another_number_or_no_criterion_is_refused(researcher_client: Client, some: Pool) -> None:
    seen = post(researcher_client, "preview/").json()
    refused = post(researcher_client, reason="unusable", num_included=seen["num_included"], fingerprint="0")
    assert (refused.status_code, "not the same ones" in refused.json()["detail"]) == (409, True)
    refused = post(researcher_client, reason="unusable", num_included=1, fingerprint=seen["fingerprint"])
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:twinset:number-changed")
    refused = post(researcher_client, criteria={}, reason="unusable", num_included=NUM_ROWS, fingerprint="0")
    assert (refused.status_code, "Nothing says which" in refused.json()["detail"]) == (409, True)
    assert not BulkExclusion.objects.exists()


@pytest.mark.parametrize(
    "criteria",
    [
        {"exclusion__bulk": 1},
        {"min_width": 3, "max_width": 2},
        {"min_aspect": 0},
        {"state": "x"},
        {"origin": 1},
        [],
        "x",
    ],
)
def test_criteria_that_are_not_understood_are_invalid(researcher_client: Client, some: Pool, criteria: Any) -> None:
    assert "criteria" in post(researcher_client, "preview/", criteria=criteria).json()["errors"]


def test_a_study_of_others_is_unknown(stranger_client: Client, some: Pool) -> None:
    for path, more in (("", {"reason": "unusable", "num_included": 1, "fingerprint": "0"}), ("preview/", {})):
        refused = post(stranger_client, path, **more)
        assert (refused.status_code, "study" in refused.json()["errors"]) == (400, True)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"origin": "original"}, 4), ({"has_picture": "false"}, 4), ({"target_class": "1", "state": "included"}, 6),
        ({"taken_from": "2012-07-12", "taken_until": "2012-07-12", "source": "B\\x"}, 2),
    ],
)  # fmt: skip
def test_the_list_of_candidates_takes_the_same_criteria(
    researcher_client: Client, some: Pool, query: dict[str, str], number: int
) -> None:
    answer = researcher_client.get("/api/v1/candidates/", {"study": "digits-twin"} | query)
    assert len(answer.json()["results"]) == number


@pytest.mark.parametrize("query", [{"min_width": 3, "max_width": 2}, {"min_width": -1}, {"taken_from": "x"}, {"x": 1}])
def test_a_parameter_that_is_not_understood_is_invalid(
    researcher_client: Client, some: Pool, query: dict[str, Any]
) -> None:
    assert researcher_client.get("/api/v1/candidates/", query).status_code == 400


def test_a_candidate_comes_with_its_provenance(researcher_client: Client, some: Pool) -> None:
    row = some.rows[1]
    told = researcher_client.get(f"/api/v1/candidates/{row.pk}/").json()
    assert (told["owner"], told["query"], told["collection"]) == ("bob", "class 1", some.collections[0].pk)
    assert told["taken_at"] == "2012-07-12T00:30:00Z"
    assert told["exclusion"]["excluded_by"] is None


def test_one_is_taken_out_and_let_in_again(researcher_client: Client, researcher: User, some: Pool) -> None:
    at = f"/api/v1/candidates/{some.rows[2].pk}/"
    assert researcher_client.post(f"{at}exclusion/", {"reason": "drawing"}, "application/json").status_code == 201
    let_in = researcher_client.post(f"{at}readmission/")
    assert (let_in.status_code, let_in.json()["exclusion"]) == (201, None)
    assert some.rows[2].readmissions.get().let_in_by == researcher
    refused = researcher_client.post(f"{at}readmission/")
    assert (refused.status_code, "is not excluded" in refused.json()["detail"]) == (409, True)
