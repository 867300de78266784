"""Your own people, by invitation link. Links are signed, hold no secret and need no account."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.translation import gettext_lazy

from annotation.errors import NotYours
from annotation.models import Assignment, Enrolment, Invitation, Worker

# Other names than those of links that were made before invitations had rows: such a link named a batch, and must not
# open the invitation that happens to have its number.
INVITATION_SALT = "annotation.link.invitation"
ENROLMENT_SALT = "annotation.link.enrolment"
ASSIGNMENT_SALT = "annotation.link.assignment"
PRACTICE_SALT = "annotation.link.practice"
WORKER_SALT = "annotation.link.worker"
INCOMPLETE = gettext_lazy("This link is not complete. Copy the whole link, or ask for a new one.")


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
    arrival_id: int | None = None
    """By which submission they came, where a platform sent them."""

    @property
    def worker(self) -> Worker:
        """As far as the link knows them; nothing is read."""
        return Worker(pk=self.worker_id, link_number=self.link_number)


def invitation_token(invitation: Invitation) -> str:
    return _signed(invitation.pk, INVITATION_SALT)


def read_invitation(token: str) -> int:
    """The id of the invitation."""
    return int(_read(token, INVITATION_SALT))


def assignment_token(assignment: Assignment, *, arrival_id: int | None = None) -> str:
    worker = assignment.worker
    assert worker is not None
    came_by = [] if arrival_id is None else [arrival_id]
    return _signed([assignment.pk, worker.pk, worker.link_number, *came_by], ASSIGNMENT_SALT)


def read_assignment_token(token: str) -> AssignmentClaim:
    return AssignmentClaim(*_read(token, ASSIGNMENT_SALT))


def enrolment_token(enrolment: Enrolment) -> str:
    """For the personal link, by which a worker goes on in a study on any device."""
    return _signed([enrolment.pk, enrolment.worker.link_number], ENROLMENT_SALT)


def read_enrolment_token(token: str) -> tuple[int, int]:
    """The ids of the enrolment and of the worker's links."""
    enrolment_id, link_number = _read(token, ENROLMENT_SALT)
    return enrolment_id, link_number


def practice_token(enrolment: Enrolment, *, arrival_id: int) -> str:
    """For the practice of who comes from elsewhere: it opens nothing else, as anybody can write such an address."""
    return _signed([enrolment.pk, enrolment.worker.link_number, arrival_id], PRACTICE_SALT)


def read_practice_token(token: str) -> tuple[int, int, int]:
    """The ids of the enrolment, of the worker's links and of how they came."""
    enrolment_id, link_number, arrival_id = _read(token, PRACTICE_SALT)
    return enrolment_id, link_number, arrival_id


def worker_token(worker: Worker) -> str:
    """For the cookie by which a browser is known again."""
    return _signed([worker.pk, worker.link_number], WORKER_SALT)


def read_worker_token(token: str) -> tuple[int, int]:
    """The id of the worker and the number of their links."""
    worker_id, link_number = _read(token, WORKER_SALT)
    return worker_id, link_number


def _signed(value: Any, salt: str) -> str:
    """The same whenever it is asked for, so that what is printed is what is shown, and a page is known again by it."""
    return signing.Signer(salt=salt).sign_object(value)


def _read(token: str, salt: str) -> Any:
    try:
        return signing.Signer(salt=salt).unsign_object(token)
    except signing.BadSignature as error:
        raise NotYours(str(INCOMPLETE)) from error
