"""What a worker's own page says of pay and messages, beside what they have done."""

from datetime import datetime
from typing import Any

from annotation import messages
from annotation.models import Enrolment, Message
from annotation.models.ledger import REVERSIBLE_FOR
from annotation.payments import earnings
from annotation.payments.earnings import Piece

SHOWN = 100  # messages, the newest


def pay_and_messages(enrolled: Enrolment, *, refused: dict[str, str] | None = None, now: datetime) -> dict[str, Any]:
    """For the fragments of the page. A message that was `refused` is shown where it was written, if that is there."""
    study, worker = enrolled.study, enrolled.worker
    found = earnings.of_worker(study=study, worker=worker, now=now)
    asked: set[int | None] = set(messages.open_appeals(study, worker=worker).values_list("rejection_id", flat=True))
    newest = Message.objects.filter(study=study, worker=worker).order_by("-id")
    rejected = [_rejected(piece, asked, now) for piece in found.rejected] if found else []
    places = {"", *(str(each["rejection"].pk) for each in rejected if each["may_ask"])}
    return {
        "earnings": found,
        "rejected": rejected,
        "refused": refused or {},
        "is_refused_elsewhere": refused is not None and refused["about"] not in places,
        "sums": _sums(found) if found else [],
        "thread": list(newest[:SHOWN])[::-1],
        "longest_message": messages.MAX_LENGTH,
    }


def _rejected(piece: Piece, asked: set[int | None], now: datetime) -> dict[str, Any]:
    rejection = piece.rejection
    assert rejection is not None  # that is what makes it one
    is_asked = rejection.pk in asked
    return {
        "piece": piece,
        "rejection": rejection,
        "until": rejection.rejected_at + REVERSIBLE_FOR,
        "is_asked": is_asked,
        "may_ask": not is_asked and rejection.is_reversible_at(now),
    }


def _sums(found: earnings.Earnings) -> list[dict[str, Any]]:
    """By currency: accepted with bonuses, and what still waits."""
    currencies = dict.fromkeys([*found.accepted, *found.given, *found.waiting])
    return [
        {
            "currency": each,
            "earned": found.accepted.get(each, 0) + found.given.get(each, 0),
            "waiting": found.waiting.get(each, 0),
        }
        for each in currencies
    ]
