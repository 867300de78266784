"""Bonuses, each paid once, at a platform that pays as often as it is asked.

Prolific knows no token and has no list of payments. A bonus is set up (nothing is paid, so that may be repeated), then
ordered, by a call of which its documentation says that each repetition pays again; it is carried out minutes later.
What was carried out is a list of bare amounts at the submission. So whether an order was given must be written down
before it is given, and never be forgotten: in a `BonusBook`, which the caller keeps.

An order that may have been given counts as carried out once the submission shows an amount that no other payment
explains. Payments of the same amount stand in for each other: the sum is right whichever of them it was. Until then it
is uncertain, for `SETTLED_AFTER`; an order that does not show by then was not carried out, and is given again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from annotation.platforms.paid import Payment, PlatformBusy, PlatformRefused, Uncertain
from annotation.platforms.prolific import submissions
from annotation.platforms.prolific.answers import Answer, Malformed
from annotation.platforms.prolific.submissions import Detail
from annotation.platforms.prolific.transport import Transport, path

SETTLED_AFTER = timedelta(hours=24)
"""Prolific's documentation says minutes; a day leaves room for its trouble, and is soon enough for the worker."""


class BonusBook(Protocol):
    """What must outlive the process. Each call has been committed when it returns."""

    def ordered_at(self, token: str) -> datetime | None:
        """When the payment of this token was last ordered; none where it never was, or Prolific said no."""
        ...

    def order(self, token: str, *, was: datetime | None, now: datetime) -> bool:
        """Note that it is about to be ordered, if `ordered_at` still is `was`; whether it did."""
        ...

    def withdraw(self, token: str, *, now: datetime) -> None:
        """Prolific did not take the order of `now`: it was never given."""
        ...

    def settled(self, submission_id: str) -> Sequence[Payment]:
        """The payments for this submission that are known to have been made."""
        ...


@dataclass(frozen=True)
class BonusDesk:
    """Where bonuses of one account are paid."""

    transport: Transport
    book: BonusBook
    clock: Callable[[], datetime]

    def pay(self, payment: Payment) -> None:
        """Pay it, unless it was; raises `Uncertain` while that can't be known."""
        if payment.minor_units < 1:
            raise PlatformRefused("A bonus is more than nothing.")
        if any(each.token == payment.token for each in self.book.settled(payment.submission_id)):
            return
        ordered = self.book.ordered_at(payment.token)
        detail = self.detail(payment.submission_id)
        if detail.worker_id != payment.worker_id:
            raise PlatformRefused("The submission is another worker's.")
        if self._shows(payment, detail):
            if ordered is not None:
                return
            raise Uncertain(
                "A bonus of this amount was paid for the submission that the books don't know: by hand, perhaps. "
                "Enter it there before paying another."
            )
        if ordered is not None and self.clock() < ordered + SETTLED_AFTER:
            raise Uncertain(
                f"The bonus was ordered at {ordered:%Y-%m-%d %H:%M} UTC and does not show yet: asked again it might be "
                "paid twice."
            )
        self._order(self._set_up(payment, detail), payment, was=ordered)

    def detail(self, submission_id: str) -> Detail:
        return self.transport.read(path("submissions", submission_id), submissions.read_detail)

    def _shows(self, payment: Payment, detail: Detail) -> bool:
        """Whether one of the amounts paid is not that of another payment."""
        others = self.book.settled(payment.submission_id)
        explained = Counter(each.minor_units for each in others)
        return Counter(detail.bonuses)[payment.minor_units] > explained[payment.minor_units]

    def _set_up(self, payment: Payment, detail: Detail) -> str:
        """The id by which it can be ordered. Nothing is paid."""
        amount = f"{payment.minor_units // 100}.{payment.minor_units % 100:02d}"
        body = {"study_id": detail.posting_id, "csv_bonuses": f"{detail.external_id},{amount}\n"}
        # Repeated it does no harm, so nothing is uncertain when its answer is lost.
        order_id, told = self.transport.compute(path("submissions", "bonus-payments"), body, _read_set_up)
        if told is not None and told != payment.minor_units:
            raise PlatformRefused(f"Prolific would pay {told} instead of {payment.minor_units}. Nothing was paid.")
        return order_id

    def _order(self, order_id: str, payment: Payment, *, was: datetime | None) -> None:
        now = self.clock()
        if not self.book.order(payment.token, was=was, now=now):
            raise Uncertain("Another process is paying this bonus.")
        try:
            self.transport.change("POST", path("bulk-bonus-payments", order_id, "pay"), None, _read_accepted)
        except (PlatformRefused, PlatformBusy):
            self.book.withdraw(payment.token, now=now)
            raise


def _read_set_up(answer: Answer) -> tuple[str, int | None]:
    fields = answer.fields()
    fields.whole_above("total_amount")
    return fields.identifier("id"), fields.whole("amount") if fields.has("amount") else None


def _read_accepted(answer: Answer) -> None:
    """Any other answer that sounds well was given by something else, such as a proxy."""
    if answer.status != 202:
        raise Malformed(f"status {answer.status}")
