"""What no person types and no form sends is refused, and not a fault of ours: a zero byte, a number without end."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from annotation.models import Assignment
from tests.routes import routes, rule_of
from tests.test_roles import held, people, reviewer, values, whole  # noqa: F401  # fixtures
from tests.whole_study import WholeStudy

ZERO = "a\0b"
ENDLESS = "9" * 5000
GIVEN = [
    ("class-list", "q", ZERO),
    ("class-nearest", "nearest", ZERO),
    ("candidate-list", "after", ENDLESS),
    ("candidate-list", "source", ZERO),
    ("duplicates", "pair", ENDLESS),
    ("references-remove", "source", ZERO),
    ("guidelines", "guidelines", ZERO),
    ("example-remove", "example", ENDLESS),
    ("launch-confirm", "cost", ENDLESS),
    ("launch-confirm", "typed", ZERO),
    ("invitation-people", "csv", ZERO),
    ("invitation-letters", "again", ENDLESS),
    ("quality-decide", "reason", ZERO),
    ("frequency-list", "filter", ZERO),
    ("batch-statement", "standing", ZERO),
    ("prediction-withdraw", "reason", ZERO),
    ("report-detail", "classifier", ZERO),
    ("report-detail", "set", ZERO),
    ("report-build", "classifier", ZERO),
    ("report-classes", "class", ZERO),
    ("test-set-review-verdict", "note", ZERO),
    ("researcher-add", "username", ZERO),
    ("assignment", "key", ZERO),
    ("assignment", "selected", ENDLESS),
    ("assignment-draft", "selected", ENDLESS),
    ("message-send", "text", ZERO),
    ("practice", "shown", ZERO),
    ("join-code", "code", ZERO),
    ("login", "username", ZERO),
]


def test_odd_input_is_no_fault_of_ours(
    whole: WholeStudy,  # noqa: F811
    held: Assignment,  # noqa: F811
    people: dict[str, User | None],  # noqa: F811
) -> None:
    by_name, faults = {route.name: route for route in routes()}, []
    for name, field, value in GIVEN:
        route = by_name[f"frontend:{name}"]
        rule, client = rule_of(route), Client(raise_request_exception=False)
        assert rule is not None
        client.force_login(people["admin" if name.startswith("researcher") else "member"])  # type: ignore[arg-type]
        with transaction.atomic():
            send = client.post if rule.answers("POST") != (405,) else client.get
            usual = {"effect": "exclude", "verdict": "other", "none": "1", "password": "x"}
            if send(route.address(values(route, whole, held)), usual | {field: value}).status_code >= 500:
                faults.append((name, field))
            transaction.set_rollback(True)
    assert faults == []


@pytest.mark.parametrize("place", ["start", "join", "me", "work", "done", "practice", "downloads", "studies"])
def test_an_address_with_a_zero_byte_leads_nowhere(place: str, db: None) -> None:
    assert Client(raise_request_exception=False).get(f"/{place}/a%00b/").status_code in (302, 404)
