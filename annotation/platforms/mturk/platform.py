"""The platform: each method is a few calls of the protocol, and safe to repeat."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from annotation.platforms.mturk import groups, money, postings, submissions
from annotation.platforms.mturk.access import Access
from annotation.platforms.mturk.calls import TurkRefused, call, pages
from annotation.platforms.mturk.texts import check_token, external_question, plain
from annotation.platforms.paid import (
    Capabilities,
    Payment,
    PlatformBusy,
    PlatformRefused,
    Posted,
    Posting,
    PostingState,
    Submission,
    Uncertain,
    Unit,
)

DAY = 24 * 3600
# The platform forgets a token after 24 hours; what was put up before the last listing is known from that, so a listing
# must be younger than this.
LISTING_LASTS = timedelta(hours=12)
# Expired this long ago, so that clocks need not agree; apart, so that the platform takes both within a second.
PAUSED, CLOSED = timedelta(minutes=1), timedelta(minutes=2)
ENTITY = re.compile(r"\b[A-Z0-9]{10,64}\b")


class MTurkPlatform:
    """One account, for one call site: it remembers what it has listed, so threads don't share it."""

    name = "mturk"
    capabilities = Capabilities(
        unit=Unit.HIT,
        currencies=(money.CURRENCY,),
        is_in_frame=True,
        has_notifications=True,
        has_bonuses=True,
        can_reject=True,
        can_reverse_rejection=True,
        can_pause=True,  # by expiring and opening again: the platform itself can't tell it from closing
        can_block=True,
        has_sandbox=True,
        longest_token=64,
    )

    def __init__(
        self,
        access: Access,
        *,
        clock: Callable[[], datetime] = timezone.now,
        auto_approval_seconds: int = 7 * DAY,
        resumed_seconds: int = 7 * DAY,
        frame_height: int = 0,
    ) -> None:
        self._access = access
        self._client = access.turk()
        self._clock = clock
        self._auto_approval_seconds = auto_approval_seconds
        self._resumed_seconds = resumed_seconds
        self._frame_height = frame_height
        self._hit_types: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        self._listed_at: datetime | None = None

    # --- money --------------------------------------------------------------------------------------

    def balance(self) -> tuple[int, str]:
        return money.minor_units(call(self._client.get_account_balance)["AvailableBalance"]), money.CURRENCY

    def fee(self, *, pay_minor_units: int, num_places: int) -> int:
        return money.fee(pay_minor_units=pay_minor_units, num_places=num_places)

    # --- postings -----------------------------------------------------------------------------------

    def post(self, posting: Posting) -> Posted:
        """Put it up; one with this token that is there already is returned as it is.

        For 24 hours the platform itself refuses a second one of a token. Where it may be older than that, the first
        posting lists what the account has, a call per hundred HITs.
        """
        postings.check(posting, local_too=self._access.is_local)
        if not posting.is_recent and (known := self._known(posting.token)) is not None:
            return self._posted(self._hit(known))
        hit_type_id = self._hit_type(posting)
        try:
            hit = call(
                self._client.create_hit_with_hit_type,
                HITTypeId=hit_type_id,
                MaxAssignments=posting.num_places,
                LifetimeInSeconds=posting.lasts_seconds,
                Question=external_question(posting.address, frame_height=self._frame_height),
                RequesterAnnotation=posting.token,
                UniqueRequestToken=posting.token,
            )["HIT"]
        except TurkRefused as refused:
            if not refused.is_repeat:
                raise
            hit = self._put_up_before(posting.token, told=str(refused))
        self._tokens[posting.token] = hit["HITId"]
        return self._posted(hit)

    def find(self, token: str) -> Posted | None:
        """Among all that there is: a call per hundred HITs, until it is found."""
        return next((each for each in self.postings() if each.token == token), None)

    def postings(self) -> Iterator[Posted]:
        """All but those that were deleted, which the platform does by itself after 120 days."""
        return (self._posted(hit) for hit in pages(self._client.list_hits, "HITs"))

    def extend(self, posted_id: str, *, num_places: int, token: str) -> Posted:
        """Raise the places to that many in all; never lowers them, nor changes until when they can be taken."""
        check_token(token)
        there = self._posted(self._hit(posted_id))
        if there.num_places >= num_places:
            return there
        if there.num_places < money.MANY_PLACES <= num_places:
            raise PlatformRefused(
                f"MTurk can't extend a HIT of fewer than {money.MANY_PLACES} places to {money.MANY_PLACES} or more; "
                "put up another one."
            )
        more = num_places - there.num_places
        try:
            call(
                self._client.create_additional_assignments_for_hit,
                HITId=posted_id,
                NumberOfAdditionalAssignments=more,
                UniqueRequestToken=token,
            )
        except TurkRefused as refused:
            if not refused.is_repeat:
                raise
            there = self._posted(self._hit(posted_id))
            if there.num_places < num_places:
                raise PlatformRefused("This token was used to extend something else.") from None
            return there
        return replace(there, num_places=num_places)

    def pause(self, posted_id: str) -> None:
        """Expire it: who has a place goes on, nobody takes another. The same as `close`, but meant to be resumed."""
        self._set_expiry(posted_id, self._clock() - PAUSED)

    def resume(self, posted_id: str) -> None:
        """Let places be taken for `resumed_seconds` from now: the platform forgets how long they were to last."""
        if self._posted(self._hit(posted_id)).state is PostingState.CLOSED:
            self._set_expiry(posted_id, self._clock() + timedelta(seconds=self._resumed_seconds))

    def close(self, posted_id: str) -> None:
        self._set_expiry(posted_id, self._clock() - CLOSED)

    # --- submissions --------------------------------------------------------------------------------

    def submissions(self, posted_id: str) -> Iterator[Submission]:
        """Places that were handed in: submitted, approved, rejected.

        The platform lists no place that somebody is working on, has given back or let run out of time; of those only
        notifications tell, and a HIT's number of pending assignments. Nothing is owed for any of them.
        """
        states = list(submissions.STATES)
        rows = pages(self._client.list_assignments_for_hit, "Assignments", HITId=posted_id, AssignmentStatuses=states)
        return map(submissions.submission, rows)

    def approve(self, submission_id: str) -> None:
        """Pay it, whatever it was; a rejection can be taken back for 30 days after it was handed in."""
        try:
            call(self._client.approve_assignment, AssignmentId=submission_id)
        except TurkRefused as refused:
            state = self._state(submission_id, refused)
            if state == "Rejected":
                call(self._client.approve_assignment, AssignmentId=submission_id, OverrideRejection=True)
            elif state != "Approved":
                raise

    def reject(self, submission_id: str, *, reason: str) -> None:
        told = plain(reason, limit=submissions.LONGEST_REASON, what="reason")
        try:
            call(self._client.reject_assignment, AssignmentId=submission_id, RequesterFeedback=told)
        except TurkRefused as refused:
            if self._state(submission_id, refused) != "Rejected":
                raise

    # --- bonuses ------------------------------------------------------------------------------------

    def bonus(self, payment: Payment, *, currency: str, reason: str) -> None:
        """Pay something on top, once per token: what was paid is looked at first, for tokens older than 24 hours."""
        check_token(payment.token)
        money.check_currency(currency)
        told = submissions.reason_with(payment.token, reason)
        if self._was_paid(payment):
            return
        try:
            call(
                self._client.send_bonus,
                WorkerId=payment.worker_id,
                AssignmentId=payment.submission_id,
                BonusAmount=money.dollars(payment.minor_units),
                Reason=told,
                UniqueRequestToken=payment.token,
            )
        except TurkRefused as refused:
            if not refused.is_repeat:
                raise
            if not self._was_paid(payment):
                raise Uncertain("MTurk says that this token was used, but lists no such bonus yet.") from None

    def bonuses(self, posted_id: str) -> Iterator[Payment]:
        rows = pages(self._client.list_bonus_payments, "BonusPayments", HITId=posted_id)
        return map(submissions.payment, rows)

    # --- groups of workers --------------------------------------------------------------------------

    def group(self, name: str, *, description: str) -> str:
        """The id of the account's own group of this name, made where there is none; workers see both texts."""
        return groups.find_or_create(self._client, name=name, description=description)

    def add(self, worker_id: str, *, group: str) -> None:
        """Let the worker belong to the group; no message is sent to them."""
        groups.add(self._client, worker_id=worker_id, group=group)

    def remove(self, worker_id: str, *, group: str) -> None:
        """Let the worker no longer belong to the group; it is no error where they didn't."""
        groups.remove(self._client, worker_id=worker_id, group=group)

    def block(self, worker_id: str, *, group: str) -> None:
        """By membership, never by the platform's own block, which counts against a worker's whole account."""
        self.add(worker_id, group=group)

    def unblock(self, worker_id: str, *, group: str) -> None:
        self.remove(worker_id, group=group)

    # --- what these are made of ---------------------------------------------------------------------

    def _hit(self, hit_id: str) -> dict[str, Any]:
        hit: dict[str, Any] = call(self._client.get_hit, HITId=hit_id)["HIT"]
        return hit

    def _posted(self, hit: dict[str, Any]) -> Posted:
        return postings.posted(hit, now=self._clock())

    def _known(self, token: str) -> str | None:
        now = self._clock()
        if self._listed_at is None or now - self._listed_at > LISTING_LASTS:
            self._tokens = {each.token: each.external_id for each in self.postings()}
            self._listed_at = now
        return self._tokens.get(token)

    def _hit_type(self, posting: Posting) -> str:
        values = postings.hit_type(posting, auto_approval_seconds=self._auto_approval_seconds)
        key = repr(values)
        if key not in self._hit_types:
            hit_type_id = call(self._client.create_hit_type, **values)["HITTypeId"]
            if self._access.queue:
                told = postings.notified(self._access.queue)
                call(self._client.update_notification_settings, HITTypeId=hit_type_id, Notification=told, Active=True)
            self._hit_types[key] = hit_type_id
        return self._hit_types[key]

    def _put_up_before(self, token: str, *, told: str) -> dict[str, Any]:
        """The HIT that the message names, if it is really this one; else the one that is listed."""
        for candidate in dict.fromkeys(ENTITY.findall(told)):
            try:
                hit = self._hit(candidate)
            except TurkRefused:  # not the id of a HIT, or not one of ours
                continue
            if hit.get("RequesterAnnotation") == token:
                return hit
        if (found := self.find(token)) is None:
            raise Uncertain("MTurk says that this was put up before, but does not list it yet.")
        return self._hit(found.external_id)

    def _set_expiry(self, posted_id: str, at: datetime) -> None:
        try:
            call(self._client.update_expiration_for_hit, HITId=posted_id, ExpireAt=at)
        except TurkRefused as refused:
            # HIT and second are a token of the platform's own. It may have been closed and opened again since.
            if not refused.is_repeat:
                raise
            now = self._clock()
            if (self._hit(posted_id)["Expiration"] <= now) != (at <= now):
                raise PlatformBusy("MTurk takes one such change a second.", retry_after=1) from None

    def _state(self, submission_id: str, refused: TurkRefused) -> str:
        """Of an assignment whose state was not the one asked for; any other refusal stands."""
        if not refused.is_of_state:
            raise refused
        return str(call(self._client.get_assignment, AssignmentId=submission_id)["Assignment"]["AssignmentStatus"])

    def _was_paid(self, wanted: Payment) -> bool:
        rows = pages(self._client.list_bonus_payments, "BonusPayments", AssignmentId=wanted.submission_id)
        for paid in map(submissions.payment, rows):
            if paid.token == wanted.token:
                if paid != wanted:
                    raise PlatformRefused("This token was used to pay another amount, or another worker.")
                return True
        return False
