"""The local server is as strict as the service: signatures, shapes in both directions, tokens, time, workers' pages."""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from annotation.platforms.mturk import Access, MTurkPlatform
from tests.annotation.platforms.mturk.contract import a_posting
from tests.fakes.mturk import ACCESS_KEY, SECRET_KEY, MTurkServer
from tests.fakes.mturk.operations import OPERATIONS
from tests.fakes.mturk.protocol import MODEL, TARGET, Defect, TurkError, read, write
from tests.fakes.mturk.workers import NotPossible


def ask(server: MTurkServer, operation: str, body: Any = None, **given: Any) -> tuple[int, dict[str, Any]]:
    """A request as it comes, signed unless it is said how not."""
    content = json.dumps({} if body is None else body).encode()
    headers = {"X-Amz-Target": f"{TARGET}{operation}", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest(method="POST", url=f"{server.address}/", data=content, headers=headers)
    keys = Credentials(given.get("access_key", ACCESS_KEY), given.get("secret_key", SECRET_KEY))
    SigV4Auth(keys, "mturk-requester", given.get("region", "us-east-1")).add_auth(request)
    sent = dict(request.headers.items()) | given.get("headers", {})
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    connection.request("POST", "/", given.get("content", content), {k: v for k, v in sent.items() if v is not None})
    answer = connection.getresponse()
    result = answer.status, json.loads(answer.read())
    connection.close()
    return result


def test_a_signed_request_is_answered(server: MTurkServer) -> None:
    assert ask(server, "GetAccountBalance") == (200, {"AvailableBalance": "10000.00", "OnHoldBalance": "0.00"})


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"headers": {"Authorization": None}}, "MissingAuthenticationTokenException"),
        ({"headers": {"Authorization": "Basic eDp5"}}, "MissingAuthenticationTokenException"),
        ({"access_key": "AKIASOMEBODY"}, "UnrecognizedClientException"),
        ({"secret_key": "guessed"}, "InvalidSignatureException"),
        ({"region": "eu-west-1"}, "InvalidSignatureException"),
        ({"content": b'{"MaxResults": 2}'}, "InvalidSignatureException"),  # changed after it was signed
        ({"headers": {"X-Amz-Target": f"{TARGET}ListHITs"}}, "InvalidSignatureException"),
        ({"headers": {"X-Amz-Date": "20200101T000000Z"}}, "InvalidSignatureException"),
        ({"headers": {"X-Amz-Date": "today"}}, "IncompleteSignatureException"),
    ],
)
def test_a_request_signed_otherwise_is_not(server: MTurkServer, given: dict[str, Any], kind: str) -> None:
    status, answer = ask(server, "GetAccountBalance", **given)
    assert (status, answer["__type"]) == (400, kind)


@pytest.mark.parametrize(
    ("operation", "body", "kind"),
    [
        ("GetHIT", {}, "ValidationException"),
        ("GetHIT", {"HITId": 3}, "ValidationException"),
        ("GetHIT", {"HITId": "3", "More": 1}, "ValidationException"),
        ("GetHIT", {"HITId": "lower"}, "ParameterValidationError"),
        ("GetHIT", {"HITId": "3" * 65}, "ParameterValidationError"),
        ("GetHIT", {"HITId": "3ABC"}, "RequestError"),
        ("ListHITs", {"MaxResults": 101}, "ParameterValidationError"),
        ("ListHITs", {"NextToken": "x"}, "ParameterValidationError"),
        ("UpdateExpirationForHIT", {"HITId": "3", "ExpireAt": "2026-11-30T07:00:00Z"}, "ParameterValidationError"),
        ("ListAssignmentsForHIT", {"HITId": "3", "AssignmentStatuses": ["Working"]}, "ParameterValidationError"),
        ("SendBonus", {"WorkerId": "A1", "BonusAmount": "1.234", "AssignmentId": "3", "Reason": "x"}, "Parameter"),
        ("SendBonus", {"WorkerId": "B1", "BonusAmount": "1", "AssignmentId": "3", "Reason": "x"}, "Parameter"),
        ("CreateHIT", {}, "UnknownOperationException"),
        ("Nothing", {}, "UnknownOperationException"),
        ("GetHIT", None, "ValidationException"),
    ],
)
def test_a_request_of_another_shape_is_refused(server: MTurkServer, operation: str, body: Any, kind: str) -> None:
    status, answer = ask(server, operation, body)
    assert status == 400
    assert answer["__type"].startswith(kind)


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(TurkError, match="not JSON"):
        read("GetHIT", b"{")


@pytest.mark.parametrize(
    "answer",
    [
        {"AvailableBalance": 3},
        {"AvailableBalance": "three"},
        {"AvailableBalance": "1.00", "Currency": "USD"},
    ],
)
def test_the_server_may_answer_nothing_that_the_service_would_not(answer: dict[str, Any]) -> None:
    with pytest.raises(Defect):
        write("GetAccountBalance", answer)


def test_its_operations_are_the_services() -> None:
    assert OPERATIONS.keys() <= set(MODEL.operation_names)


def test_times_go_as_numbers(server: MTurkServer, platform: MTurkPlatform) -> None:
    hit_id = platform.post(a_posting()).external_id
    _, answer = ask(server, "GetHIT", {"HITId": hit_id})
    assert answer["HIT"]["Expiration"] - answer["HIT"]["CreationTime"] == 86400


def test_a_page_leads_to_the_next_of_its_own_list(
    server: MTurkServer, platform: MTurkPlatform, access_with: Callable[..., Access]
) -> None:
    for _ in range(12):
        hit_id = platform.post(a_posting()).external_id
    client = access_with().turk()
    first = client.list_hits()
    assert (first["NumResults"], len(first["HITs"])) == (10, 10)
    second = client.list_hits(NextToken=first["NextToken"])
    assert (second["NumResults"], "NextToken" in second) == (2, False)
    with pytest.raises(ClientError, match="NextToken"):
        client.list_assignments_for_hit(HITId=hit_id, NextToken=first["NextToken"])


def test_a_place_goes_its_way(server: MTurkServer, platform: MTurkPlatform, access_with: Any) -> None:
    client, workers = access_with().turk(), server.workers
    hit_id = platform.post(a_posting(num_places=2, seconds_allowed=60)).external_id

    def hit() -> tuple[str, int, int, int]:
        found = client.get_hit(HITId=hit_id)["HIT"]
        numbers = (found[f"NumberOfAssignments{name}"] for name in ("Available", "Pending", "Completed"))
        return found["HITStatus"], *numbers

    assert hit() == ("Assignable", 2, 0, 0)
    first, second = workers.accept(hit_id, "A1"), workers.accept(hit_id, "A2")
    assert hit() == ("Unassignable", 0, 2, 0)
    with pytest.raises(NotPossible, match="no more available"):
        workers.accept(hit_id, "A3")
    with pytest.raises(ClientError, match="can be called with a status of: Submitted"):
        client.approve_assignment(AssignmentId=first.assignment_id)
    workers.give_back(first.assignment_id)
    server.advance(seconds=60)
    assert (first.status, second.status, hit()) == ("Returned", "Abandoned", ("Assignable", 2, 0, 0))
    with pytest.raises(NotPossible, match="time is over"):
        workers.submit([("assignmentId", second.assignment_id), ("x", "y")])
    again, third = workers.accept(hit_id, "A1"), workers.accept(hit_id, "A3")
    for each in (again, third):
        workers.submit([("assignmentId", each.assignment_id), ("x", "y")])
    assert hit() == ("Reviewable", 0, 0, 0)
    with pytest.raises(ClientError, match="wrong state"):
        client.delete_hit(HITId=hit_id)
    client.approve_assignment(AssignmentId=again.assignment_id)
    client.reject_assignment(AssignmentId=third.assignment_id, RequesterFeedback="empty")
    assert hit() == ("Reviewable", 0, 0, 2)
    client.delete_hit(HITId=hit_id)
    assert client.list_hits()["HITs"] == []
    with pytest.raises(ClientError, match="no longer be overridden"):
        client.approve_assignment(AssignmentId=third.assignment_id, OverrideRejection=True)


def test_a_worker_has_one_place_of_a_hit(server: MTurkServer, platform: MTurkPlatform) -> None:
    hit_id = platform.post(a_posting()).external_id
    server.workers.accept(hit_id, "A1")
    with pytest.raises(NotPossible, match="already worked"):
        server.workers.accept(hit_id, "A1")


def browse(server: MTurkServer, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    connection.request("GET" if form is None else "POST", path, form and urlencode(form), headers)
    answer = connection.getresponse()
    result = answer.status, answer.read().decode()
    connection.close()
    return result


def test_workers_preview_accept_and_submit_in_a_frame(server: MTurkServer, platform: MTurkPlatform) -> None:
    posted = platform.post(a_posting())
    status, page = browse(server, f"/mturk/preview?hitId={posted.external_id}&workerId=A1")
    assert status == 200
    assert "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE" in page
    status, page = browse(server, "/mturk/accept", {"hitId": posted.external_id, "workerId": "A1"})
    (assignment_id,) = server.account.hits[posted.external_id].assignments
    address = urlsplit(server.workers.address(assignment_id))
    assert address.query.replace("&", "&amp;") in page
    assert parse_qs(address.query) == {
        "grid": ["1"],
        "batch": ["2"],
        "assignmentId": [assignment_id],
        "hitId": [posted.external_id],
        "workerId": ["A1"],
        "turkSubmitTo": [server.address],
    }
    form = {"assignmentId": assignment_id, "completion_code": "<C&1>"}
    assert browse(server, "/mturk/externalSubmit", form)[0] == 200
    assert browse(server, "/mturk/externalSubmit", form)[0] == 400
    assert [each.completion_code for each in platform.submissions(posted.external_id)] == ["<C&1>"]


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/mturk/externalSubmit", {"assignmentId": "3X", "x": "y"}, 400),
        ("/mturk/externalSubmit", {}, 400),
        ("/mturk/accept", {"hitId": "3X"}, 400),
        ("/mturk/accept", {"hitId": "3X", "workerId": "A1"}, 400),
        ("/mturk/return", {"assignmentId": "3X"}, 400),
        ("/mturk/nothing", {}, 404),
    ],
)
def test_a_worker_is_told_what_is_not_possible(
    server: MTurkServer, path: str, form: dict[str, str], status: int
) -> None:
    assert browse(server, path, form)[0] == status


def test_a_form_of_nothing_but_the_assignment_is_refused(server: MTurkServer, platform: MTurkPlatform) -> None:
    taken = server.workers.accept(platform.post(a_posting()).external_id, "A1")
    assert browse(server, "/mturk/externalSubmit", {"assignmentId": taken.assignment_id})[0] == 400


def test_a_place_can_be_given_back_in_the_page(server: MTurkServer, platform: MTurkPlatform) -> None:
    taken = server.workers.accept(platform.post(a_posting()).external_id, "A1")
    assert browse(server, "/mturk/return", {"assignmentId": taken.assignment_id})[0] == 200
    assert taken.status == "Returned"
