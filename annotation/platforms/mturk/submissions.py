"""Assignments and bonuses as the protocol has them, as submissions and payments."""

import re
from typing import Any

from annotation.platforms.mturk.money import minor_units
from annotation.platforms.mturk.texts import TOKEN, completion_code, plain
from annotation.platforms.paid import Payment, Submission, SubmissionState

STATES = {
    "Submitted": SubmissionState.SUBMITTED,
    "Approved": SubmissionState.APPROVED,
    "Rejected": SubmissionState.REJECTED,
}
LONGEST_REASON = 1024
REFERENCE = re.compile(rf"\(reference ({TOKEN.pattern})\)\Z")


def submission(assignment: dict[str, Any]) -> Submission:
    return Submission(
        external_id=assignment["AssignmentId"],
        posting_id=assignment["HITId"],
        worker_id=assignment["WorkerId"],
        state=STATES[assignment["AssignmentStatus"]],
        submitted_at=assignment.get("SubmitTime"),
        completion_code=completion_code(assignment.get("Answer", "")),
    )


def reason_with(token: str, reason: str) -> str:
    """What the worker reads, with the token at its end: nothing else of a bonus comes back that could hold it."""
    reference = f"(reference {token})"
    return f"{plain(reason, limit=LONGEST_REASON - len(reference) - 1, what='reason')} {reference}"


def payment(bonus: dict[str, Any]) -> Payment:
    reference = REFERENCE.search(bonus.get("Reason", ""))
    return Payment(
        token=reference[1] if reference else "",
        worker_id=bonus["WorkerId"],
        submission_id=bonus["AssignmentId"],
        minor_units=minor_units(bonus["BonusAmount"]),
    )
