"""People on Prolific: they take a place, are sent to the study's address, and come back with a code."""

import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.fakes.prolific.account import Account, FakeSubmission, Refusal


@dataclass
class Participant:
    account: Account
    id: str

    def take_place(self, study_id: str) -> FakeSubmission:
        """Their place in the study, or a refusal as its page would give it."""
        account = self.account
        with account.lock:
            study = account.studies[study_id]
            mine = [each for each in account.of_study(study) if each.participant == self.id]
            if study.status != "ACTIVE" or account.places_taken(study) >= study.places:
                raise Refusal(403, "This study has no places left.")
            if mine or not self._is_eligible(study.fields.get("filters") or []):
                raise Refusal(403, "You are not eligible for this study.")
            submission = FakeSubmission(account.new_id(), study, self.id, account.now)
            account.submissions[submission.id] = submission
            account.review_places(study)
            return submission

    def _is_eligible(self, filters: list[dict[str, object]]) -> bool:
        for each in filters:
            selected = each["selected_values"]
            assert isinstance(selected, list)
            is_member = any(self.id in self.account.groups[group].members for group in selected)
            if is_member == (each["filter_id"] == "participant_group_blocklist"):
                return False
        return True

    def address_of(self, submission: FakeSubmission) -> str:
        """Where they are sent, with what Prolific fills in."""
        filled = {
            "{{%PROLIFIC_PID%}}": self.id,
            "{{%STUDY_ID%}}": submission.study.id,
            "{{%SESSION_ID%}}": submission.id,
        }
        address: str = submission.study.fields["external_study_url"]
        for name, value in filled.items():
            address = address.replace(name, value)
        assert not re.search(r"[{}]", address), address
        return address

    def start(self, submission: FakeSubmission) -> str:
        with self.account.lock:
            if submission.status != "RESERVED":
                raise Refusal(403, f"Your submission is {submission.status}.")
            self.account.set_submission_status(submission, "ACTIVE")
        return self.address_of(submission)

    def open(self, submission: FakeSubmission, *, instead: str = "") -> tuple[int, bytes]:
        """Really ask for the page of the study; `instead` is the host that stands in for the one in its address."""
        parts = urlsplit(self.start(submission))
        there = urlsplit(instead) if instead else parts
        kind = http.client.HTTPSConnection if there.scheme == "https" else http.client.HTTPConnection
        connection = kind(there.netloc, timeout=60)
        try:
            connection.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def complete(self, submission: FakeSubmission, code: str) -> None:
        """Come back with a code: one of the study's does what it says, any other waits for the researcher."""
        with self.account.lock:
            if submission.status != "ACTIVE":
                raise Refusal(403, f"Your submission is {submission.status}.")
            submission.code, submission.completed_at = code, self.account.now
            actions = {
                action["action"]
                for each in submission.study.fields["completion_codes"]
                if each["code"] == code
                for action in each["actions"]
            }
            self.account.set_submission_status(submission, "AWAITING REVIEW")
            if "AUTOMATICALLY_APPROVE" in actions:
                self.account.approve(submission)

    def give_back(self, submission: FakeSubmission) -> None:
        self._leave(submission, "RETURNED")

    def run_out_of_time(self, submission: FakeSubmission) -> None:
        self._leave(submission, "TIMED-OUT")

    def _leave(self, submission: FakeSubmission, status: str) -> None:
        with self.account.lock:
            if submission.status in ("APPROVED", "REJECTED"):
                raise Refusal(403, f"Your submission is {submission.status}.")
            self.account.set_submission_status(submission, status)
