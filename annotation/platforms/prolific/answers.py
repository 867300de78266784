"""What Prolific's answers must look like: nothing of them is used before its type and its size are known."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from annotation.platforms.paid import visible
from annotation.platforms.prolific.access import IDENTIFIER

LONGEST_TEXT = 20_000
LONGEST_REASON = 500
MOST_MINOR_UNITS = 10**12


class Malformed(Exception):
    """Not as published. Seen by the transport only, which knows whether something may have been done."""


@dataclass(frozen=True)
class Answer:
    """One that came in full; whether its body is as published is seen when it is read."""

    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes

    def fields(self) -> "Fields":
        return Fields(parsed(self.body))


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError):
        raise Malformed("no JSON") from None


def _no_number(name: str) -> None:
    raise ValueError(name)


class Fields:
    """A JSON object, read by the name and the type of what is wanted."""

    def __init__(self, content: Any) -> None:
        if not isinstance(content, dict):
            raise Malformed("no object")
        self._content = content

    def has(self, name: str) -> bool:
        return self._content.get(name) is not None

    def text(self, name: str) -> str:
        """Empty where it is null or missing."""
        value = self._content.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise Malformed(f"{name} is no text")
        return value

    def identifier(self, name: str) -> str:
        value = self._content.get(name)
        if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
            raise Malformed(f"{name} is no id")
        return value

    def whole(self, name: str) -> int:
        return _whole(self._content.get(name), name)

    def whole_or_debt(self, name: str) -> int:
        """May be below nothing."""
        value = self._content.get(name)
        if isinstance(value, int | Decimal) and value < 0:
            return -_whole(-value, name)
        return _whole(value, name)

    def whole_above(self, name: str) -> int:
        """Of an amount that may have parts of the smallest unit: as many units as cover it."""
        value = self._content.get(name)
        if isinstance(value, Decimal) and abs(value) <= MOST_MINOR_UNITS:
            value = math.ceil(value)
        return _whole(value, name)

    def wholes(self, name: str) -> list[int]:
        """Empty where it is null or missing."""
        return [_whole(value, name) for value in self._list(name)]

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        if not text:
            return None
        try:
            value = datetime.fromisoformat(text)
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise Malformed(f"{name} is no time") from None

    def part(self, name: str) -> "Fields":
        """Empty where it is null or missing."""
        value = self._content.get(name)
        return Fields({} if value is None else value)

    def entries(self, name: str) -> list["Fields"]:
        if name not in self._content:
            raise Malformed(f"no {name}")
        return [Fields(value) for value in self._list(name)]

    def _list(self, name: str) -> list[Any]:
        value = self._content.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Malformed(f"{name} is no list")
        return value


def _whole(value: Any, name: str) -> int:
    """Money and places come as numbers with a point; what is behind it must be nothing."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Malformed(f"{name} is no number")
    if not 0 <= value <= MOST_MINOR_UNITS or int(value) != value:
        raise Malformed(f"{name} is no whole number")
    return int(value)


def reason(content: Any) -> str:
    """Why it said no, of whatever form, as one line that can be shown; empty where it doesn't say."""
    told = content.get("error", content) if isinstance(content, dict) else content
    pieces = [told.get(name) for name in ("title", "message", "detail")] if isinstance(told, dict) else [told]
    text = ": ".join(dict.fromkeys(piece for piece in map(_line, pieces) if piece))
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def _line(told: Any, depth: int = 0) -> str:
    if isinstance(told, str):
        return visible(told[: 2 * LONGEST_REASON])
    if isinstance(told, list) and depth < 3:
        return "; ".join(filter(None, (_line(each, depth + 1) for each in told[:10])))
    if isinstance(told, dict) and depth < 3:
        pairs = ((_line(str(name)), _line(each, depth + 1)) for name, each in list(told.items())[:10])
        return "; ".join(f"{name}: {each}" for name, each in pairs if each)
    return ""
