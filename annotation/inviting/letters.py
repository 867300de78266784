"""E-mails to those who are invited: what they say, and that each is sent once.

A letter is claimed before it is sent and noted after it. A process that dies in between leaves its claim, which is
taken over ten minutes later, once: so that a person may get the same letter twice after a crash, never three times.
"""

import re
import smtplib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from annotation import workers
from annotation.errors import InvalidInvitation
from annotation.models import Invitation, Study
from annotation.platforms.base import PLATFORMS

Clock = Callable[[], datetime]

MAX_SUBJECT = 200
MAX_BODY = 5000
PLACES = re.compile(r"\{(\w*)\}")
NOT_SET = "E-mail is not configured: set EMAIL_URL and DEFAULT_FROM_EMAIL, or give people their links yourself."


@dataclass(frozen=True)
class Letter:
    """A subject and a plain text, in which {name} and {link} stand for those of each person."""

    subject: str
    body: str


def is_configured() -> bool:
    """Whether letters reach anybody, or at least (on one's own machine) the queue's log."""
    return bool(settings.EMAIL_IS_CONFIGURED) or not settings.IS_PRODUCTION


def standard(study: Study, language: str = "") -> Letter:
    """What is written where nobody has changed it, in one of the languages of workers' pages."""
    with translation.override(language or "en"):
        body = _(
            "Hello {name},\n\n"
            "you are invited to take part in “%(study)s”. Open this link, read what it is about, and start; no account "
            "is needed:\n\n"
            "{link}\n\n"
            "The link is yours alone. You can stop at any time, and go on later by the same link."
        ) % {"study": _without_places(study.name)}
        subject = _("Invitation: %(study)s") % {"study": _without_places(study.name)}
        contact = _without_places(study.contact)
        return Letter(subject[:MAX_SUBJECT].strip(), f"{body}\n\n{contact}" if contact else body)


def _without_places(text: str) -> str:
    """Nothing in it stands for anything."""
    return text.replace("{", "(").replace("}", ")")


def checked(letter: Letter) -> Letter:
    """The letter, or a refusal that says what is wrong with it."""
    subject = unicodedata.normalize("NFC", letter.subject).strip()
    body = unicodedata.normalize("NFC", letter.body).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not subject or len(subject) > MAX_SUBJECT:
        raise InvalidInvitation(f"Give the e-mail a subject of 1 to {MAX_SUBJECT} characters.")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in subject):
        raise InvalidInvitation("The subject must be one line.")
    if len(body) > MAX_BODY:
        raise InvalidInvitation(f"The text has {len(body)} characters; at most {MAX_BODY} are possible.")
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in body):
        raise InvalidInvitation("The text holds a control character; write plain text.")
    for name in PLACES.findall(f"{subject} {body}"):
        if name not in ("name", "link"):
            raise InvalidInvitation(f"{{{name}}} stands for nothing; there are {{name}} and {{link}}.")
    if "{link}" not in body:
        raise InvalidInvitation("The text must hold {link}: without it nobody can follow the invitation.")
    if "{link}" in subject:
        raise InvalidInvitation("The subject must not hold {link}: subjects are logged on their way.")
    return Letter(subject, body)


def ask(*, study: Study, invitation_ids: Sequence[int], now: datetime, letter: Letter | None = None) -> int:
    """Write down that these of the study's people are to be written to, and how many they are; the queue sends.

    Without a letter of one's own each is written to in their language. Who is being written to already is left out.
    """
    if not is_configured():
        raise InvalidInvitation(NOT_SET)
    own = checked(letter) if letter else None
    if own == checked(standard(study)):
        own = None
    num_asked = 0
    languages = dict.fromkeys(
        Invitation.objects.filter(pk__in=invitation_ids, study=study).order_by().values_list("language", flat=True)
    )
    for language in languages:
        text = own or checked(standard(study, language))
        num_asked += workers.ask_for_email(
            study=study,
            invitation_ids=invitation_ids,
            language=language,
            subject=text.subject,
            body=text.body,
            now=now,
        )
    return num_asked


def send(*, invitation_id: int, clock: Clock) -> bool:
    """Send the letter that waits for this person, unless another process does; whether it was sent."""
    held = workers.claim_email(invitation_id=invitation_id, now=clock())
    if held is None:
        return False
    try:
        message_to(held).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        reason, is_final = _why(error)
        workers.not_emailed(invitation=held, reason=reason, is_final=is_final, now=clock())
        return False
    workers.emailed(invitation=held, now=clock())
    return True


def message_to(invitation: Invitation) -> EmailMessage:
    values = {"name": invitation.name, "link": link_of(invitation)}

    def filled(text: str) -> str:
        return PLACES.sub(lambda place: values[place[1]], text)  # once: a name may look like a place

    return EmailMessage(
        subject=filled(invitation.email_subject), body=filled(invitation.email_body), to=[invitation.email]
    )


def public_url() -> str:
    """Where this installation is, as printed links say."""
    return str(settings.PUBLIC_URL)


def link_of(invitation: Invitation) -> str:
    return f"{public_url()}{PLATFORMS[invitation.platform].invitation_path(invitation)}"


def _why(error: Exception) -> tuple[str, bool]:
    """What to tell the researcher, and whether trying again is useless."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()), (550, b""))
        return f"The mail server refuses the address: {code} {_text(said)}", code >= 500
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server does not accept the user or the password of EMAIL_URL.", False
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server takes no such address.", True
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server says {error.smtp_code} {_text(error.smtp_error)}", 500 <= error.smtp_code < 600
    if isinstance(error, smtplib.SMTPException | OSError):
        return "The mail server did not answer.", False
    return "No letter can be made for this address.", True


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:200]
