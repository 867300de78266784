"""Who may go where: one line per route. A route without a line fails the test; nothing is open by omission."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SIGNED_OUT = ("anonymous", "worker")
NOT_OFFERED = (HTTPStatus.METHOD_NOT_ALLOWED,)
HARMLESS = (200, 302, 401, 403, 404, 405)  # OPTIONS tells methods at most


class Access(Enum):
    PUBLIC = "anybody"
    TOKEN = "whoever holds the token in the address"
    SIGNED_IN = "every signed-in person; what they see is their own"
    REVIEWER = "the people of the study and its reviewers; to others it does not exist"
    MEMBER = "the people of the study; to others it does not exist"
    ADMIN = "admins only; to others, the people of the study too, it does not exist"
    STAFF = "admins only, who are asked to sign in as such"


@dataclass(frozen=True)
class Rule:
    """What a permitted person gets per method, sent without a body; a method that is not named is refused."""

    access: Access
    get: int | tuple[int, ...] = 405
    post: int | tuple[int, ...] = 405
    put: int | tuple[int, ...] = 405
    patch: int | tuple[int, ...] = 405
    delete: int | tuple[int, ...] = 405

    @property
    def methods(self) -> tuple[str, ...]:
        """Those worth sending: Django's admin has some hundred addresses and takes PUT and PATCH for GET."""
        return ("GET", "POST", "DELETE") if self.access == Access.STAFF else METHODS

    def answers(self, method: str) -> tuple[int, ...]:
        found = getattr(self, {"HEAD": "get"}.get(method, method.lower()), 405)
        return found if isinstance(found, tuple) else (found,)


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


# Who finds nothing at an address.
OUTSIDERS = {
    Access.ADMIN: ("stranger", "reviewer", "member"),
    Access.MEMBER: ("stranger", "reviewer"),
    Access.REVIEWER: ("stranger",),
}
ADMIN = (200, 302, 403, 404, 405)
STAFF = Rule(Access.STAFF, get=ADMIN, post=ADMIN, delete=ADMIN)
# The form, or onward for who is signed in already.
SIGN_IN = Rule(Access.PUBLIC, get=(200, 302), post=(200, 302), put=(200, 302), patch=(302, 405), delete=(302, 405))
PAGE = Rule(Access.MEMBER, get=200)
REVIEW_PAGE = Rule(Access.REVIEWER, get=200)
LIST = Rule(Access.SIGNED_IN, get=200)
WRITABLE_LIST = Rule(Access.SIGNED_IN, get=200, post=400)
RESOURCE = Rule(Access.MEMBER, get=200)
NOTHING = Rule(Access.SIGNED_IN, get=404, post=404, put=404, patch=404, delete=404)

RULES = {
    "admin:login": SIGN_IN,
    # The platforms' entrance: what is not signed is not heard.
    "platforms:prolific-notifications": Rule(Access.PUBLIC, post=401),
    # The people's entrance.
    "frontend:login": SIGN_IN,
    "frontend:logout": Rule(Access.SIGNED_IN, post=302),
    "frontend:password": Rule(Access.SIGNED_IN, get=200, post=200),
    "frontend:study-list": Rule(Access.SIGNED_IN, get=200),
    "frontend:study-detail": PAGE,
    "frontend:researcher-add": Rule(Access.ADMIN, post=302),
    "frontend:researcher-remove": Rule(Access.ADMIN, post=302),
    "frontend:class-list": PAGE,
    "frontend:class-import": Rule(Access.MEMBER, get=200, post=400),
    "frontend:class-wordnet": Rule(Access.MEMBER, post=302),
    "frontend:class-nearest": Rule(Access.MEMBER, get=200, post=302),
    "frontend:class-correct": Rule(Access.MEMBER, get=200, post=400),
    "frontend:candidate-list": PAGE,
    "frontend:candidate-detail": PAGE,
    "frontend:candidate-image": PAGE,
    "frontend:candidate-exclude": Rule(Access.MEMBER, post=302),
    "frontend:candidate-let-in": Rule(Access.MEMBER, post=302),
    "frontend:candidate-take-down": Rule(Access.ADMIN, get=200, post=400),
    "frontend:bulk-exclusion-list": PAGE,
    "frontend:bulk-exclusion-new": Rule(Access.MEMBER, get=200, post=400),
    "frontend:bulk-exclusion-undo": Rule(Access.MEMBER, post=302),
    "frontend:candidate-settle": Rule(Access.MEMBER, post=302),
    "frontend:collection-list": PAGE,
    "frontend:collection-create": Rule(Access.MEMBER, get=200, post=400),
    "frontend:collection-detail": PAGE,
    "frontend:collection-refusals": PAGE,
    "frontend:collection-stop": Rule(Access.MEMBER, post=302),
    "frontend:collection-resume": Rule(Access.MEMBER, post=302),
    "frontend:pool-comparison": PAGE,
    "frontend:pool-comparison-chart": PAGE,
    "frontend:pool-comparison-csv": PAGE,
    "frontend:pool-comparison-measure": Rule(Access.MEMBER, post=302),
    "frontend:duplicates": PAGE,
    "frontend:duplicates-search": Rule(Access.MEMBER, post=302),
    "frontend:duplicate-pair-decide": Rule(Access.MEMBER, post=302),
    "frontend:duplicate-decision-list": PAGE,
    "frontend:duplicate-decision-undo": Rule(Access.MEMBER, post=302),
    "frontend:references-remove": Rule(Access.MEMBER, post=302),
    "frontend:duplicate-candidate-keep": Rule(Access.MEMBER, post=302),
    "frontend:reference-image": PAGE,
    "frontend:guidelines": Rule(Access.MEMBER, get=200, post=302),
    "frontend:example-add": Rule(Access.MEMBER, post=302),
    "frontend:example-remove": Rule(Access.MEMBER, post=302),
    "frontend:example-image": PAGE,
    "frontend:grid-list": PAGE,
    "frontend:batch-detail": PAGE,
    "frontend:batch-statement": PAGE,
    "frontend:batch-statement-csv": PAGE,
    "frontend:batch-pay-all": Rule(Access.MEMBER, post=302),
    "frontend:batch-compare": Rule(Access.MEMBER, post=302),
    "frontend:place-detail": PAGE,
    "frontend:place-pay": Rule(Access.MEMBER, post=302),
    "frontend:place-enter": Rule(Access.MEMBER, post=302),
    "frontend:place-reject": Rule(Access.MEMBER, post=302),
    "frontend:place-bonus": Rule(Access.MEMBER, post=400),
    "frontend:place-give-up": Rule(Access.MEMBER, post=302),
    "frontend:place-refund": Rule(Access.MEMBER, post=302),
    "frontend:rejection-reverse": Rule(Access.MEMBER, post=302),
    "frontend:message-list": PAGE,
    "frontend:message-thread": PAGE,
    "frontend:message-answer": Rule(Access.MEMBER, post=400),
    "frontend:message-read": Rule(Access.MEMBER, post=302),
    "frontend:batch-pause": Rule(Access.MEMBER, post=302),
    "frontend:batch-resume": Rule(Access.MEMBER, post=302),
    "frontend:batch-rest": Rule(Access.MEMBER, post=302),
    "frontend:batch-retry": Rule(Access.MEMBER, post=302),
    "frontend:batch-extend": Rule(Access.MEMBER, post=302),
    "frontend:batch-budget": Rule(Access.MEMBER, post=302),
    "frontend:batches-stop": Rule(Access.MEMBER, post=302),
    "frontend:launch-create": Rule(Access.MEMBER, get=200, post=400),
    "frontend:launch-preview": Rule(Access.MEMBER, post=200),
    "frontend:launch-detail": PAGE,
    "frontend:launch-edit": Rule(Access.MEMBER, get=200, post=400),
    "frontend:launch-confirm": Rule(Access.MEMBER, post=400),
    "frontend:launch-second": Rule(Access.MEMBER, post=400),
    "frontend:launch-withdraw": Rule(Access.MEMBER, post=302),
    "frontend:invitation-list": Rule(Access.MEMBER, get=200, post=400),
    "frontend:invitation-detail": PAGE,
    "frontend:invitation-withdraw": Rule(Access.MEMBER, post=302),
    "frontend:rehearsal": Rule(Access.MEMBER, post=302),
    "frontend:invitation-people": Rule(Access.MEMBER, get=200, post=400),
    "frontend:invitation-letters": Rule(Access.MEMBER, post=302),
    "frontend:invitation-codes": Rule(Access.MEMBER, post=302),
    "frontend:invitation-sheet": PAGE,
    "frontend:invitation-links": PAGE,
    "frontend:invitation-completion": Rule(Access.MEMBER, get=200, post=400),
    "frontend:enrolment-revoke": Rule(Access.MEMBER, post=302),
    "frontend:quality": PAGE,
    "frontend:quality-classes": PAGE,
    "frontend:quality-worker": PAGE,
    "frontend:quality-review": Rule(Access.MEMBER, post=302),
    "frontend:quality-rules": Rule(Access.MEMBER, post=400),
    "frontend:quality-decide": Rule(Access.MEMBER, post=302),
    "frontend:quality-decision-reverse": Rule(Access.MEMBER, post=302),
    "frontend:quality-decision-replay": Rule(Access.MEMBER, post=302),
    "frontend:frequency-list": PAGE,
    "frontend:test-set-feasibility": PAGE,
    "frontend:test-set-history": PAGE,
    "frontend:test-set-diff": PAGE,
    "frontend:test-set-list": PAGE,
    "frontend:test-set-detail": PAGE,
    "frontend:test-set-histogram": PAGE,
    "frontend:classifier-list": PAGE,
    "frontend:classifier-detail": Rule(Access.MEMBER, get=200, post=400),
    "frontend:prediction-upload": Rule(Access.MEMBER, get=200, post=400),
    "frontend:prediction-withdraw": Rule(Access.MEMBER, post=302),
    "frontend:run-list": PAGE,
    "frontend:report-detail": PAGE,
    "frontend:report-json": PAGE,
    "frontend:report-html": PAGE,
    "frontend:report-chart": PAGE,
    "frontend:report-classes": PAGE,
    "frontend:study-create": Rule(Access.SIGNED_IN, get=200, post=200),
    "frontend:grid-compose": Rule(Access.MEMBER, post=302),
    "frontend:batch-launch": Rule(Access.MEMBER, post=302),
    "frontend:batch-expire": Rule(Access.MEMBER, post=302),
    "frontend:frequency-histogram": PAGE,
    "frontend:plan": PAGE,
    "frontend:top-up": Rule(Access.MEMBER, get=200, post=200),
    "frontend:plan-precision": Rule(Access.MEMBER, get=404),  # nothing is fitted to the study of the tests
    "frontend:plan-power": PAGE,
    "frontend:frequency-recount": Rule(Access.MEMBER, post=302),
    "frontend:test-set-build": Rule(Access.MEMBER, post=400),
    "frontend:test-sets-freeze": Rule(Access.MEMBER, post=302),
    "frontend:test-set-rebuild": Rule(Access.MEMBER, post=302),
    "frontend:test-set-freeze": Rule(Access.MEMBER, post=302),
    "frontend:test-set-review-list": LIST,
    "frontend:test-set-review-detail": REVIEW_PAGE,
    "frontend:test-set-review-class": Rule(Access.REVIEWER, get=200, post=302),
    "frontend:test-set-review-image": REVIEW_PAGE,
    "frontend:test-set-review-verdict": Rule(Access.REVIEWER, post=302),
    "frontend:test-set-review-conflicts": REVIEW_PAGE,
    "frontend:test-set-review-resolve": Rule(Access.REVIEWER, post=302),
    "frontend:test-set-review-open": Rule(Access.MEMBER, post=302),
    "frontend:test-set-review-rebuild": Rule(Access.MEMBER, post=302),
    "frontend:test-set-review-send-back": Rule(Access.MEMBER, post=302),
    "frontend:reviewer-add": Rule(Access.MEMBER, post=302),
    "frontend:reviewer-remove": Rule(Access.MEMBER, post=302),
    "frontend:export-list": PAGE,
    "frontend:export-request": Rule(Access.MEMBER, post=302),
    "frontend:export-retry": Rule(Access.MEMBER, post=302),
    "frontend:export-remove": Rule(Access.MEMBER, post=302),
    "frontend:export-download": Rule(Access.MEMBER, get=302),
    "frontend:download": Rule(Access.TOKEN, get=200),
    "frontend:run-request": Rule(Access.MEMBER, post=302),
    "frontend:run-cancel": Rule(Access.MEMBER, post=302),
    "frontend:report-build": Rule(Access.MEMBER, post=302),
    "frontend:chart-script": Rule(Access.SIGNED_IN, get=200),
    # Workers.
    "frontend:invitation": Rule(Access.TOKEN, get=200, post=303),
    "frontend:start": Rule(Access.TOKEN, get=200, post=200),
    "frontend:join-code": Rule(Access.PUBLIC, get=200, post=404),
    "frontend:home": Rule(Access.TOKEN, get=200, post=303),
    "frontend:message-send": Rule(Access.TOKEN, post=400),
    "frontend:links-revoke": Rule(Access.TOKEN, post=303),
    "frontend:practice": Rule(Access.TOKEN, get=200, post=200),
    "frontend:practice-image": Rule(Access.TOKEN, get=200),
    "frontend:assignment": Rule(Access.TOKEN, get=200, post=400),
    "frontend:assignment-draft": Rule(Access.TOKEN, post=200),
    "frontend:assignment-next": Rule(Access.TOKEN, post=200),
    "frontend:assignment-lease": Rule(Access.TOKEN, post=200),
    "frontend:assignment-release": Rule(Access.TOKEN, post=303),
    "frontend:assignment-image-report": Rule(Access.TOKEN, post=400),
    "frontend:assignment-image": Rule(Access.TOKEN, get=200),
    "frontend:assignment-sheet": Rule(Access.TOKEN, get=200),
    "frontend:assignment-example": Rule(Access.TOKEN, get=200),
    "frontend:done": Rule(Access.TOKEN, get=200, post=303),
    # The programs' entrance.
    "api:schema": Rule(Access.SIGNED_IN, get=200),
    "api:unknown": NOTHING,
    "api:token-list": Rule(Access.PUBLIC, post=400),
    "api:token-current": Rule(Access.SIGNED_IN, delete=404),
    "api:study-list": WRITABLE_LIST,
    "api:study-detail": RESOURCE,
    "api:target-class-list": WRITABLE_LIST,
    "api:collection-list": WRITABLE_LIST,
    "api:collection-detail": RESOURCE,
    "api:collection-manifests": Rule(Access.SIGNED_IN, post=400),
    "api:collection-refusals": RESOURCE,
    "api:collection-stop": Rule(Access.MEMBER, post=201),
    "api:collection-resumption": Rule(Access.MEMBER, post=409),  # the operator allows no folder
    "api:target-class-detail": RESOURCE,
    "api:target-class-nearest": Rule(Access.MEMBER, post=400),
    "api:target-class-corrections": Rule(Access.MEMBER, get=200, post=201),  # nothing is to be another
    "api:candidate-list": LIST,
    "api:candidate-detail": RESOURCE,
    "api:candidate-rendition": RESOURCE,
    "api:candidate-exclusion": Rule(Access.MEMBER, post=400),
    "api:candidate-readmission": Rule(Access.MEMBER, post=409),  # it is not excluded
    "api:candidate-take-down": Rule(Access.ADMIN, get=200, post=400),
    "api:bulk-exclusion-list": WRITABLE_LIST,
    "api:bulk-exclusion-detail": RESOURCE,
    "api:bulk-exclusion-preview": Rule(Access.SIGNED_IN, post=400),
    "api:bulk-exclusion-reversal": Rule(Access.MEMBER, post=201),
    "api:pool-comparison-list": Rule(Access.SIGNED_IN, post=400),
    "api:duplicate-search-list": WRITABLE_LIST,
    "api:duplicate-search-detail": RESOURCE,
    "api:duplicate-pair-list": LIST,
    "api:duplicate-pair-detail": RESOURCE,
    "api:duplicate-pair-decision": Rule(Access.MEMBER, post=400),
    "api:duplicate-pair-reversal": Rule(Access.MEMBER, post=201),
    "api:reference-image-list": LIST,
    "api:reference-image-detail": Rule(Access.MEMBER, get=200, delete=204),
    "api:reference-image-removal": Rule(Access.SIGNED_IN, post=400),
    "api:survivor-choice-list": WRITABLE_LIST,
    "api:survivor-choice-detail": RESOURCE,
    "api:grid-list": WRITABLE_LIST,
    "api:batch-list": WRITABLE_LIST,
    "api:batch-detail": RESOURCE,
    "api:batch-expiry": Rule(Access.MEMBER, post=201),
    "api:batch-statement": RESOURCE,
    "api:place-list": Rule(Access.SIGNED_IN, get=400),
    "api:place-detail": RESOURCE,
    "api:place-payment": Rule(Access.MEMBER, post=409),
    "api:place-rejection": Rule(Access.MEMBER, post=400),
    "api:place-bonus": Rule(Access.MEMBER, post=400),
    "api:place-abandonment": Rule(Access.MEMBER, post=400),
    "api:rejection-list": LIST,
    "api:rejection-detail": RESOURCE,
    "api:rejection-reversal": Rule(Access.MEMBER, post=400),
    "api:message-list": WRITABLE_LIST,
    "api:message-detail": RESOURCE,
    "api:study-closing": Rule(Access.MEMBER, post=201),
    "api:batch-pause": Rule(Access.MEMBER, post=201),
    "api:batch-resumption": Rule(Access.MEMBER, post=201),
    "api:batch-closing": Rule(Access.MEMBER, post=201),
    "api:batch-budget": Rule(Access.MEMBER, post=400),
    "api:batch-workers": Rule(Access.MEMBER, post=400),
    "api:batch-rest": Rule(Access.MEMBER, post=409),  # it had no pilot
    "api:batch-figures": RESOURCE,
    "api:launch-list": WRITABLE_LIST,
    "api:launch-detail": Rule(Access.MEMBER, get=200, patch=200),
    "api:launch-preview": RESOURCE,
    "api:launch-confirmation": Rule(Access.MEMBER, post=400),
    "api:launch-second": Rule(Access.MEMBER, post=400),
    "api:launch-withdrawal": Rule(Access.MEMBER, post=201),
    "api:invitation-list": WRITABLE_LIST,
    "api:invitation-detail": RESOURCE,
    "api:invitation-people": Rule(Access.SIGNED_IN, post=400),
    "api:invitation-withdrawal": Rule(Access.MEMBER, post=201),
    "api:worker-decision-list": WRITABLE_LIST,
    "api:worker-decision-detail": RESOURCE,
    "api:worker-decision-reversal": Rule(Access.MEMBER, post=400),
    "api:worker-decision-replay": Rule(Access.MEMBER, post=409),
    "api:review-list": WRITABLE_LIST,
    "api:review-detail": RESOURCE,
    "api:frequency-list": LIST,
    "api:judgement-filter-list": LIST,
    "api:test-set-list": WRITABLE_LIST,
    "api:test-set-detail": RESOURCE,
    "api:test-set-images": RESOURCE,
    "api:test-set-manifest": RESOURCE,
    "api:test-set-freezing": Rule(Access.MEMBER, post=201),
    "api:test-set-plan-list": Rule(Access.SIGNED_IN, post=400),
    "api:test-set-changes-list": Rule(Access.SIGNED_IN, post=400),
    "api:test-set-review-list": WRITABLE_LIST,
    "api:test-set-review-detail": REVIEW_PAGE,
    "api:test-set-review-classes": REVIEW_PAGE,
    "api:test-set-review-images": REVIEW_PAGE,
    "api:test-set-review-picture": Rule(Access.REVIEWER, get=400),
    "api:test-set-review-originals": Rule(Access.REVIEWER, get=400),
    "api:test-set-review-conflicts": REVIEW_PAGE,
    "api:test-set-review-verdicts": Rule(Access.REVIEWER, post=400),
    "api:test-set-review-marks": Rule(Access.REVIEWER, post=400),
    "api:test-set-review-resolutions": Rule(Access.REVIEWER, post=400),
    "api:test-set-review-missing": RESOURCE,
    "api:test-set-review-rebuilding": Rule(Access.MEMBER, post=409),
    "api:test-set-review-returns": Rule(Access.MEMBER, post=400),
    "api:test-set-rebuilding": Rule(Access.MEMBER, post=201),
    "api:export-list": WRITABLE_LIST,
    "api:export-detail": RESOURCE,
    "api:export-link": Rule(Access.MEMBER, post=201),
    "api:export-retry": Rule(Access.MEMBER, post=201),
    "api:classifier-list": WRITABLE_LIST,
    "api:classifier-detail": RESOURCE,
    "api:classifier-description": Rule(Access.MEMBER, post=201),
    "api:prediction-list": Rule(Access.SIGNED_IN, post=400),
    "api:prediction-withdrawal": Rule(Access.MEMBER, post=400),
    "api:run-list": WRITABLE_LIST,
    "api:run-detail": RESOURCE,
    "api:run-cancellation": Rule(Access.MEMBER, post=409),
    "api:report-list": WRITABLE_LIST,
    "api:report-detail": RESOURCE,
}
