"""The other side: workers who look at a HIT, accept it, and hand in what they were shown in a frame."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from xml.sax.saxutils import escape

from tests.fakes.mturk.account import Account, Assignment
from tests.fakes.mturk.hits import external_address
from tests.fakes.mturk.qualifications import meets

ANSWERS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd"
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"


class NotPossible(Exception):
    """What the worker's page says instead."""


class Workers:
    """What anybody at a browser can do; `origin` is where their forms go."""

    def __init__(self, account: Account, origin: str) -> None:
        self._account, self.origin = account, origin

    def preview(self, hit_id: str) -> str:
        return self._with(hit_id, [("assignmentId", PREVIEW), ("hitId", hit_id)])

    def accept(self, hit_id: str, worker_id: str) -> Assignment:
        hit, now = self._account.hit(hit_id), self._account.clock.now()
        mine = [each for each in hit.assignments.values() if each.worker_id == worker_id]
        if not meets(self._account, worker_id, hit.kind["QualificationRequirements"]):
            raise NotPossible("You do not have the Qualifications required for this HIT.")
        if any(each.status not in ("Returned", "Abandoned") for each in mine):
            raise NotPossible("You have already worked on this HIT.")
        if hit.status(now) != "Assignable":
            raise NotPossible("There are no more available HITs in this group.")
        assignment = Assignment(
            assignment_id=self._account.new_id(),
            worker_id=worker_id,
            accepted_at=now,
            deadline=now + timedelta(seconds=hit.kind["AssignmentDurationInSeconds"]),
        )
        hit.assignments[assignment.assignment_id] = assignment
        self._account.hit_of[assignment.assignment_id] = hit
        self._account.hold(hit)
        self._account.happened("AssignmentAccepted", hit, assignment)
        return assignment

    def address(self, assignment_id: str) -> str:
        """Of the frame: the question's own address and who comes."""
        hit, assignment = self._account.assignment(assignment_id)
        given = [
            ("assignmentId", assignment_id),
            ("hitId", hit.hit_id),
            ("workerId", assignment.worker_id),
            ("turkSubmitTo", self.origin),
        ]
        return self._with(hit.hit_id, given)

    def give_back(self, assignment_id: str) -> None:
        hit, assignment = self._account.assignment(assignment_id)
        if assignment.status != "Accepted":
            raise NotPossible("This HIT can't be returned any more.")
        assignment.status = "Returned"
        self._account.hold(hit)
        self._account.happened("AssignmentReturned", hit, assignment)
        self._account.settle(hit)

    def submit(self, fields: Iterable[tuple[str, str]]) -> None:
        """What the form in the frame posts to /mturk/externalSubmit."""
        fields = list(fields)
        assignment_id = dict(fields).get("assignmentId", "")
        answers = [(name, value) for name, value in fields if name != "assignmentId"]
        if assignment_id not in self._account.hit_of or not answers:
            raise NotPossible("There was a problem submitting your results for this HIT.")
        hit, assignment = self._account.assignment(assignment_id)
        if assignment.status != "Accepted":
            raise NotPossible("This HIT was submitted before, returned, or its time is over.")
        now = self._account.clock.now()
        assignment.status, assignment.submitted_at = "Submitted", now
        assignment.auto_approval_at = now + timedelta(seconds=hit.kind["AutoApprovalDelayInSeconds"])
        assignment.answer = answer_of(answers)
        self._account.happened("AssignmentSubmitted", hit, assignment)
        self._account.settle(hit)

    def _with(self, hit_id: str, given: list[tuple[str, str]]) -> str:
        parts = urlsplit(external_address(self._account.hit(hit_id).question))
        query = parse_qsl(parts.query, keep_blank_values=True) + given
        return urlunsplit(parts._replace(query=urlencode(query)))


def answer_of(fields: list[tuple[str, str]]) -> str:
    answers = "".join(
        f"<Answer><QuestionIdentifier>{escape(name)}</QuestionIdentifier><FreeText>{escape(value)}</FreeText></Answer>"
        for name, value in fields
    )
    return (
        f'<?xml version="1.0" encoding="ASCII"?><QuestionFormAnswers xmlns="{ANSWERS}">{answers}</QuestionFormAnswers>'
    )
