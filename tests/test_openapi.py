"""The OpenAPI document: complete, and true when requests are made from it."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from knox.models import AuthToken
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests.whole_study import WholeStudy, whole_study

DOCUMENT = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
DOCUMENT.app = application
OPERATIONS = {result.ok().label: result.ok() for result in DOCUMENT.get_all_operations()}
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# What can't be got wrong (no query, no body) is not asked wrongly.
ASKED = [
    (label, mode)
    for label, operation in OPERATIONS.items()
    for mode in ((POSITIVE, NEGATIVE) if operation.query or operation.body else (POSITIVE,))
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FEW = settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """The application, called as a web server calls it, stays on the connection of the test."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def test_the_document_is_valid_and_nothing_in_it_is_guessed(tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_every_operation_says_how_it_refuses() -> None:
    for label, operation in OPERATIONS.items():
        refusals = {status: each for status, each in operation.definition.raw["responses"].items() if status >= "400"}
        assert {"400", "401", "403", "404", "429"} <= set(refusals), label
        assert all(set(each["content"]) == {"application/problem+json"} for each in refusals.values()), label


def aimed(case: Any, whole: WholeStudy) -> Any:
    """The same request about rows that exist."""
    noun = case.path.split("/")[3].replace("-", "_")
    others = {
        "studies": "study", "test_sets": "draft", "worker_decisions": "decision", "reference_images": "reference",
        "target_classes": "target_class",
    }  # fmt: skip
    singular = others.get(noun) or noun.removesuffix("es" if noun.endswith("ches") else "s")
    for name in case.path_parameters:
        row = getattr(whole, singular)
        case.path_parameters[name] = row.slug if name == "slug" else row.pk
    if isinstance(case.body, dict):
        real = {"study": whole.study.slug, "classifier": whole.classifier.pk, "test_set": whole.test_set.pk}
        case.body |= {name: value for name, value in real.items() if name in case.body and noun != "studies"}
    return case


@pytest.mark.usefixtures("_one_connection")
@pytest.mark.parametrize(("label", "mode"), ASKED)
def test_requests_made_from_the_document_are_answered_as_it_says(
    label: str, mode: GenerationMode, whole: WholeStudy, researcher: User
) -> None:
    _, token = AuthToken.objects.create(user=researcher)

    @FEW
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        for each in (case, aimed(case, whole)):
            with transaction.atomic():
                response = each.call(headers={"Authorization": f"Token {token}"})
                transaction.set_rollback(True)
            each.validate_response(response, checks=CHECKS)

    ask()
