"""Every route as every role: what each may do, that others may not, and that nothing falls over."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from annotation import assignments
from annotation.exports import downloads
from annotation.models import Assignment, Study
from annotation.platforms import local
from tests import outside
from tests.routes import METHODS, RULES, Access, Route, expected, routes, rule_of
from tests.whole_study import WholeStudy, whole_study

ROLES = ["anonymous", "worker", "stranger", "reviewer", "member", "admin"]
AREAS = ["frontend", "api", "admin", "platforms"]
ROUTES = list(routes())


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


@pytest.fixture
def reviewer(whole: WholeStudy) -> User:
    user = User.objects.create_user("rene")
    whole.study.reviewers.add(user)
    return user


@pytest.fixture
def held(whole: WholeStudy) -> Assignment:
    """An assignment that a worker holds now."""
    claimed = assignments.claim(batch=whole.batch, worker=whole.enrolment.worker, now=timezone.now())
    assert claimed is not None
    return claimed


@pytest.fixture
def people(researcher: User, stranger: User, reviewer: User, admin: User) -> dict[str, User | None]:
    """A worker is nobody to us but the token in an address."""
    signed_in = {"stranger": stranger, "reviewer": reviewer, "member": researcher, "admin": admin}
    return {"anonymous": None, "worker": None, **signed_in}


def values(route: Route, whole: WholeStudy, held: Assignment) -> dict[str, Any]:
    """What the parameters of a route are filled with."""
    return {
        "slug": whole.study.slug,
        "pk": _pk(route, whole),
        "name": _name(route, whole),
        "image_format": "svg",
        "revision": whole.test_set.revision,
        "before": whole.test_set.revision,
        "after": whole.test_set.revision,
        "candidate": whole.candidate.pk,
        "position": 0,
        "number": whole.example.pk if "practice" in route.name else 0,
        "pseudonym": whole.enrolment.pseudonym,
        "token": _token(route, whole, held),
        "object_id": _object_id(route),
        "id": _object_id(route),
        "content_type_id": ContentType.objects.get_for_model(Study).pk,
        "app_label": "annotation",
        "url": "nothing/",
    }


def _name(route: Route, whole: WholeStudy) -> str:
    if route.name == "frontend:pool-comparison-chart":
        return "sizes"
    return "key" if "chart" in route.name else whole.test_set.name


def _token(route: Route, whole: WholeStudy, held: Assignment) -> str:
    if route.name == "frontend:invitation":
        return local.invitation_token(whole.enrolment.invitation)
    if route.name == "frontend:start":
        return outside.put_up(outside.batch(whole.study, [whole.grid], platform="mturk")).token
    if route.name == "frontend:download":
        return downloads.token_of(whole.export)
    if route.pattern.startswith(("me/", "practice/")):
        return local.enrolment_token(whole.enrolment)
    return local.assignment_token(held)


def _pk(route: Route, whole: WholeStudy) -> int:
    if route.name in ("frontend:class-nearest", "frontend:class-correct"):
        return whole.target_class.pk
    nouns = (
        "duplicate_pair", "duplicate_decision", "duplicate_search", "survivor_choice", "reference",
        "test_set_review", "target_class", "example", "bulk_exclusion", "collection",
        "candidate", "batch", "launch", "place", "rejection", "message",
        "invitation", "enrolment", "decision", "review", "test_set", "export",
        "classifier", "prediction", "run", "report",
    )  # fmt: skip
    return next((getattr(whole, noun).pk for noun in nouns if noun in route.name.replace("-", "_")), 0)


def _object_id(route: Route) -> Any:
    for model in django_admin.site._registry:
        if f"{model._meta.app_label}_{model._meta.model_name}_" in route.name or (
            f"{model._meta.app_label}/{model._meta.model_name}/" in route.pattern
        ):
            row = model._default_manager.first()
            return row.pk if row else 0
    return 0


def send(signed_in: Client, method: str, address: str) -> HttpResponse:
    """One request whose effects are undone, on the server and on the client."""
    client = Client(raise_request_exception=False)
    client.cookies.update(signed_in.cookies)
    with transaction.atomic():
        response: HttpResponse = client.generic(method, address)
        if response.streaming:
            b"".join(response.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return response


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_a_role_as_the_table_says(
    role: str, area: str, whole: WholeStudy, held: Assignment, people: dict[str, User | None]
) -> None:
    client, surprises = Client(), []
    if user := people[role]:
        client.force_login(user)
    for route in (each for each in ROUTES if each.name.startswith(f"{area}:")):
        address = route.address(values(route, whole, held))
        rule = rule_of(route)
        assert rule is not None, f"{route.name} has no line in tests/routes"
        for method in rule.methods:
            status = send(client, method, address).status_code
            if status not in (allowed := expected(rule, role, method, address)):
                surprises.append(f"{method} {route.name} {address}: {status}, expected {allowed}")
    assert not surprises, "\n".join(surprises)


def test_every_route_is_in_the_table() -> None:
    assert [route.name for route in ROUTES if rule_of(route) is None] == []


def test_the_table_names_no_route_that_is_gone() -> None:
    assert set(RULES) - {route.name for route in ROUTES} == set()


@pytest.mark.parametrize("route", [each for each in ROUTES if getattr(rule_of(each), "access", None) == Access.TOKEN])
@pytest.mark.parametrize("token", ["x", "forged", "for something else"])
def test_a_token_that_is_not_for_this_opens_nothing(
    client: Client, route: Route, token: str, whole: WholeStudy, held: Assignment
) -> None:
    given = values(route, whole, held)
    is_grid = "work/" in route.pattern or "done/" in route.pattern
    other = local.invitation_token(whole.enrolment.invitation) if is_grid else local.assignment_token(held)
    given["token"] = {"x": "x", "forged": given["token"][:-1] + "~", "for something else": other}[token]
    for method in METHODS:
        status = send(client, method, route.address(given)).status_code
        assert status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED), method


def test_a_closed_account_sees_what_nobody_sees(client: Client, researcher: User, whole: WholeStudy) -> None:
    client.force_login(researcher)
    User.objects.update(is_active=False)
    assert client.get(f"/api/v1/studies/{whole.study.slug}/").status_code == HTTPStatus.UNAUTHORIZED
