"""A list of people as a researcher has it: a CSV file with a name and an e-mail address for each."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from annotation import workers
from annotation.errors import InvalidInvitation
from annotation.models import Invitation, Study
from annotation.spreadsheets import FORMULA
from annotation.workers import Person

MAX_BYTES = 1024 * 1024
MAX_PEOPLE = 2000
MAX_EMAIL = 254
MAX_NOTE = 200
NEEDED = ("name", "email")
COLUMNS = (*NEEDED, "language", "note")
ALIASES = {"e-mail": "email", "mail": "email", "e-mail address": "email", "email address": "email"}


@dataclass(frozen=True)
class RefusedLine:
    """A line of the file that is no invitation, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class Reading:
    """What the file says."""

    people: list[Person] = field(default_factory=list)
    refusals: list[RefusedLine] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """What inviting them would do; nothing is done yet."""

    fresh: list[Person]
    known: list[Person]
    """Whom the study has invited by their address before."""
    refusals: list[RefusedLine]


def read(content: bytes) -> Reading:
    """The people of a file; what can't be taken is said with its line. Raises where it is no such file at all."""
    if len(content) > MAX_BYTES:
        raise InvalidInvitation(f"The file has {len(content):,} bytes; at most {MAX_BYTES:,} are possible. Split it.")
    text = _decoded(content)
    rows = _rows(text)
    try:
        columns = _columns(next(rows)[1])
    except StopIteration:
        raise InvalidInvitation("The file is empty. Its first line names the columns: name, email.") from None
    reading = Reading()
    lines: dict[str, int] = {}
    for line, cells in rows:
        if len(reading.people) + len(reading.refusals) >= MAX_PEOPLE:
            raise InvalidInvitation(f"The file lists more than {MAX_PEOPLE:,} people; split it.")
        try:
            person = _person(dict(zip(columns, _fitting(cells, len(columns)), strict=True)))
            if person.email in lines:
                raise InvalidInvitation(f"{person.email} is on line {lines[person.email]} already.")
        except InvalidInvitation as error:
            reading.refusals.append(RefusedLine(line, str(error)))
        else:
            lines[person.email] = line
            reading.people.append(person)
    return reading


def preview(*, study: Study, reading: Reading) -> Preview:
    """Who of them would be invited now, and who was before."""
    emails = [person.email for person in reading.people]
    known = set(Invitation.objects.filter(study=study, email__in=emails).values_list("email", flat=True))
    return Preview(
        fresh=[person for person in reading.people if person.email not in known],
        known=[person for person in reading.people if person.email in known],
        refusals=reading.refusals,
    )


def invite(
    *, study: Study, reading: Reading, now: datetime, by: Any = None, without_refused: bool = False
) -> list[Invitation]:
    """An invitation for each of them, all or none; the same list again makes nothing twice."""
    if reading.refusals and not without_refused:
        first = reading.refusals[0]
        raise InvalidInvitation(
            f"{len(reading.refusals)} of the lines can't be taken, line {first.line} first: {first.reason} "
            "Nobody was invited. Mend the file, or leave these lines out."
        )
    if not reading.people:
        raise InvalidInvitation("The file lists nobody who can be invited.")
    return workers.invite_each(study=study, people=reading.people, now=now, by=by)


def written(people: Sequence[Person]) -> str:
    """The same people as a file again."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows([getattr(person, name) for name in COLUMNS] for person in people)
    return text.getvalue()


def _decoded(content: bytes) -> str:
    """Text as spreadsheets save it: UTF-8, with or without its mark, or UTF-16 with it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InvalidInvitation("The file is no complete UTF-16 text; save it as “CSV UTF-8”.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInvitation(
            f"Line {line} is not in UTF-8, so that names would come out wrong. Save the file as “CSV UTF-8”."
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise InvalidInvitation(f"Line {line} holds a zero byte: this is no text file. Save it as “CSV UTF-8”.")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The line each row begins on, and its cells; empty lines are passed over."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    first = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield first, [cell.strip() for cell in cells]
            first = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInvitation(f"Line {reader.line_num} can't be read: {error}. Look at its quotes.") from error


def _columns(cells: list[str]) -> list[str]:
    names = [ALIASES.get(cell.casefold(), cell.casefold()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = [cells[place] for place, name in enumerate(names) if name not in COLUMNS]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise InvalidInvitation(
            f"The first line must name the columns, and {' and '.join(missing)} is missing: "
            "write “name,email”, and after them “language” or “note” if you like."
        )
    if unknown:
        raise InvalidInvitation(
            f"The column {unknown[0][:50]!r} is none that is known; there are {', '.join(COLUMNS)}. Take it out."
        )
    if len(set(names)) < len(names):
        raise InvalidInvitation("The first line names a column twice; name each once.")
    return names


def _fitting(cells: Sequence[str], num: int) -> list[str]:
    """As many cells as there are columns; a spreadsheet may write empty ones behind them."""
    if len(cells) > num and any(cells[num:]):
        raise InvalidInvitation(f"It has {len(cells)} cells where the first line names {num} columns.")
    return [*cells[:num], *[""] * (num - len(cells))]


def _person(cells: dict[str, str]) -> Person:
    return Person(
        name=_line(cells["name"], "The name", workers.MAX_NAME),
        email=_email(cells["email"]),
        language=_language(cells.get("language", "")),
        note=_line(cells["note"], "The note", MAX_NOTE) if cells.get("note") else "",
    )


def _line(text: str, what: str, most: int) -> str:
    line = unicodedata.normalize("NFC", text)
    if not line:
        raise InvalidInvitation(f"{what} is empty.")
    if len(line) > most:
        raise InvalidInvitation(f"{what} has {len(line)} characters; at most {most} are possible.")
    for character in line:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise InvalidInvitation(f"{what} holds the control character U+{ord(character):04X}; take it out.")
    if line.startswith(FORMULA):
        raise InvalidInvitation(f"{what} begins with {line[0]!r}, which spreadsheets run as a formula; take it out.")
    return line


def _email(text: str) -> str:
    """In small letters, so that the same address is the same person."""
    if not text:
        raise InvalidInvitation("The e-mail address is empty.")
    email = text.lower()
    if len(email) > MAX_EMAIL or text.startswith(FORMULA):
        raise InvalidInvitation(f"{text[:60]!r} is no e-mail address that can be written to.")
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInvitation(f"{text[:60]!r} is no e-mail address.") from error
    return email


def _language(text: str) -> str:
    known = dict(settings.LANGUAGES)
    if text and text.lower() not in known:
        raise InvalidInvitation(f"There are no texts in {text[:20]!r}; choose {' or '.join(known)}, or leave it empty.")
    return text.lower()
