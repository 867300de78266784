"""Your own people, by invitation link. Links are signed, hold no secret and need no account."""

from dataclasses import dataclass
from typing import Any

from django.core import signing

from annotation.errors import NotYours
from annotation.models import Assignment, Batch

INVITATION_SALT = "annotation.invitation"
ASSIGNMENT_SALT = "annotation.assignment"


class LocalPlatform:
    """Workers who are given a link."""

    name = "local"

    def invitation_path(self, batch: Batch) -> str:
        return f"/join/{invitation_token(batch)}/"


@dataclass(frozen=True)
class AssignmentClaim:
    """What a work link says: this assignment, held by this worker."""

    assignment_id: int
    worker_id: int


def invitation_token(batch: Batch) -> str:
    return signing.dumps(batch.pk, salt=INVITATION_SALT)


def read_invitation(token: str) -> int:
    """The id of the batch that the link invites to."""
    return int(_read(token, INVITATION_SALT))


def assignment_token(assignment: Assignment) -> str:
    return signing.dumps([assignment.pk, assignment.worker_id], salt=ASSIGNMENT_SALT)


def read_assignment_token(token: str) -> AssignmentClaim:
    assignment_id, worker_id = _read(token, ASSIGNMENT_SALT)
    return AssignmentClaim(assignment_id, worker_id)


def _read(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt)
    except signing.BadSignature as error:
        raise NotYours("This link is not complete. Copy the whole link, or ask for a new one.") from error
