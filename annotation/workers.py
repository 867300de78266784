"""Workers: whom a study invites, who has joined it, and which of a person's links still open something."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.errors import CannotImport, InvalidInvitation, InvitationClosed, NotYours
from annotation.models import IMPORTED, Effect, Enrolment, Invitation, Study, Worker, WorkerDecision
from annotation.platforms import codes
from annotation.platforms.base import WORKFORCES
from annotation.serving import prepared

LINKED = "SELECT 1 FROM annotation_worker WHERE id = %s AND link_number = %s"
MAX_NAME = 100
STANDING = "Everyone with the link"
MAX_SHEET = 500
EMAIL_LEASE = timedelta(minutes=10)  # that a letter takes to be sent, at most
MAX_EMAIL_TRIES = 6
CUT_SHORT = "Sending broke off twice, so that it is not known whether it arrived. Ask, or send it again."
WHY_CLOSED = {
    Invitation.State.WITHDRAWN: gettext_lazy(
        "The people who run the study have withdrawn it. Thank you for wanting to help; you need do nothing."
    ),
    Invitation.State.OVER: gettext_lazy(
        "The time to join has run out. Thank you for wanting to help; you need do nothing."
    ),
    Invitation.State.FULL: gettext_lazy(
        "As many people have joined as were asked for. Thank you for wanting to help; you need do nothing."
    ),
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody by name, for whom alone an invitation is."""

    name: str
    email: str = ""
    language: str = ""
    note: str = ""


def invite(
    *,
    study: Study,
    name: str,
    now: datetime,
    max_workers: int | None = None,
    expires_at: datetime | None = None,
    by: Any = None,
) -> Invitation:
    """A new link to the study for people of one's own."""
    if not name.strip() or len(name) > MAX_NAME:
        raise InvalidInvitation(f"Give the invitation a name of 1 to {MAX_NAME} characters: to whom is it sent?")
    if max_workers is not None and max_workers < 1:
        raise InvalidInvitation(
            f"An invitation for {max_workers} workers invites nobody; choose 1 or more, or no limit."
        )
    if expires_at is not None and expires_at <= now:
        raise InvalidInvitation("The invitation would be over before it begins; choose a time to come.")
    return Invitation.objects.create(
        study=study,
        name=name.strip(),
        platform="local",
        max_workers=max_workers,
        expires_at=expires_at,
        invited_by=by,
        created_at=now,
    )


@transaction.atomic
def invite_everyone(*, study: Study, now: datetime, is_simulated: bool = False, platform: str = "local") -> Invitation:
    """The study's standing link, without a limit; made once, and again where it was withdrawn."""
    assert platform in WORKFORCES
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    found = study.invitations.standing().filter(platform=platform, is_simulated=is_simulated).first()
    return found or Invitation.objects.create(
        study=study, name=STANDING, platform=platform, is_simulated=is_simulated, created_at=now
    )


@transaction.atomic
def invite_each(*, study: Study, people: Sequence[Person], now: datetime, by: Any = None) -> list[Invitation]:
    """An invitation with a code for each of these people, but for those whose address the study has invited before."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    emails = [person.email for person in people if person.email]
    known = set(Invitation.objects.filter(study=study, email__in=emails).values_list("email", flat=True))
    rows = [
        Invitation(
            study=study,
            platform="local",
            max_workers=1,
            code=codes.new(),
            invited_by=by,
            created_at=now,
            **vars(person),
        )
        for person in people
        if person.email not in known
    ]
    try:
        with transaction.atomic():
            return Invitation.objects.bulk_create(rows, batch_size=1000)
    except IntegrityError:  # one in billions: a code is taken
        for row in rows:
            row.pk, row.code = None, codes.new()
        return Invitation.objects.bulk_create(rows, batch_size=1000)


def invite_by_codes(*, study: Study, name: str, number: int, now: datetime, by: Any = None) -> list[Invitation]:
    """So many invitations for one person each, who is not known by name: for a sheet of paper."""
    if not 1 <= number <= MAX_SHEET:
        raise InvalidInvitation(f"{number} codes: choose 1 to {MAX_SHEET}.")
    if not name.strip() or len(name) > MAX_NAME - 5:
        raise InvalidInvitation(f"Give the sheet a name of 1 to {MAX_NAME - 5} characters: who is to get it?")
    people = [Person(name=f"{name.strip()} {each}") for each in range(1, number + 1)]
    return invite_each(study=study, people=people, now=now, by=by)


# --- letters: what waits to be sent, who sends it, what came of it -------------------------------------


def ask_for_email(
    *, study: Study, invitation_ids: Sequence[int], language: str, subject: str, body: str, now: datetime
) -> int:
    """Let these be written to, those of this language, unless a letter to them waits or is on its way already."""
    found = Invitation.objects.filter(study=study, pk__in=invitation_ids, language=language, withdrawn_at=None)
    return (
        found.exclude(email="")
        .filter(email_asked_at=None)
        .update(
            email_subject=subject,
            email_body=body,
            email_asked_at=now,
            email_claimed_at=None,
            num_email_tries=0,
            email_refusal="",
        )
    )


def emails_due(*, now: datetime) -> QuerySet[Invitation]:
    """Invitations whose letter waits, or whose sending broke off."""
    is_free = Q(email_claimed_at=None) | Q(email_claimed_at__lte=now - EMAIL_LEASE)
    return Invitation.objects.filter(is_free, email_asked_at__lte=now).order_by("email_asked_at", "id")


@transaction.atomic
def claim_email(*, invitation_id: int, now: datetime) -> Invitation | None:
    """The invitation, if this process is to send its letter now; no other gets it for ten minutes."""
    row = Invitation.objects.select_for_update().filter(pk=invitation_id, email_asked_at__lte=now).first()
    if row is None or (row.email_claimed_at is not None and row.email_claimed_at > now - EMAIL_LEASE):
        return None
    if row.withdrawn_at is not None:
        row.email_asked_at, row.email_claimed_at, row.email_refusal = None, None, "The invitation was withdrawn."
    elif row.email_claimed_at is not None and row.num_email_tries >= 2:
        row.email_asked_at, row.email_claimed_at, row.email_refusal = None, None, CUT_SHORT
    else:
        row.email_claimed_at, row.num_email_tries = now, row.num_email_tries + 1
    row.save(update_fields=["email_asked_at", "email_claimed_at", "num_email_tries", "email_refusal"])
    return row if row.email_claimed_at else None


def emailed(*, invitation: Invitation, now: datetime) -> None:
    """The letter that this process had claimed was sent."""
    Invitation.objects.filter(pk=invitation.pk, email_claimed_at=invitation.email_claimed_at).update(
        emailed_at=now, email_asked_at=None, email_claimed_at=None, email_refusal=""
    )


def not_emailed(*, invitation: Invitation, reason: str, is_final: bool, now: datetime) -> None:
    """The letter could not be sent: it is tried again, each time twice as long after, or given up."""
    tries = invitation.num_email_tries
    again = None if is_final or tries >= MAX_EMAIL_TRIES else now + timedelta(minutes=2**tries)
    Invitation.objects.filter(pk=invitation.pk, email_claimed_at=invitation.email_claimed_at).update(
        email_asked_at=again, email_claimed_at=None, email_refusal=reason[:300]
    )


@transaction.atomic
def withdraw(*, invitation: Invitation, now: datetime) -> None:
    """Let nobody join by this link any more; who has joined goes on."""
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])


def register(*, platform: str, external_id: str, now: datetime, is_simulated: bool = False) -> Worker:
    """The worker whom the platform calls by this id, made on first sight."""
    worker, _is_new = Worker.objects.get_or_create(
        platform=platform, external_id=external_id, defaults={"is_simulated": is_simulated, "created_at": now}
    )
    return worker


@transaction.atomic
def register_imported(*, external_ids: Iterable[str], now: datetime, is_simulated: bool) -> dict[str, int]:
    """The ids of the workers who judged elsewhere, by what they are called there; made on first sight."""
    wanted = sorted(set(external_ids))
    fresh = [
        Worker(platform=IMPORTED, external_id=external_id, is_simulated=is_simulated, created_at=now)
        for external_id in wanted
    ]
    Worker.objects.bulk_create(fresh, batch_size=5000, ignore_conflicts=True)
    known: dict[str, int] = {}
    for start in range(0, len(wanted), 5000):
        rows = Worker.objects.filter(platform=IMPORTED, external_id__in=wanted[start : start + 5000])
        for external_id, pk, is_known_as_simulated in rows.values_list("external_id", "pk", "is_simulated"):
            if is_known_as_simulated != is_simulated:
                kinds = ("a simulated worker", "a real one") if is_known_as_simulated else ("real", "a simulated one")
                raise CannotImport(f"The worker {external_id!r} is known as {kinds[0]}, and can't be {kinds[1]} here.")
            known[external_id] = pk
    return known


@transaction.atomic
def enrol(*, invitation: Invitation, worker: Worker, now: datetime) -> Enrolment:
    """Note that the worker has agreed to take part. Who is in already stays in, also when the link is over."""
    if (worker.platform, worker.is_simulated) != (invitation.platform, invitation.is_simulated):
        raise InvalidInvitation("Workers join by an invitation of their own kind: simulated ones, or real ones.")
    # Both locked: nobody decides about the worker meanwhile, and two people can't take the last place.
    Study.objects.select_for_update(no_key=True).get(pk=invitation.study_id)
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    enrolled = Enrolment.objects.filter(study=row.study_id, worker=worker).first()
    if enrolled is not None:
        return enrolled
    refuse_if_closed(row, now)
    enrolled, _is_new = Enrolment.objects.get_or_create(
        study_id=row.study_id,
        worker=worker,
        defaults={
            "invitation": row,
            "consented_at": now,
            "stopped_at": _stopped_before(worker, study_id=row.study_id),
        },
    )
    return enrolled


def _stopped_before(worker: Worker, *, study_id: int) -> datetime | None:
    """Since when the study gives the worker no more grids, though they had not joined it: they judged elsewhere."""
    decided = WorkerDecision.objects.active().filter(study=study_id, worker=worker, effect=Effect.STOP)
    return decided.values_list("decided_at", flat=True).first()


def refuse_if_closed(invitation: Invitation, now: datetime) -> None:
    """Say why nobody can join by this link now; that there is a place left is certain only on joining."""
    num_joined = invitation.enrolments.count() if invitation.max_workers is not None else 0
    state = invitation.state_at(now, num_joined=num_joined)
    if state != Invitation.State.OPEN:
        raise InvitationClosed(str(WHY_CLOSED[state]))


def finish_practice(*, enrolment: Enrolment, now: datetime) -> None:
    """The worker has seen how it is done; grids come next. The first time counts."""
    Enrolment.objects.filter(pk=enrolment.pk, practised_at__isnull=True).update(practised_at=now)


def stop(*, study: Study, worker: Worker, now: datetime) -> None:
    """Give the worker no more grids of the study; those they hold can be handed in. Since the first time, if again."""
    Enrolment.objects.filter(study=study, worker=worker, stopped_at__isnull=True).update(stopped_at=now)


def resume(*, study: Study, worker: Worker) -> None:
    """Give the worker grids of the study again."""
    Enrolment.objects.filter(study=study, worker=worker).update(stopped_at=None)


def is_stopped(worker_id: int, *, study_id: int) -> bool:
    """Whether the study gives this worker no more grids."""
    return Enrolment.objects.filter(worker=worker_id, study=study_id, stopped_at__isnull=False).exists()


def revoke_links(*, worker: Worker) -> Worker:
    """Make every link of this worker useless, on all devices; new ones carry the next number."""
    if not Worker.objects.filter(pk=worker.pk).update(link_number=F("link_number") + 1):
        raise NotYours(_("Your entry in this study was removed. Open your invitation again to start anew."))
    return Worker.objects.get(pk=worker.pk)


def has_links(worker_id: int, *, number: int) -> bool:
    """Whether the worker's links bear this number, and so open what they name; asked by every page of a grid."""
    return prepared.fetch(LINKED, [worker_id, number]) is not None
