"""One's own people, and the simulated ones: nobody else finds or pays them, so that all there is to know is known here.

It is a platform all the same, so that the books of every batch that pays are kept in one way.
"""

from collections.abc import Iterator

from django.db.models import QuerySet

from annotation.models import Assignment, LedgerEntry, Posting, Rejection
from annotation.platforms import paid
from annotation.platforms.paid import (
    Capabilities,
    PaidPlatform,
    Posted,
    PostingState,
    Submission,
    SubmissionState,
    Unit,
)

LOCAL, SIMULATED = "local", "simulated"
OWN = frozenset({LOCAL, SIMULATED})


class OwnPlatform(PaidPlatform):
    """Nothing is told to anybody by its calls: the rows that are written before and after each are all there is."""

    capabilities = Capabilities(
        unit=Unit.HIT,
        currencies=(),
        is_in_frame=False,
        has_notifications=False,
        has_bonuses=True,
        can_reject=True,
        can_reverse_rejection=True,
        can_pause=True,
        can_block=True,
        has_sandbox=False,
        longest_token=64,
    )

    def __init__(self, name: str = LOCAL) -> None:
        self.name = name

    def balance(self) -> tuple[int, str]:
        """Whoever pays by hand knows what they have."""
        return 0, ""

    def fee(self, *, pay_minor_units: int, num_places: int) -> int:
        return 0

    def post(self, posting: paid.Posting) -> Posted:
        return self._posted(Posting.objects.get(token=posting.token, batch__platform=self.name))

    def find(self, token: str) -> Posted | None:
        found = self._there().filter(token=token).first()
        return self._posted(found) if found else None

    def postings(self) -> Iterator[Posted]:
        for row in self._there().order_by("id"):
            yield self._posted(row)

    def extend(self, posted_id: str, *, num_places: int, token: str) -> Posted:
        return self._posted(Posting.objects.get(token=posted_id, batch__platform=self.name))

    def pause(self, posted_id: str) -> None:
        """Grids are served by what the batch says."""

    def resume(self, posted_id: str) -> None:
        """As `pause`."""

    def close(self, posted_id: str) -> None:
        """As `pause`."""

    def submissions(self, posted_id: str) -> Iterator[Submission]:
        """What was handed in: a place and its work are the same here."""
        done = Assignment.objects.filter(hit__posting__token=posted_id, submitted_at__isnull=False)
        standing = Rejection.objects.active().filter(place__posting__token=posted_id)
        rejected = set(standing.values_list("place__assignment", flat=True))
        for row in done.select_related("worker", "place").order_by("submitted_at", "id"):
            assert row.worker is not None
            yield Submission(
                external_id=str(row.pk),
                posting_id=posted_id,
                worker_id=row.worker.external_id,
                state=_state(row, is_rejected=row.pk in rejected),
                submitted_at=row.submitted_at,
            )

    def approve(self, submission_id: str) -> None:
        """Accepted; the money is handed over outside, by the statement."""

    def reject(self, submission_id: str, *, reason: str) -> None:
        """The worker reads it on their own page."""

    def bonus(self, payment: paid.Payment, *, currency: str, reason: str) -> None:
        """As `approve`."""

    def bonuses(self, posted_id: str) -> Iterator[paid.Payment]:
        made = LedgerEntry.objects.filter(
            kind=LedgerEntry.Kind.BONUS, step=LedgerEntry.Step.DONE, assignment__hit__posting__token=posted_id
        )
        for entry in made.select_related("assignment__worker").order_by("id"):
            assert entry.assignment is not None  # no place is without work here
            assert entry.assignment.worker is not None
            yield paid.Payment(
                token=entry.token,
                worker_id=entry.assignment.worker.external_id,
                submission_id=str(entry.assignment_id),
                minor_units=entry.minor_units,
            )

    def block(self, worker_id: str, *, group: str) -> None:
        """Who gets no more grids is decided on the page of quality."""

    def unblock(self, worker_id: str, *, group: str) -> None:
        """As `block`."""

    def group(self, name: str, *, description: str) -> str:
        """There are none."""
        return ""

    def _there(self) -> QuerySet[Posting]:
        """Also what was closed before it was put up: its grids were served meanwhile."""
        unknown = {"external_id": "", "state__in": [Posting.State.WAITING, Posting.State.REFUSED]}
        return Posting.objects.filter(batch__platform=self.name).exclude(**unknown)

    def _posted(self, row: Posting) -> Posted:
        state = PostingState.OPEN if row.state == Posting.State.WAITING else PostingState(row.state)
        return Posted(external_id=row.token, token=row.token, state=state, num_places=row.num_places)


def _state(row: Assignment, *, is_rejected: bool) -> SubmissionState:
    """As the books have it."""
    place = getattr(row, "place", None)
    if is_rejected or place is None:
        return SubmissionState.REJECTED if is_rejected else SubmissionState.SUBMITTED
    return SubmissionState(place.state)
