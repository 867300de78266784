"""Requests to Prolific: one at a time, never repeated by themselves, never led to another host.

An exception that leaves here holds no trace of the request: its headers bear the token.
"""

import json
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from annotation.access import UnfitAnswer, body_of
from annotation.platforms.paid import PlatformError, PlatformRefused, Uncertain
from annotation.platforms.prolific import failures
from annotation.platforms.prolific.access import IDENTIFIER, Access
from annotation.platforms.prolific.answers import Answer, Malformed, parsed, reason

Result = TypeVar("Result")
Reader = Callable[[Answer], Result]


class Transport:
    """The connection of one account; close it when it is not needed any more."""

    def __init__(
        self, access: Access, *, connect_seconds: float = 5, read_seconds: float = 30, whole_seconds: float = 120
    ) -> None:
        parts = urlsplit(access.endpoint)
        self._prefix = parts.path.rstrip("/") + "/api/v1/"
        self._token = access.token
        self._whole_seconds = whole_seconds
        self._pool = urllib3.connection_from_url(
            f"{parts.scheme}://{parts.netloc}",
            timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
            retries=False,
            maxsize=4,
        )

    def close(self) -> None:
        self._pool.close()

    def read(self, path: str, reader: Reader[Result], **query: str) -> Result:
        """What is there."""
        target = f"{path}?{urlencode(query)}" if query else path
        return self._ask("GET", target, None, reader, changes=False)

    def compute(self, path: str, body: object, reader: Reader[Result]) -> Result:
        """What follows from the body; nothing is changed by it."""
        return self._ask("POST", path, body, reader, changes=False)

    def change(self, method: str, path: str, body: object | None, reader: Reader[Result]) -> Result:
        """Have something done. An answer that can't be read leaves it uncertain whether it was."""
        return self._ask(method, path, body, reader, changes=True)

    def _ask(self, method: str, target: str, body: object | None, reader: Reader[Result], *, changes: bool) -> Result:
        outcome = self._answer(method, target, body, changes=changes)
        if isinstance(outcome, PlatformError):
            raise outcome
        try:
            return reader(outcome)
        except Malformed as error:
            problem = f"Prolific answers otherwise than published ({method} {target.partition('?')[0]}: {error})."
        if changes:
            raise Uncertain(f"{problem} It may have done it, or not.")
        raise PlatformRefused(problem)

    def _answer(self, method: str, target: str, body: object | None, *, changes: bool) -> Answer | PlatformError:
        """The answer, or what is wrong with it: as a value, so that no traceback leads back to the headers."""
        try:
            response = self._pool.request(
                method,
                self._prefix + target,
                body=None if body is None else json.dumps(body).encode(),
                headers=self._headers(),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            status, headers = response.status, {name.lower(): value for name, value in response.headers.items()}
            content = body_of(response, whole_seconds=self._whole_seconds)
        except HTTPError as error:
            return failures.of_connection(error, changes=changes)
        except UnfitAnswer:
            return failures.unanswered(changes=changes)
        answer = Answer(status, headers, content)
        return failures.of_status(status, headers, self._reason(answer), changes=changes) or answer

    def _reason(self, answer: Answer) -> str:
        """What it says itself, without the token, should it repeat that."""
        try:
            told = parsed(answer.body)
        except Malformed:
            return ""
        return reason(told).replace(self._token.reveal(), "…")

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Token {self._token.reveal()}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "twinset",
        }


def path(*parts: str) -> str:
    """The parts joined, each of them a name or an id and nothing else; ids come from outside."""
    for part in parts:
        if not IDENTIFIER.fullmatch(part):
            raise PlatformRefused(f"{quote(part[:40])} is no id of Prolific's.")
    return "/".join(parts) + "/"
