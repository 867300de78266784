"""No key in what is raised, logged, printed, stored or sent, whatever goes wrong."""

import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from celery.utils.serialization import pickle as celery_pickle
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from annotation.platforms.mturk import Access, MTurkPlatform
from annotation.platforms.paid import NoAccess, PlatformError
from tests.annotation.platforms.mturk.contract import a_posting
from tests.fakes.mturk import ACCESS_KEY, SECRET_KEY, Fault, MTurkServer

Fresh = Callable[..., MTurkPlatform]
PLANTED = ("AKIAPLANTEDKEY00001", "planted-secret-of-nobody")
KEYS = (ACCESS_KEY, SECRET_KEY, *PLANTED)


def shown(error: BaseException) -> str:
    """The error as logs and error pages have it, with the values of each frame but the test's own."""
    assert error.__traceback__
    error = error.with_traceback(error.__traceback__.tb_next or error.__traceback__)
    request = RequestFactory().get("/")
    page = ExceptionReporter(request, type(error), error, error.__traceback__).get_traceback_html()
    whole = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return f"{error!r}\n{error.__dict__}\n{whole}\n{page}"


@pytest.mark.parametrize("fault", list(Fault))
def test_no_fault_shows_a_key(
    fresh: Fresh, server: MTurkServer, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    caplog.set_level(logging.DEBUG)
    platform = fresh(read_seconds=1)
    server.faults.add("CreateHITWithHITType", fault)
    with pytest.raises(PlatformError) as failure:
        platform.post(a_posting())
    told = shown(failure.value) + caplog.text + repr(vars(platform))
    assert [key for key in KEYS if key in told] == []


@pytest.mark.parametrize("given", [{"secret_key": PLANTED[1]}, {"access_key": PLANTED[0]}])
def test_a_wrong_key_is_not_repeated(fresh: Fresh, caplog: pytest.LogCaptureFixture, given: dict[str, Any]) -> None:
    """The service's answer to a wrong signature holds the whole signed request."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NoAccess) as failure:
        fresh(**given).balance()
    told = shown(failure.value) + caplog.text
    assert [key for key in (*KEYS, "Canonical", "x-amz-date") if key in told] == []
    assert failure.value.__context__ is None


def test_the_library_says_nothing_of_its_requests_even_at_debug(fresh: Fresh, caplog: pytest.LogCaptureFixture) -> None:
    """Its log would hold the access key and the signature of each request; settings.LOGGING keeps it from that."""
    caplog.set_level(logging.DEBUG)
    fresh().balance()
    assert "AWS4-HMAC" not in caplog.text
    caplog.set_level(logging.DEBUG, logger="botocore")
    fresh().balance()
    assert ACCESS_KEY in caplog.text  # what would be there otherwise


def test_access_neither_shows_nor_gives_away_its_keys(access_with: Callable[..., Access]) -> None:
    access = access_with()
    assert [key for key in KEYS if key in f"{access!r}{access}"] == []
    assert access.endpoint in repr(access)
    for pickled in (pickle, celery_pickle):
        with pytest.raises(TypeError, match="never stored or sent"):
            pickled.dumps(access)
    assert asdict(access)["secret_key"] == SECRET_KEY  # it is in there; only nothing shows it


def test_settings_without_keys_say_which_are_missing(settings: Any) -> None:
    settings.MTURK_ACCESS_KEY, settings.MTURK_SECRET_KEY = PLANTED[0], ""
    with pytest.raises(NoAccess, match="set MTURK_ACCESS_KEY and MTURK_SECRET_KEY") as failure:
        Access.from_settings()
    assert PLANTED[0] not in str(failure.value)


def test_an_error_page_hides_the_settings(settings: Any) -> None:
    settings.MTURK_ACCESS_KEY, settings.MTURK_SECRET_KEY = PLANTED
    try:
        raise NoAccess("x")
    except NoAccess as error:
        page = shown(error)
    assert "MTURK_SECRET_KEY" in page
    assert [key for key in PLANTED if key in page.replace(f"PLANTED = {PLANTED!r}", "")] == []


def test_settings_say_how_to_reach_it(settings: Any, server: MTurkServer) -> None:
    assert settings.MTURK_ENDPOINT_URL == "https://mturk-requester-sandbox.us-east-1.amazonaws.com"
    settings.MTURK_ACCESS_KEY, settings.MTURK_SECRET_KEY = ACCESS_KEY, SECRET_KEY
    settings.MTURK_ENDPOINT_URL, settings.MTURK_QUEUE_URL = server.address, "https://sqs.example/1/turk"
    access = Access.from_settings()
    assert (access.endpoint, access.region, access.queue) == (server.address, "us-east-1", "https://sqs.example/1/turk")
    assert MTurkPlatform(access).balance() == (1_000_000, "USD")


def test_keys_come_from_nowhere_else(fresh: Fresh, monkeypatch: pytest.MonkeyPatch, server: MTurkServer) -> None:
    """Whatever the library would find by itself, the account is the one that was named."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", PLANTED[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PLANTED[1])
    monkeypatch.setenv("AWS_SESSION_TOKEN", "planted")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    platform = fresh()
    server.faults.add("GetAccountBalance", Fault.SERVICE_FAULT)
    with pytest.raises(PlatformError):
        platform.balance()
    assert platform.balance() == (1_000_000, "USD")
