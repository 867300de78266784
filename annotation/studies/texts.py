"""Texts from outside, as they may be kept and shown to workers, or a refusal that names them."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from annotation.errors import InvalidStudy

MAX_NAME = 200
MAX_TEXT = 5000
MAX_URL = 2000
MAX_AUTHORS = 100
MAX_AUTHORS_TEXT = 2 * MAX_AUTHORS * (MAX_NAME + 2)  # what may be sent, with line breaks and empty lines
TURNING = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Signs that change the direction of writing, also of what stands behind a name; a paragraph ends what they do."""


def line(text: str, what: str, max_length: int) -> str:
    """One line of text from outside, in composed form, or a refusal that names it."""
    line = unicodedata.normalize("NFC", text).strip()
    if not line:
        raise InvalidStudy(f"{what} is empty; give it one.")
    if len(line) > max_length:
        raise InvalidStudy(f"{what} has {len(line)} characters; at most {max_length} are possible.")
    return _without_controls(line, what, allowed="")


def paragraphs(text: str, what: str) -> str:
    """Text of several lines from outside."""
    if len(text) > MAX_TEXT:
        raise InvalidStudy(f"{what} has {len(text)} characters; at most {MAX_TEXT} are possible.")
    return _without_controls(unicodedata.normalize("NFC", text).strip(), what, allowed="\n\r\t" + "".join(TURNING))


def authors(text: str) -> str:
    """One author a line: `Family, Given`, or without a comma an organisation, or who has one name only."""
    lines = [
        " ".join(line(each, "An author", MAX_NAME).split()) for each in re.split(r"\r\n|\r|\n", text) if each.strip()
    ]
    if len(lines) > MAX_AUTHORS:
        raise InvalidStudy(f"There are {len(lines)} authors; at most {MAX_AUTHORS} are possible.")
    for author in lines:
        family, comma, given = (part.strip() for part in author.partition(","))
        if comma and not (family and given):
            raise InvalidStudy(f"The author {author!r} lacks a part; write Family, Given, or a name without a comma.")
        if lines.count(author) > 1:
            raise InvalidStudy(f"The author {author!r} is there twice; take one out.")
    return "\n".join(lines)


def web_address(text: str, what: str, max_length: int) -> str:
    """An address that a worker's browser may safely be led to: never a script, never a file."""
    url = line(text, what, max_length)
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError as error:
        raise InvalidStudy(f"{what} is not a web address: {url!r}. It must begin with https:// or http://.") from error
    return url


def _without_controls(text: str, what: str, allowed: str) -> str:
    for character in text:
        # Cc: control, Cs: half a character, Zl and Zp: line breaks in disguise.
        is_control = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in TURNING
        if is_control and character not in allowed:
            raise InvalidStudy(f"{what} holds the control character U+{ord(character):04X}; take it out.")
    return text
