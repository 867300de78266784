"""Messages between a worker and the researchers of a study, and appeals. The only writer of `Message`.

An appeal is a message of the worker about a rejection. It is open until somebody answers it or reverses the rejection;
there is one at a time.
"""

import unicodedata
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from annotation.errors import CannotWrite
from annotation.models import Message, Rejection, Study, Worker
from annotation.models.ledger import REVERSIBLE_FOR
from annotation.payments import by_hand

MAX_LENGTH = 2000
MAX_PER_DAY = 10  # of one worker to one study
DAY = timedelta(days=1)
# What turns the direction of the text that follows, so that words can be made to seem others.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_ENDS = {"\r\n": "\n", "\r": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n\n", "\t": " "}


@transaction.atomic
def write_to_researchers(
    *, study: Study, worker: Worker, text: str, now: datetime, rejection: Rejection | None = None
) -> Message:
    """The worker's word; with a rejection, a wish that it be looked at again."""
    cleaned = _cleaned(text)
    Worker.objects.select_for_update(no_key=True).get(pk=worker.pk)  # so that two at once are counted
    lately = Message.objects.filter(study=study, worker=worker, is_from_worker=True, sent_at__gt=now - DAY)
    if lately.count() >= MAX_PER_DAY:
        what = _("You have written %(most)d messages within a day, which is all that is taken. Write again tomorrow.")
        raise CannotWrite(what % {"most": MAX_PER_DAY})
    if rejection is not None:
        rejection = Rejection.objects.select_for_update(of=("self",)).get(pk=rejection.pk)
        _refuse_appeal(rejection, study=study, worker=worker, now=now)
    return Message.objects.create(
        study=study, worker=worker, is_from_worker=True, text=cleaned, rejection=rejection, sent_at=now
    )


@transaction.atomic
def answer(
    *, study: Study, worker: Worker, text: str, by: Any, now: datetime, rejection: Rejection | None = None
) -> Message:
    """A researcher's word. It settles what the worker wrote before: of this rejection, or of none."""
    if rejection is not None and not _is_about(rejection, study=study, worker=worker):
        raise CannotWrite("That rejection is not of this worker and study.")
    cleaned = _cleaned(text)
    Worker.objects.select_for_update(no_key=True).get(pk=worker.pk)
    row = Message.objects.create(
        study=study, worker=worker, is_from_worker=False, text=cleaned, by=by, rejection=rejection, sent_at=now
    )
    settled = Message.objects.filter(study=study, worker=worker, rejection=rejection)
    settled.filter(is_from_worker=True, read_at=None).update(read_at=now)
    return row


@transaction.atomic
def pay_after_all(*, rejection: Rejection, reason: str, by: Any, now: datetime) -> bool:
    """Reverse a rejection, for a reason that the worker is told, and intend the pay; whether the budget held it."""
    cleaned = _cleaned(reason)
    if rejection.place.worker_id is not None:  # first, as the worker's own appeal does
        Worker.objects.select_for_update(no_key=True).get(pk=rejection.place.worker_id)
    is_intended = by_hand.pay_after_all(rejection=rejection, reason=cleaned, by=by, now=now)
    place = rejection.place
    if place.worker is not None:  # else nobody of this name has been here, who could read it
        answer(study=place.posting.batch.study, worker=place.worker, text=cleaned, by=by, now=now, rejection=rejection)
    return is_intended


def mark_read(*, study: Study, worker: Worker, by_worker: bool, now: datetime) -> int:
    """The worker has seen what was written to them; or a researcher says that nothing needs an answer.

    Appeals stay: they are answered, or granted.
    """
    rows = Message.objects.filter(study=study, worker=worker, is_from_worker=not by_worker, read_at=None)
    if not by_worker:
        rows = rows.filter(rejection=None)
    return rows.update(read_at=now)


def unread(study: Study) -> int:
    """How many of the workers' messages wait for a researcher."""
    return Message.objects.filter(study=study, is_from_worker=True, read_at=None).count()


def open_appeals(study: Study, *, worker: Worker | None = None) -> QuerySet[Message]:
    """Wishes to look again that nobody has answered."""
    rows = Message.objects.filter(study=study, is_from_worker=True, rejection__reversed_at=None)
    answered = Message.objects.filter(rejection=OuterRef("rejection"), is_from_worker=False, pk__gt=OuterRef("pk"))
    rows = rows.filter(rejection__isnull=False).exclude(Exists(answered))
    return rows if worker is None else rows.filter(worker=worker)


def _refuse_appeal(rejection: Rejection, *, study: Study, worker: Worker, now: datetime) -> None:
    if not _is_about(rejection, study=study, worker=worker):
        raise CannotWrite(_("This is not about work of yours. Open your own page again."))
    if rejection.reversed_at is not None:
        raise CannotWrite(_("The decision was taken back already: you are paid for it."))
    if not rejection.is_reversible_at(now):
        days = REVERSIBLE_FOR.days
        raise CannotWrite(_("A decision can be looked at again for %(days)d days, which are over.") % {"days": days})
    if open_appeals(study, worker=worker).filter(rejection=rejection).exists():
        raise CannotWrite(_("You have asked for another look already. You will read the answer here."))


def _is_about(rejection: Rejection, *, study: Study, worker: Worker) -> bool:
    place = rejection.place
    return place.worker_id == worker.pk and place.posting.batch.study_id == study.pk


def _cleaned(text: str) -> str:
    """Without what can't be seen: control characters, and those that turn the direction of what follows."""
    for end, plain in LINE_ENDS.items():
        text = text.replace(end, plain)
    kept = "".join(
        each
        for each in text
        if each == "\n" or (unicodedata.category(each) not in ("Cc", "Cs") and each not in TURNING)
    )
    lines = [line.rstrip() for line in kept.strip().split("\n")]
    shown = "\n".join(line for number, line in enumerate(lines) if line or lines[number - 1])
    if not shown:
        raise CannotWrite(_("The message is empty. Write what you want to say."))
    if len(shown) > MAX_LENGTH:
        what = _("The message has %(length)d characters, and %(most)d are taken. Say it in fewer words.")
        raise CannotWrite(what % {"length": len(shown), "most": MAX_LENGTH})
    return shown
