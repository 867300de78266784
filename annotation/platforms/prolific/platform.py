"""Prolific as one of the paid platforms. A posting is a study: all grids of a batch, of which each worker does some."""

from collections.abc import Callable, Iterator
from datetime import datetime

from annotation.access import is_of_this_machine
from annotation.platforms.paid import (
    Capabilities,
    PaidPlatform,
    Payment,
    PlatformBusy,
    PlatformRefused,
    Posted,
    Posting,
    PostingState,
    Submission,
    SubmissionState,
    Unit,
)
from annotation.platforms.prolific import studies, submissions
from annotation.platforms.prolific.access import Access
from annotation.platforms.prolific.answers import Answer, Fields
from annotation.platforms.prolific.bonuses import BonusBook, BonusDesk
from annotation.platforms.prolific.groups import Groups
from annotation.platforms.prolific.listing import entries
from annotation.platforms.prolific.submissions import RejectionCategory
from annotation.platforms.prolific.transport import Transport, path
from annotation.platforms.prolific.webhooks import Subscriptions

CURRENCIES = ("GBP", "USD")


class ProlificPlatform(PaidPlatform):
    """One account, workspace and project. Whoever makes it closes it."""

    name = "prolific"
    capabilities = Capabilities(
        unit=Unit.BATCH,
        currencies=CURRENCIES,
        is_in_frame=False,
        has_notifications=True,
        has_bonuses=True,
        can_reject=True,
        can_reverse_rejection=True,
        can_pause=True,
        can_block=True,
        has_sandbox=False,
        longest_token=studies.LONGEST_TOKEN,
        shortest_reason=submissions.SHORTEST_MESSAGE,
        pays_by_token=False,
    )

    def __init__(
        self, access: Access, *, book: BonusBook, clock: Callable[[], datetime], transport: Transport | None = None
    ) -> None:
        self._access = access
        self._transport = transport or Transport(access)
        self._bonuses = BonusDesk(self._transport, book, clock)
        self._subscriptions = Subscriptions(self._transport, access.workspace)
        self.groups = Groups(self._transport, access.workspace)

    def close_connections(self) -> None:
        self._transport.close()

    # --- money ------------------------------------------------------------------------------------

    def balance(self) -> tuple[int, str]:
        return self._transport.read(path("workspaces", self._access.workspace, "balance"), _read_balance)

    def fee(self, *, pay_minor_units: int, num_places: int) -> int:
        """By Prolific's own calculator, which knows the account's rate and tax."""
        body = {"reward": pay_minor_units, "total_available_places": num_places}
        cost = self._transport.compute(path("study-cost-calculator"), body, _read_cost)
        fee = cost - pay_minor_units * num_places
        if fee < 0:
            raise PlatformRefused("Prolific calculates a study to cost less than its pay.")
        return fee

    # --- studies ----------------------------------------------------------------------------------

    def post(self, posting: Posting) -> Posted:
        """A draft of this token that is there, left by a call that was cut short, is published."""
        return self.publish(self.draft(posting).external_id)

    def draft(self, posting: Posting) -> Posted:
        """All but published: no worker sees it, and no money is set aside. That of the token where there is one."""
        local_too = is_of_this_machine(self._access.endpoint)
        body = studies.body(posting, project=self._access.project, local_too=local_too)
        found = self.find(posting.token)
        if found is not None:
            return found
        self._check_currency(posting.currency)
        created = self._transport.change("POST", path("studies"), body, studies.read)
        # Should the list have been behind, or another process at the same work, there are two drafts: one is published.
        return self.find(posting.token) or created

    def publish(self, posted_id: str) -> Posted:
        posted, status = self._study(posted_id)
        if status == "UNPUBLISHED":
            return self._transition(posted_id, "PUBLISH")
        if posted.state is PostingState.DRAFT:
            raise PlatformRefused("The study is to be published at a time that was set at Prolific.")
        return posted

    def find(self, token: str) -> Posted | None:
        """Should there be several: one that workers saw, then the oldest (ids begin with their time)."""
        studies.internal_name(token)
        found = [each for each in self.postings() if each.token == token]
        return min(found, key=lambda each: (each.state is PostingState.DRAFT, each.external_id), default=None)

    def postings(self) -> Iterator[Posted]:
        """Of the project: a researcher's other projects are no business of Twinset's."""
        listed = path("projects", self._access.project, "studies")
        yield from entries(self._transport, listed, studies.posted, ordering="date_created")

    def extend(self, posted_id: str, *, num_places: int, token: str) -> Posted:
        """Also opens a study again that was closed, or whose places were all taken."""
        posted, status = self._study(posted_id)
        _not_while_publishing(status)
        if posted.num_places >= num_places:
            return posted
        body = {"total_available_places": num_places}
        return self._transport.change("PATCH", path("studies", posted_id), body, studies.read)

    def pause(self, posted_id: str) -> None:
        _, status = self._study(posted_id)
        _not_while_publishing(status)
        if status == "ACTIVE":
            self._transition(posted_id, "PAUSE")
        elif status == "SCHEDULED":
            self._transition(posted_id, "CANCEL_PUBLISH")

    def resume(self, posted_id: str) -> None:
        posted, status = self._study(posted_id)
        if status == "PAUSED":
            self._transition(posted_id, "START")
        elif posted.state is not PostingState.OPEN and status != "AWAITING REVIEW":  # full: nothing was paused
            raise PlatformRefused("The study is not paused. Raise its places to open a closed one.")

    def close(self, posted_id: str) -> None:
        """A draft of Twinset's is deleted: nobody saw it, and a later `post` must not find it."""
        posted, status = self._study(posted_id)
        _not_while_publishing(status)
        if status in ("ACTIVE", "PAUSED"):
            self._transition(posted_id, "STOP")
        elif status == "SCHEDULED":
            self._transition(posted_id, "CANCEL_PUBLISH")
        elif status == "UNPUBLISHED" and posted.token:
            self._transport.change("DELETE", path("studies", posted_id), None, lambda answer: None)

    def _study(self, posted_id: str) -> tuple[Posted, str]:
        return self._transport.read(path("studies", posted_id), studies.read_status)

    def _transition(self, posted_id: str, action: str) -> Posted:
        return self._transport.change(
            "POST", path("studies", posted_id, "transition"), {"action": action}, studies.read
        )

    def _check_currency(self, currency: str) -> None:
        _, account = self.balance()
        if currency != account:
            raise PlatformRefused(f"Prolific pays in the workspace's currency, {account}; this is in {currency[:10]}.")

    # --- submissions ------------------------------------------------------------------------------

    def submissions(self, posted_id: str) -> Iterator[Submission]:
        path(posted_id)

        def read(fields: Fields) -> Submission:
            return submissions.listed(fields, posting_id=posted_id)

        yield from entries(self._transport, path("submissions"), read, study=posted_id, ordering="started_at")

    def approve(self, submission_id: str) -> None:
        status = self._bonuses.detail(submission_id).status
        if submissions.STATES[status] is SubmissionState.APPROVED:
            return
        if status == "REJECTED":
            status = self._decide(submission_id, {"action": "UNREJECT"})
        if submissions.STATES[status] is not SubmissionState.APPROVED:
            self._decide(submission_id, {"action": "APPROVE"})

    def reject(self, submission_id: str, *, reason: str, category: RejectionCategory = RejectionCategory.OTHER) -> None:
        body = submissions.rejection(reason, category)
        if self._bonuses.detail(submission_id).status != "REJECTED":
            self._decide(submission_id, body)

    def request_return(self, submission_id: str, *, reason: str) -> None:
        """Ask the worker to give it back instead of rejecting it, which would stay in their record."""
        detail = self._bonuses.detail(submission_id)
        if not detail.is_return_requested and submissions.STATES[detail.status] is not SubmissionState.RETURNED:
            body = {"request_return_reasons": [reason]}
            asked = path("submissions", submission_id, "request-return")
            self._transport.change("POST", asked, body, lambda answer: None)

    def _decide(self, submission_id: str, body: dict[str, str]) -> str:
        decided = path("submissions", submission_id, "transition")
        return self._transport.change("POST", decided, body, submissions.read_status)

    def subscribe(self, address: str) -> None:
        """Have notifications sent there; see `webhooks.notification` for reading them."""
        self._subscriptions.subscribe(address)

    def unsubscribe(self, address: str) -> None:
        self._subscriptions.unsubscribe(address)

    # --- bonuses and blocks -----------------------------------------------------------------------

    def bonus(self, payment: Payment, *, currency: str, reason: str) -> None:
        """The reason stays here: Prolific tells workers no more than the amount."""
        self._check_currency(currency)
        self._bonuses.pay(payment)

    def bonuses(self, posted_id: str) -> Iterator[Payment]:
        """One request a submission. Prolific keeps no tokens: they are empty, and only amounts can be compared."""
        for each in list(self.submissions(posted_id)):
            for amount in self._bonuses.detail(each.external_id).bonuses:
                yield Payment(token="", worker_id=each.worker_id, submission_id=each.external_id, minor_units=amount)

    def block(self, worker_id: str, *, group: str) -> None:
        self.groups.add(group, [worker_id])

    def unblock(self, worker_id: str, *, group: str) -> None:
        self.groups.remove(group, [worker_id])

    def group(self, name: str, *, description: str) -> str:
        """Participants see neither text, and Prolific keeps the name only."""
        return self.groups.make(name)


def _not_while_publishing(status: str) -> None:
    if status == "PUBLISHING":
        raise PlatformBusy("Prolific is still publishing the study. Try again in a minute.", retry_after=60)


def _read_balance(answer: Answer) -> tuple[int, str]:
    fields = answer.fields()
    return fields.whole_or_debt("available_balance"), fields.text("currency_code")


def _read_cost(answer: Answer) -> int:
    return answer.fields().whole_above("total_cost")
