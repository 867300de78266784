"""What Prolific does with submissions, and with bonuses for them."""

from decimal import Decimal
from typing import Any

from tests.fakes.prolific.account import Account, FakeOrder, FakeSubmission, Refusal, with_fee
from tests.fakes.prolific.studies import found as found_study

Json = dict[str, Any]
DECISIONS = {
    ("AWAITING REVIEW", "APPROVE"): "APPROVED",
    ("AWAITING REVIEW", "REJECT"): "REJECTED",
    ("REJECTED", "UNREJECT"): "AWAITING REVIEW",
    ("RETURNED", "UNRETURN"): "AWAITING REVIEW",
}
DONE = {"APPROVE": "APPROVED", "REJECT": "REJECTED"}


def found(account: Account, submission_id: str) -> FakeSubmission:
    if submission_id not in account.submissions:
        raise Refusal(404, "Not found.")
    return account.submissions[submission_id]


def listed(account: Account, study_id: str) -> list[FakeSubmission]:
    return sorted(account.of_study(found_study(account, study_id)), key=lambda each: (each.started_at, each.id))


def described_shortly(submission: FakeSubmission) -> Json:
    return {
        "id": submission.id,
        "participant_id": submission.participant,
        "status": submission.status,
        "started_at": submission.started_at.isoformat(),
        "completed_at": submission.completed_at and submission.completed_at.isoformat(),
        "has_siblings": False,
        "study_code": submission.code,
        "return_requested": submission.return_requested and submission.return_requested.isoformat(),
    }


def described(submission: FakeSubmission) -> Json:
    return {
        "id": submission.id,
        "participant": submission.participant,
        "status": submission.status,
        "started_at": submission.started_at.isoformat(),
        "completed_at": submission.completed_at and submission.completed_at.isoformat(),
        "entered_code": submission.code,
        "study_id": submission.study.id,
    }


def described_in_full(submission: FakeSubmission) -> Json:
    return described(submission) | {
        "parent_study_id": None,
        "bonus_payments": [float(amount) for amount in submission.bonuses],
        "return_requested": submission.return_requested and submission.return_requested.isoformat(),
    }


def decide(account: Account, submission_id: str, body: Json) -> Json:
    """Asked for what is so already, it does nothing."""
    submission, action = found(account, submission_id), body["action"]
    becomes = DECISIONS.get((submission.status, action))
    if becomes is None:
        if DONE.get(action) != submission.status:
            raise Refusal(400, f"You can not {action} a submission that is {submission.status}.")
    elif becomes == "APPROVED":
        account.approve(submission)
    else:
        submission.message = body.get("message", "")
        account.set_submission_status(submission, becomes)
    return described(submission)


def request_return(account: Account, submission_id: str, body: Json) -> Json:
    submission = found(account, submission_id)
    if submission.status not in ("ACTIVE", "AWAITING REVIEW"):
        raise Refusal(400, f"A submission that is {submission.status} can not be returned.")
    submission.return_requested, submission.message = account.now, "; ".join(body["request_return_reasons"])
    return {
        "id": submission.id,
        "status": submission.status,
        "participant": submission.participant,
        "return_requested": submission.return_requested.isoformat(),
    }


def set_up_bonuses(account: Account, body: Json) -> Json:
    study, lines = found_study(account, body["study_id"]), []
    of_study = {each.id: each for each in account.of_study(study)} | {
        each.participant: each for each in account.of_study(study)
    }
    for line in body["csv_bonuses"].split():
        who, amount = line.split(",")
        if who not in of_study:
            raise Refusal(400, {"csv_bonuses": [f"{who} has not taken part in this study."]})
        lines.append((of_study[who], int(Decimal(amount) * 100)))
    order = FakeOrder(account.new_id(), study, lines)
    account.orders[order.id] = order
    amount = sum(amount for _, amount in lines)
    total = sum(with_fee(amount) for _, amount in lines)
    return {
        "id": order.id,
        "study": study.id,
        "amount": float(amount),
        "fees": float(total - amount),
        "vat": 0.0,
        "total_amount": float(total),
    }


def order_bonuses(account: Account, order_id: str) -> str:
    """As often as it is asked to, like Prolific."""
    if order_id not in account.orders:
        raise Refusal(404, "Not found.")
    order = account.orders[order_id]
    if sum(with_fee(amount) for _, amount in order.lines) > account.available_balance:
        raise Refusal(400, "Not enough funds in the workspace balance.", code=140100)
    account.ordered.append(order)
    if account.settles_at_once:
        account.settle()
    return "Successfully received bonus payments request."
