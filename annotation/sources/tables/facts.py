"""What tables and notes say of an image beside where it is, and by which names they call it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from annotation.sources.base import printable

MAX_SHORT = 200
MAX_PAGE_URL = 2000
SPELLINGS = {
    "path": ("path", "file_name", "filename", "file_path"),
    "url": ("url", "image_url"),
    "id": ("id", "image_id"),
    "class_id": ("class_id", "class", "target_class", "wnid"),
    "licence": ("licence", "license"),
    "taken_at": ("taken_at", "date_taken"),
    "uploaded_at": ("uploaded_at", "date_uploaded"),
    "owner": ("owner", "author"),
    "page_url": ("page_url", "page"),
    "query": ("query", "search_term"),
}
"""The fields of a record, each with what it may be called; the first that there is counts."""
FACTS = ("licence", "taken_at", "uploaded_at", "owner", "page_url", "query")


def places(names: Sequence[str]) -> dict[str, int]:
    """Where each field is among the names of a table's columns; what the table lacks is left out."""
    found = {}
    for field, spellings in SPELLINGS.items():
        name = next((each for each in spellings if each in names), None)
        if name is not None:
            found[field] = names.index(name)
    return found


def facts_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """The facts as a record has them; `ValueError` ends the sentence that begins with where they stand."""
    facts: dict[str, Any] = {}
    for field in FACTS:
        text = texts.get(field, "").strip()
        if not text:
            continue
        if field.endswith("_at"):
            facts[field] = _moment(field, text)
        else:
            facts[field] = _short(field, text)
    return facts


def text_of(value: object) -> str:
    """A value of JSON or a table as text; `ValueError` where it is none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"has {printable(repr(value)[:40])} where a text belongs")


def is_text(text: str) -> bool:
    """Whether it has no half characters: they stand for bytes that are no UTF-8, and no database keeps them."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _short(field: str, text: str) -> str:
    text = printable(text)
    limit = MAX_PAGE_URL if field == "page_url" else MAX_SHORT
    if len(text) > limit:
        hint = "; give its short name or its address" if field == "licence" else ""
        article = "an" if field[0] in "aeiou" else "a"
        raise ValueError(f"has {article} {field} of more than {limit:,} characters{hint}")
    if field == "page_url" and not text.lower().startswith(("https://", "http://")):
        raise ValueError(f"has page_url {text[:40]!r}, which does not begin with https:// or http://")
    return text


def _moment(field: str, text: str) -> datetime:
    """As it is written, in universal time where nothing is said of the zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        shown = printable(text[:40])
        raise ValueError(
            f"has {field} {shown!r}, which is no date such as 2014-05-31 or 2014-05-31T14:05:00Z"
        ) from error
