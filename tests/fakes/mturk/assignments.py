"""Assignments and bonuses, from the requester's side."""

from datetime import timedelta
from typing import Any

from tests.fakes.mturk.account import HIT, Account, Assignment, fee_of
from tests.fakes.mturk.hits import shown as shown_hit
from tests.fakes.mturk.operations import Parameters, check_text, check_token, operation, page
from tests.fakes.mturk.protocol import invalid, refusal

HANDED_IN = ("Submitted", "Approved", "Rejected")
OVERRIDE_LASTS = timedelta(days=30)


@operation("ListAssignmentsForHIT")
def list_assignments(account: Account, parameters: Parameters) -> dict[str, Any]:
    hit = account.hit(parameters["HITId"])
    wanted = parameters.get("AssignmentStatuses") or HANDED_IN
    found = (each for each in hit.assignments.values() if each.status in wanted)
    rows, result = page(found, parameters, of=f"ListAssignmentsForHIT{hit.hit_id}")
    return result | {"Assignments": [shown(hit, each) for each in rows]}


@operation("GetAssignment")
def get_assignment(account: Account, parameters: Parameters) -> dict[str, Any]:
    hit, assignment = account.assignment(parameters["AssignmentId"])
    _need_state(assignment, HANDED_IN)
    return {"Assignment": shown(hit, assignment), "HIT": shown_hit(hit, account)}


@operation("ApproveAssignment")
def approve(account: Account, parameters: Parameters) -> dict[str, Any]:
    check_text(parameters, "RequesterFeedback", 1024, least=0)
    hit, assignment = account.assignment(parameters["AssignmentId"])
    now = account.clock.now()
    if parameters.get("OverrideRejection"):
        _need_state(assignment, ("Submitted", "Rejected"))
    else:
        _need_state(assignment, ("Submitted",))
    if assignment.status == "Rejected":
        assert assignment.submitted_at
        if hit.is_disposed or now - assignment.submitted_at > OVERRIDE_LASTS:
            raise refusal("InvalidAssignmentState", "The rejection can no longer be overridden.")
        account.need(hit.cost)
    assignment.feedback = parameters.get("RequesterFeedback", "")
    account.pay(hit, assignment, at=now)
    return {}


@operation("RejectAssignment")
def reject(account: Account, parameters: Parameters) -> dict[str, Any]:
    check_text(parameters, "RequesterFeedback", 1024)
    hit, assignment = account.assignment(parameters["AssignmentId"])
    _need_state(assignment, ("Submitted",))
    assignment.status, assignment.rejected_at = "Rejected", account.clock.now()
    assignment.feedback = parameters["RequesterFeedback"]
    account.hold(hit)
    account.happened("AssignmentRejected", hit, assignment)
    return {}


@operation("SendBonus")
def send_bonus(account: Account, parameters: Parameters) -> dict[str, Any]:
    check_token(account, "SendBonus", parameters)
    check_text(parameters, "Reason", 1024)
    _, assignment = account.assignment(parameters["AssignmentId"])
    if assignment.status not in HANDED_IN:
        raise refusal("AssignmentDoesNotExist", f"Assignment {assignment.assignment_id} does not exist.")
    if assignment.worker_id != parameters["WorkerId"]:
        raise refusal("WorkerDoesNotOwnAssignment", "The worker did not work on this assignment.")
    dollars, _, cents = parameters["BonusAmount"].partition(".")
    amount = int(dollars) * 100 + int(cents.ljust(2, "0"))
    if amount < 1:
        raise invalid("BonusAmount", parameters["BonusAmount"])
    account.need(amount + fee_of(amount, 20))
    account.funds -= amount + fee_of(amount, 20)
    kept = {key: parameters[key] for key in ("WorkerId", "AssignmentId", "BonusAmount", "Reason")}
    account.bonuses.append(kept | {"GrantTime": account.clock.now()})
    account.use("SendBonus", parameters.get("UniqueRequestToken"), assignment.assignment_id)
    return {}


@operation("ListBonusPayments")
def list_bonuses(account: Account, parameters: Parameters) -> dict[str, Any]:
    if assignment_id := parameters.get("AssignmentId"):
        account.assignment(assignment_id)
        wanted = {assignment_id}
    elif hit_id := parameters.get("HITId"):
        wanted = set(account.hit(hit_id).assignments)
    else:
        raise invalid("HITId", "nothing")
    found = (each for each in account.bonuses if each["AssignmentId"] in wanted)
    rows, result = page(found, parameters, of=f"ListBonusPayments{sorted(wanted)[:1]}")
    return result | {"BonusPayments": rows}


def shown(hit: HIT, each: Assignment) -> dict[str, Any]:
    times = {
        "AcceptTime": each.accepted_at,
        "Deadline": each.deadline,
        "SubmitTime": each.submitted_at,
        "AutoApprovalTime": each.auto_approval_at,
        "ApprovalTime": each.approved_at,
        "RejectionTime": each.rejected_at,
    }
    return {
        "AssignmentId": each.assignment_id,
        "WorkerId": each.worker_id,
        "HITId": hit.hit_id,
        "AssignmentStatus": each.status,
        "Answer": each.answer,
        **{key: at for key, at in times.items() if at is not None},
        **({"RequesterFeedback": each.feedback} if each.feedback else {}),
    }


def _need_state(assignment: Assignment, states: tuple[str, ...]) -> None:
    if assignment.status not in states:
        raise refusal("InvalidAssignmentState", f"This operation can be called with a status of: {','.join(states)}")
