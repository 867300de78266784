"""Letters: each is sent once, whoever sends and whatever breaks off, and says what it should to the right person."""

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from annotation import inviting, workers
from annotation.errors import InvalidInvitation
from annotation.inviting import Letter
from annotation.models import Invitation, Study
from annotation.platforms import local
from annotation.tasks import send_letters
from annotation.workers import Person
from tests import cast
from tests.at_once import at_once

NOW = cast.NOW
PEOPLE = [
    Person(name="Lina", email="lina@example.org", language="ar"),
    Person(name="Zoe", email="zoe@example.org"),
]


@pytest.fixture
def study(db: None) -> Study:
    return cast.study(name="Twin of the bows", contact="Rosa Rossi")


@pytest.fixture
def invited(study: Study) -> list[Invitation]:
    return workers.invite_each(study=study, people=PEOPLE, now=NOW)


def ask(study: Study, rows: list[Invitation], letter: Letter | None = None, now: datetime = NOW) -> int:
    return inviting.ask(study=study, invitation_ids=[row.pk for row in rows], now=now, letter=letter)


def send(row: Invitation, now: datetime = NOW) -> bool:
    return inviting.send(invitation_id=row.pk, clock=lambda: now)


def fails_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(self: EmailMessage, **options: Any) -> int:
        raise error

    monkeypatch.setattr(EmailMessage, "send", refuse)


# --- what it says ---


def test_each_is_written_to_in_their_language_with_their_own_link(study: Study, invited: list[Invitation]) -> None:
    assert ask(study, invited) == 2
    assert [send(row) for row in invited] == [True, True]
    arabic, english = mail.outbox
    assert (english.to, arabic.to) == (["zoe@example.org"], ["lina@example.org"])
    assert english.subject == "Invitation: Twin of the bows"
    assert english.body.startswith("Hello Zoe,")
    assert f"/join/{local.invitation_token(invited[1])}/" in english.body
    assert local.invitation_token(invited[0]) not in english.body
    assert "Rosa Rossi" in english.body
    assert arabic.subject != english.subject
    assert "{" not in f"{arabic.body}{english.body}{arabic.subject}"
    assert arabic.content_subtype == "plain"


def test_a_text_of_one_s_own_goes_to_everybody(study: Study, invited: list[Invitation]) -> None:
    ask(study, invited, Letter("For {name}", "Come: {link}\r\n{name}"))
    for row in invited:
        send(row)
    assert [each.subject for each in mail.outbox] == ["For Lina", "For Zoe"]
    assert mail.outbox[1].body.startswith("Come: http")


def test_a_name_that_looks_like_a_place_stands_as_it_is(study: Study) -> None:
    rows = workers.invite_each(study=study, people=[Person(name="{link}", email="x@example.org")], now=NOW)
    ask(study, rows, Letter("To {name}", "{name} {link}"))
    send(rows[0])
    assert mail.outbox[0].subject == "To {link}"
    assert mail.outbox[0].body.startswith("{link} http")


def test_a_study_s_name_stands_for_nothing(db: None) -> None:
    study = cast.study(name="The {link} of {everything}")
    assert inviting.checked(inviting.standard(study)).body.count("{link}") == 1


@pytest.mark.parametrize(
    ("subject", "body", "why"),
    [
        ("", "{link}", "a subject of 1 to 200"),
        ("x" * 201, "{link}", "a subject of 1 to 200"),
        ("Hello\nBcc: all@example.org", "{link}", "one line"),
        ("Hello\u2028Bcc", "{link}", "one line"),
        ("{link}", "{link}", "must not hold"),
        ("Hello", "Come!", "must hold {link}"),
        ("Hello", "{link} {email}", "{email} stands for nothing"),
        ("Hello", "{link}" + "x" * 5000, "at most 5000"),
        ("Hello", "{link}\x00", "control character"),
    ],
)
def test_a_text_that_can_t_be_sent_is_explained(
    study: Study, invited: list[Invitation], subject: str, body: str, why: str
) -> None:
    with pytest.raises(InvalidInvitation, match=why):
        ask(study, invited, Letter(subject, body))
    assert not Invitation.objects.exclude(email_asked_at=None).exists()


def test_only_people_of_the_study_are_written_to(study: Study, invited: list[Invitation]) -> None:
    assert ask(cast.study("another"), invited) == 0


def test_without_a_mail_server_in_production_nobody_is_asked(
    study: Study, invited: list[Invitation], settings: Any
) -> None:
    settings.IS_PRODUCTION, settings.EMAIL_IS_CONFIGURED = True, False
    with pytest.raises(InvalidInvitation, match="set EMAIL_URL"):
        ask(study, invited)
    settings.EMAIL_IS_CONFIGURED = True
    assert ask(study, invited) == 2


# --- once ---


def test_a_letter_is_sent_once_and_noted(study: Study, invited: list[Invitation]) -> None:
    ask(study, invited)
    assert (send(invited[0]), send(invited[0])) == (True, False)
    row = Invitation.objects.get(pk=invited[0].pk)
    assert (row.emailed_at, row.email_asked_at, row.email_claimed_at) == (NOW, None, None)
    assert len(mail.outbox) == 1
    assert ask(study, invited) == 1, "who was written to can be written to again; who waits is not asked for twice"


@pytest.mark.django_db(transaction=True)
def test_two_consumers_send_it_once() -> None:
    study = cast.study()
    rows = workers.invite_each(study=study, people=PEOPLE, now=NOW)
    ask(study, rows)
    sent = at_once([lambda: send(rows[0])] * 4)
    assert sorted(sent) == [False, False, False, True]
    assert len(mail.outbox) == 1


def test_after_a_crash_it_is_sent_again_once_and_never_a_third_time(study: Study, invited: list[Invitation]) -> None:
    ask(study, invited)
    workers.claim_email(invitation_id=invited[0].pk, now=NOW)  # and the process dies
    assert not send(invited[0], NOW + timedelta(minutes=9))
    later = NOW + timedelta(minutes=11)
    assert workers.emails_due(now=later).filter(pk=invited[0].pk).exists()
    assert workers.claim_email(invitation_id=invited[0].pk, now=later)  # and dies again
    assert not send(invited[0], later + timedelta(minutes=11))
    row = Invitation.objects.get(pk=invited[0].pk)
    assert (row.email_refusal, row.email_asked_at) == (workers.CUT_SHORT, None)
    assert mail.outbox == []


def test_a_withdrawn_invitation_is_not_sent(study: Study, invited: list[Invitation]) -> None:
    ask(study, invited)
    workers.withdraw(invitation=invited[0], now=NOW)
    assert not send(invited[0])
    assert "withdrawn" in Invitation.objects.get(pk=invited[0].pk).email_refusal
    assert mail.outbox == []
    assert ask(study, invited[:1]) == 0


# --- what fails ---


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (smtplib.SMTPRecipientsRefused({"zoe@example.org": (550, b"No\r\nuser")}), "refuses the address: 550 No user"),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), "takes no such address"),
        (smtplib.SMTPDataError(554, b"Spam"), "says 554 Spam"),
        (ValueError("header"), "No letter can be made"),
    ],
)
def test_what_will_never_arrive_is_given_up_with_its_reason(
    study: Study, invited: list[Invitation], monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    ask(study, invited)
    fails_with(monkeypatch, error)
    assert not send(invited[1])
    row = Invitation.objects.get(pk=invited[1].pk)
    assert reason in row.email_refusal
    assert (row.email_asked_at, row.emailed_at) == (None, None)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(), "did not answer"),
        (TimeoutError(), "did not answer"),
        (smtplib.SMTPServerDisconnected(), "did not answer"),
        (smtplib.SMTPAuthenticationError(535, b"secret word"), "does not accept the user"),
        (smtplib.SMTPRecipientsRefused({"zoe@example.org": (451, b"Later")}), "451 Later"),
    ],
)
def test_what_may_arrive_later_is_tried_again_and_not_for_ever(
    study: Study, invited: list[Invitation], monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    ask(study, invited)
    fails_with(monkeypatch, error)
    now, num_tries = NOW, 0
    while (row := Invitation.objects.get(pk=invited[1].pk)).email_asked_at is not None:
        assert not send(row, row.email_asked_at - timedelta(seconds=1)), "not before its time"
        now, num_tries = row.email_asked_at, num_tries + 1
        send(row, now)
    assert num_tries == workers.MAX_EMAIL_TRIES
    assert NOW + timedelta(minutes=30) < now < NOW + timedelta(hours=3)
    assert reason in row.email_refusal
    assert "secret" not in row.email_refusal
    monkeypatch.undo()
    ask(study, [row], now=now)
    assert send(row, now)
    assert Invitation.objects.get(pk=row.pk).email_refusal == ""


def test_one_that_fails_does_not_hold_up_the_others(
    study: Study, invited: list[Invitation], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(study, invited)
    as_it_is: Callable[..., int] = EmailMessage.send

    def one_fails(self: EmailMessage, **options: Any) -> int:
        if self.to == ["lina@example.org"]:
            raise smtplib.SMTPRecipientsRefused({"lina@example.org": (550, b"gone")})
        return as_it_is(self, **options)

    monkeypatch.setattr(EmailMessage, "send", one_fails)
    send_letters()
    assert [each.to for each in mail.outbox] == [["zoe@example.org"]]
    assert "gone" in Invitation.objects.get(email="lina@example.org").email_refusal
