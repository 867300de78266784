"""HIT types and HITs."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.fakes.mturk.account import HIT, Account, identifier
from tests.fakes.mturk.operations import Parameters, check_number, check_text, check_token, operation, page
from tests.fakes.mturk.protocol import invalid, refusal

YEAR = 31_536_000
SCHEMA = "{http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd}"
LOOPBACK = {"127.0.0.1", "localhost"}  # the service itself takes https alone


@operation("CreateHITType")
def create_hit_type(account: Account, parameters: Parameters) -> dict[str, Any]:
    check_text(parameters, "Title", 128)
    check_text(parameters, "Description", 2000)
    check_text(parameters, "Keywords", 1000)
    check_number(parameters, "AssignmentDurationInSeconds", 30, YEAR)
    check_number(parameters, "AutoApprovalDelayInSeconds", 0, 2_592_000)
    _check_requirements(account, parameters.get("QualificationRequirements", []))
    kind = {"AutoApprovalDelayInSeconds": 2_592_000, "QualificationRequirements": []} | parameters
    hit_type_id = identifier(hashlib.sha256(json.dumps(kind, sort_keys=True).encode()).hexdigest(), "3")
    account.hit_types.setdefault(hit_type_id, kind)
    return {"HITTypeId": hit_type_id}


@operation("CreateHITWithHITType")
def create_hit(account: Account, parameters: Parameters) -> dict[str, Any]:
    token = parameters.get("UniqueRequestToken")
    if (made := account.used("CreateHIT", token)) is not None:
        raise refusal("HITAlreadyExists", f"The HIT with ID {made} already exists for the request token {token}.")
    kind = account.hit_types.get(parameters["HITTypeId"])
    if kind is None:
        raise refusal("HITTypeDoesNotExist", f"HITType {parameters['HITTypeId']} does not exist.")
    check_number(parameters, "LifetimeInSeconds", 30, YEAR)
    check_number(parameters, "MaxAssignments", 1, 1_000_000_000)
    check_text(parameters, "RequesterAnnotation", 255, least=0)
    external_address(parameters.get("Question", ""))
    now = account.clock.now()
    hit = HIT(
        hit_id=account.new_id(),
        hit_type_id=parameters["HITTypeId"],
        kind=kind,
        created_at=now,
        expires_at=now + timedelta(seconds=parameters["LifetimeInSeconds"]),
        max_assignments=parameters.get("MaxAssignments", 1),
        question=parameters["Question"],
        annotation=parameters.get("RequesterAnnotation"),
    )
    account.need(hit.max_assignments * hit.cost)
    account.hits[hit.hit_id] = hit
    account.hold(hit)
    account.use("CreateHIT", token, hit.hit_id)
    account.happened("HITCreated", hit)
    return {"HIT": shown(hit, account)}


@operation("GetHIT")
def get_hit(account: Account, parameters: Parameters) -> dict[str, Any]:
    return {"HIT": shown(account.hit(parameters["HITId"]), account)}


@operation("ListHITs")
def list_hits(account: Account, parameters: Parameters) -> dict[str, Any]:
    rows, result = page(reversed(list(account.listed())), parameters, of="ListHITs")
    return result | {"HITs": [shown(account.settle(hit), account) for hit in rows]}


@operation("DeleteHIT")
def delete_hit(account: Account, parameters: Parameters) -> dict[str, Any]:
    hit = account.hit(parameters["HITId"])
    if hit.status(account.clock.now()) != "Reviewable" or hit.count("Submitted"):
        raise refusal("InvalidHITState", "This HIT is currently in the wrong state.")
    hit.is_disposed = True
    account.hold(hit)
    account.happened("HITDisposed", hit)
    return {}


@operation("UpdateExpirationForHIT")
def update_expiration(account: Account, parameters: Parameters) -> dict[str, Any]:
    """The service makes a token of its own, of the HIT and the second: the same change is refused a second time."""
    hit = account.hit(parameters["HITId"])
    if hit.is_disposed:
        raise refusal("InvalidHITState", "This HIT is currently in the wrong state.")
    own = f"{hit.hit_id}{parameters['ExpireAt']:%a %b %d %H:%M:%S UTC %Y}"
    check_token(account, "UpdateExpirationForHIT", {"UniqueRequestToken": own})
    account.use("UpdateExpirationForHIT", own, hit.hit_id)
    if parameters["ExpireAt"] > account.clock.now() >= hit.expires_at:
        account.need(hit.cost * hit.num_available)
    hit.expires_at = parameters["ExpireAt"]
    account.settle(hit)
    return {}


@operation("CreateAdditionalAssignmentsForHIT")
def create_additional_assignments(account: Account, parameters: Parameters) -> dict[str, Any]:
    check_token(account, "CreateAdditionalAssignmentsForHIT", parameters)
    check_number(parameters, "NumberOfAdditionalAssignments", 1, 1_000_000_000)
    hit = account.hit(parameters["HITId"])
    more = parameters["NumberOfAdditionalAssignments"]
    if hit.is_disposed:
        raise refusal("InvalidHITState", "This HIT is currently in the wrong state.")
    if hit.max_assignments < 10 <= hit.max_assignments + more:
        raise refusal(
            "InvalidMaximumAssignmentsIncrease",
            "HITs created with fewer than 10 assignments cannot be extended to have 10 or more assignments.",
        )
    account.need(more * hit.cost)
    hit.max_assignments += more
    account.settle(hit)
    account.use("CreateAdditionalAssignmentsForHIT", parameters.get("UniqueRequestToken"), hit.hit_id)
    account.happened("HITExtended", hit)
    return {}


def shown(hit: HIT, account: Account) -> dict[str, Any]:
    return {
        "HITId": hit.hit_id,
        "HITTypeId": hit.hit_type_id,
        "HITGroupId": identifier(hit.hit_type_id, "3"),
        "CreationTime": hit.created_at,
        **{key: hit.kind[key] for key in ("Title", "Description", "Reward", "Keywords") if key in hit.kind},
        **{key: hit.kind[key] for key in ("AutoApprovalDelayInSeconds", "AssignmentDurationInSeconds")},
        "QualificationRequirements": hit.kind["QualificationRequirements"],
        "Question": hit.question,
        "HITStatus": hit.status(account.clock.now()),
        "MaxAssignments": hit.max_assignments,
        "Expiration": hit.expires_at,
        **({} if hit.annotation is None else {"RequesterAnnotation": hit.annotation}),
        "HITReviewStatus": "NotReviewed",
        "NumberOfAssignmentsPending": hit.count("Accepted"),
        "NumberOfAssignmentsAvailable": hit.num_available,
        "NumberOfAssignmentsCompleted": hit.count("Approved", "Rejected"),
    }


def external_address(question: str) -> str:
    """Where the question is shown, if it is one that the service takes."""
    if len(question.encode()) > 65_535:
        raise refusal("InvalidQuestion", "The question is longer than 65535 bytes.")
    try:
        root = ElementTree.fromstring(question.encode())
    except ElementTree.ParseError as error:
        raise refusal("XMLParseError", "There was an error parsing the XML question or answer data.") from error
    address, height = root.findtext(f"{SCHEMA}ExternalURL", ""), root.findtext(f"{SCHEMA}FrameHeight", "")
    if root.tag != f"{SCHEMA}ExternalQuestion" or not height.isdecimal():
        raise refusal("XMLParseError", "The question is not a valid ExternalQuestion.")
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise refusal("InvalidQuestion", "ExternalURL must use the HTTPS protocol.")
    return address


def _check_requirements(account: Account, requirements: list[dict[str, Any]]) -> None:
    if len(requirements) > 10:
        raise invalid("QualificationRequirements", f"{len(requirements)} requirements")
    for each in requirements:
        if each["QualificationTypeId"] not in account.groups:
            raise refusal(
                "QualificationTypeDoesNotExist", f"QualificationType {each['QualificationTypeId']} does not exist."
            )
        if each["Comparator"] in ("Exists", "DoesNotExist") and each.get("IntegerValues"):
            raise invalid("IntegerValues", each["IntegerValues"])
