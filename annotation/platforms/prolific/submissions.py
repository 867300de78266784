"""Places that participants took, as Prolific describes them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from annotation.platforms.paid import PlatformRefused, Submission, SubmissionState, visible
from annotation.platforms.prolific.answers import Answer, Fields, Malformed

SHORTEST_MESSAGE, LONGEST_MESSAGE = 100, 2_000
STATES = {
    "RESERVED": SubmissionState.WORKING,
    "ACTIVE": SubmissionState.WORKING,
    "AWAITING REVIEW": SubmissionState.SUBMITTED,
    "APPROVED": SubmissionState.APPROVED,
    "PARTIALLY APPROVED": SubmissionState.APPROVED,
    "REJECTED": SubmissionState.REJECTED,
    "RETURNED": SubmissionState.RETURNED,
    "TIMED-OUT": SubmissionState.RETURNED,
    "SCREENED OUT": SubmissionState.RETURNED,  # paid by a code of its own, which Twinset gives to no study
}


class RejectionCategory(StrEnum):
    """Why, in Prolific's words."""

    TOO_QUICKLY = "TOO_QUICKLY"
    TOO_SLOWLY = "TOO_SLOWLY"
    FAILED_INSTRUCTIONS = "FAILED_INSTRUCTIONS"
    INCOMP_LONGITUDINAL = "INCOMP_LONGITUDINAL"
    FAILED_CHECK = "FAILED_CHECK"
    LOW_EFFORT = "LOW_EFFORT"
    MALINGERING = "MALINGERING"
    NO_CODE = "NO_CODE"
    BAD_CODE = "BAD_CODE"
    NO_DATA = "NO_DATA"
    UNSUPP_DEVICE = "UNSUPP_DEVICE"
    OTHER = "OTHER"


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One submission by itself: the only place where its bonuses are told."""

    external_id: str
    posting_id: str
    worker_id: str
    status: str
    bonuses: tuple[int, ...]
    """What was paid on top so far, in smallest units."""
    is_return_requested: bool


def listed(fields: Fields, *, posting_id: str) -> Submission:
    """An entry of a study's list, which calls some things otherwise than the submission itself does."""
    return Submission(
        external_id=fields.identifier("id"),
        posting_id=posting_id,
        worker_id=fields.identifier("participant_id"),
        state=_state(fields.text("status")),
        submitted_at=fields.moment("completed_at"),
        completion_code=fields.text("study_code"),
    )


def read_detail(answer: Answer) -> Detail:
    fields = answer.fields()
    status = fields.text("status")
    _state(status)
    return Detail(
        external_id=fields.identifier("id"),
        posting_id=fields.identifier("study_id"),
        worker_id=fields.identifier("participant"),
        status=status,
        bonuses=tuple(fields.wholes("bonus_payments")),
        is_return_requested=fields.has("return_requested"),
    )


def read_status(answer: Answer) -> str:
    status = answer.fields().text("status")
    _state(status)
    return status


def _state(status: str) -> SubmissionState:
    if status not in STATES:
        raise Malformed(f"unknown status {status[:40]!r}")
    return STATES[status]


def rejection(reason: str, category: RejectionCategory) -> dict[str, Any]:
    """Never lengthened here: what the worker reads is what the researcher wrote."""
    message = visible(reason)
    if not SHORTEST_MESSAGE <= len(message) <= LONGEST_MESSAGE:
        raise PlatformRefused(
            f"Prolific wants a reason of {SHORTEST_MESSAGE} to {LONGEST_MESSAGE} characters; here are {len(message)}."
        )
    return {"action": "REJECT", "message": message, "rejection_category": category.value}
