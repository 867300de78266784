"""Your own people, by invitation link. Links are signed, hold no secret and need no account."""

from dataclasses import dataclass
from typing import Any

from django.core import signing

from annotation.errors import NotYours
from annotation.models import Assignment, Enrolment, Invitation, Worker

INVITATION_SALT = "annotation.invitation"
ENROLMENT_SALT = "annotation.enrolment"
ASSIGNMENT_SALT = "annotation.assignment"
WORKER_SALT = "annotation.worker"
INCOMPLETE = "This link is not complete. Copy the whole link, or ask for a new one."


class LocalPlatform:
    """Workers who are given a link."""

    name = "local"

    def invitation_path(self, invitation: Invitation) -> str:
        return f"/join/{invitation_token(invitation)}/"


@dataclass(frozen=True)
class AssignmentClaim:
    """What a work link says: this assignment, held by this worker, whose links bear this number."""

    assignment_id: int
    worker_id: int
    link_number: int

    @property
    def worker(self) -> Worker:
        """As far as the link knows them; nothing is read."""
        return Worker(pk=self.worker_id, link_number=self.link_number)


def invitation_token(invitation: Invitation) -> str:
    return signing.dumps(invitation.pk, salt=INVITATION_SALT)


def read_invitation(token: str) -> int:
    """The id of the invitation."""
    return int(_read(token, INVITATION_SALT))


def assignment_token(assignment: Assignment) -> str:
    """The same whenever it is asked for: a page fetched ahead is known again by it, and its pictures stay cached."""
    worker = assignment.worker
    assert worker is not None
    return signing.Signer(salt=ASSIGNMENT_SALT).sign_object([assignment.pk, worker.pk, worker.link_number])


def read_assignment_token(token: str) -> AssignmentClaim:
    try:
        assignment_id, worker_id, link_number = signing.Signer(salt=ASSIGNMENT_SALT).unsign_object(token)
    except signing.BadSignature as error:
        raise NotYours(INCOMPLETE) from error
    return AssignmentClaim(assignment_id, worker_id, link_number)


def enrolment_token(enrolment: Enrolment) -> str:
    """For the personal link, by which a worker goes on in a study on any device."""
    return signing.dumps([enrolment.pk, enrolment.worker.link_number], salt=ENROLMENT_SALT)


def read_enrolment_token(token: str) -> tuple[int, int]:
    """The ids of the enrolment and of the worker's links."""
    enrolment_id, link_number = _read(token, ENROLMENT_SALT)
    return enrolment_id, link_number


def worker_token(worker: Worker) -> str:
    """For the cookie by which a browser is known again."""
    return signing.dumps([worker.pk, worker.link_number], salt=WORKER_SALT)


def read_worker_token(token: str) -> tuple[int, int]:
    """The id of the worker and the number of their links."""
    worker_id, link_number = _read(token, WORKER_SALT)
    return worker_id, link_number


def _read(token: str, salt: str) -> Any:
    try:
        return signing.loads(token, salt=salt)
    except signing.BadSignature as error:
        raise NotYours(INCOMPLETE) from error
