"""Who may go where: one line per route. A route without a line fails the test; nothing is open by omission."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.routes.access import METHODS, STAFF, Access, Rule
from tests.routes.api import API
from tests.routes.pages import PAGES

__all__ = ["METHODS", "RULES", "Access", "Route", "expected", "routes", "rule_of"]

SIGNED_OUT = ("anonymous", "worker")
NOT_OFFERED = (HTTPStatus.METHOD_NOT_ALLOWED,)
HARMLESS = (200, 302, 401, 403, 404, 405)  # OPTIONS tells methods at most
# Who finds nothing at an address.
OUTSIDERS = {
    Access.ADMIN: ("stranger", "reviewer", "member"),
    Access.MEMBER: ("stranger", "reviewer"),
    Access.REVIEWER: ("stranger",),
}
RULES = PAGES | API


@dataclass(frozen=True)
class Route:
    name: str
    pattern: str

    def address(self, values: dict[str, Any]) -> str:
        """The path with its parameters filled in."""
        filled = re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", lambda m: str(values[m[1] or m[2]]), self.pattern)
        return "/" + filled.replace("^", "").replace("$", "")


def routes() -> Iterator[Route]:
    """Every route there is, with its namespaces."""
    yield from _below(get_resolver(), "", "")


def _below(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        whole = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _below(pattern, whole, inner)
        elif isinstance(pattern, URLPattern):
            yield Route(namespace + (pattern.name or f"unnamed {whole}"), whole)


def rule_of(route: Route) -> Rule | None:
    return RULES.get(route.name) or (STAFF if route.name.startswith("admin:") else None)


def expected(rule: Rule, role: str, method: str, address: str) -> tuple[int, ...]:
    """The statuses this role may get; a method that is not offered may be refused before the person is."""
    answers = rule.answers(method)
    if method == "OPTIONS":
        return HARMLESS
    if rule.access in (Access.PUBLIC, Access.TOKEN):
        return answers
    if role in SIGNED_OUT:
        return (HTTPStatus.UNAUTHORIZED,) if address.startswith("/api/") else (HTTPStatus.FOUND,)
    if rule.access == Access.STAFF and role != "admin":
        return (HTTPStatus.FOUND,)
    if role in OUTSIDERS.get(rule.access, ()):
        return answers if answers == NOT_OFFERED else (HTTPStatus.NOT_FOUND,)
    return answers
