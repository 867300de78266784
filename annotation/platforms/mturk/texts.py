"""What is put into the protocol and taken out of it as text: titles, reasons, tokens, XML."""

import logging
import re
from xml.parsers import expat
from xml.sax.saxutils import escape

from annotation.platforms.paid import PlatformRefused

logger = logging.getLogger(__name__)

QUESTION_SCHEMA = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd"
COMPLETION_FIELD = "completion_code"
"""The field of the worker's form that holds the completion code."""
LONGEST_ANSWER = 256 * 1024
LONGEST_CODE = 200
NOT_TAKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # by the service, nor by XML
TOKEN = re.compile(r"[A-Za-z0-9._:/+=-]{1,64}")


class _Refused(Exception):
    """The answer holds what no answer needs."""


def plain(text: str, *, limit: int, what: str) -> str:
    """The text as the service takes it; one that is too long is refused, not cut."""
    text = NOT_TAKEN.sub(" ", text).strip()
    if not text:
        raise PlatformRefused(f"The {what} is empty.")
    if len(text) > limit:
        raise PlatformRefused(f"The {what} has {len(text)} characters; MTurk takes {limit}.")
    return text


def check_token(token: str) -> None:
    if not TOKEN.fullmatch(token):
        raise PlatformRefused("A token has 1 to 64 letters, digits or any of . _ : / + = -")


def external_question(address: str, *, frame_height: int) -> str:
    """The page that workers see in a frame of that many pixels (0: as high as their window)."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ExternalQuestion xmlns="{QUESTION_SCHEMA}">'
        f"<ExternalURL>{escape(address)}</ExternalURL><FrameHeight>{frame_height}</FrameHeight></ExternalQuestion>"
    )


def completion_code(answer: str) -> str:
    """What the worker's form said in the field `COMPLETION_FIELD`; empty where it said nothing, or nothing readable.

    Answers come from workers: document types and entities are refused, whatever they would do.
    """
    try:
        return _fields(answer).get(COMPLETION_FIELD, "")[:LONGEST_CODE].strip()
    except (_Refused, expat.ExpatError, ValueError) as error:
        if answer:
            logger.warning("an answer can't be read: %s", type(error).__name__)
        return ""


def _fields(answer: str) -> dict[str, str]:
    if len(answer) > LONGEST_ANSWER:
        raise _Refused
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.Parse(answer.encode(), True)
    return reader.fields


class _Reader:
    """Collects QuestionIdentifier and FreeText of each Answer; the first of a name counts."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._inside = ""

    def refuse(self, *_: object) -> int:
        raise _Refused

    def start(self, name: str, _: object) -> None:
        self._inside = name.rpartition(" ")[2]
        if self._inside == "Answer":
            self._parts = {}

    def text(self, text: str) -> None:
        if self._inside in ("QuestionIdentifier", "FreeText"):
            self._parts[self._inside] = self._parts.get(self._inside, "") + text

    def end(self, name: str) -> None:
        self._inside = ""
        if name.rpartition(" ")[2] == "Answer":
            self.fields.setdefault(self._parts.get("QuestionIdentifier", ""), self._parts.get("FreeText", ""))
