"""The operations by name, and what several of them need."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from tests.fakes.mturk.account import Account
from tests.fakes.mturk.protocol import invalid, refusal

Parameters = dict[str, Any]
Operation = Callable[[Account, Parameters], dict[str, Any]]
OPERATIONS: dict[str, Operation] = {}
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
T = TypeVar("T")


def operation(name: str) -> Callable[[Operation], Operation]:
    def enter(function: Operation) -> Operation:
        assert name not in OPERATIONS
        OPERATIONS[name] = function
        return function

    return enter


def check_text(parameters: Parameters, name: str, limit: int, *, least: int = 1) -> None:
    value = parameters.get(name)
    if value is not None and (not least <= len(value) <= limit or CONTROL.search(value)):
        raise invalid(name, value)


def check_number(parameters: Parameters, name: str, least: int, most: int) -> None:
    value = parameters.get(name)
    if value is not None and not least <= value <= most:
        raise invalid(name, value)


def check_token(account: Account, name: str, parameters: Parameters) -> None:
    token = parameters.get("UniqueRequestToken")
    if account.used(name, token) is not None:
        raise refusal("DuplicateRequest", f'The idempotency token "{token}" has already been processed.')


def page(rows: Iterable[T], parameters: Parameters, *, of: str) -> tuple[list[T], dict[str, Any]]:
    """At most a hundred rows (ten, if nothing is said), how many, and the token that leads on where there are more."""
    start = _start(parameters.get("NextToken"), of)
    size = parameters.get("MaxResults", 10)
    found = list(islice(rows, start, start + size + 1))
    shown: dict[str, Any] = {"NumResults": len(found[:size])}
    if len(found) > size:
        shown["NextToken"] = base64.b64encode(json.dumps([of, start + size]).encode()).decode()
    return found[:size], shown


def _start(token: str | None, of: str) -> int:
    if token is None:
        return 0
    try:
        named, start = json.loads(base64.b64decode(token, validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid("NextToken", token) from error
    if named != of:
        raise invalid("NextToken", token)
    return int(start)
