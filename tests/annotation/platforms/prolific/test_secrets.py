"""The token is in the requests and nowhere else: not in a message, a traceback, a log, a task's arguments."""

import copy
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest
from django.views.debug import ExceptionReporter

from annotation.access import Secret
from annotation.platforms.paid import NoAccess, PlatformError
from annotation.platforms.prolific import ProlificPlatform, webhooks
from annotation.platforms.prolific.access import Access, from_settings
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Fault, ProlificServer

HOOK_SECRET = "planted-webhook-secret-77"


def traces(error: BaseException) -> str:
    """All that a log, a debugger's page or an error tracker would keep of it: messages, and every frame's variables."""
    kept = ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]
    seen: BaseException | None = error
    while seen is not None:
        frame = seen.__traceback__
        while frame is not None:
            if "/tests/" not in frame.tb_frame.f_code.co_filename:
                kept += [f"{name}={value!r}" for name, value in frame.tb_frame.f_locals.items()]
            frame = frame.tb_next
        seen = seen.__cause__ or seen.__context__
    return "\n".join(kept)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("get-workspace-balance", lambda platform: platform.balance()),
        ("create-participant-group", lambda platform: platform.groups.make("qualified")),
    ],
)
def test_no_failure_tells_the_token(
    hasty: ProlificPlatform,
    server: ProlificServer,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    act: Callable[[ProlificPlatform], object],
    fault: Fault,
) -> None:
    """Also where Prolific repeats it in its answer, as it does when it is expired."""
    caplog.set_level(logging.DEBUG)
    server.faults.plan(operation, fault)
    with pytest.raises(PlatformError) as caught:
        act(hasty)
    assert given.TOKEN not in traces(caught.value)
    assert given.TOKEN not in caplog.text
    page = ExceptionReporter(None, type(caught.value), caught.value, caught.value.__traceback__)
    frames = [frame for frame in page.get_traceback_frames() if "/tests/" not in frame["filename"]]
    assert frames
    assert given.TOKEN not in repr(frames)


def test_a_day_of_work_leaves_no_secret_in_the_log(
    platform: ProlificPlatform, server: ProlificServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    posted_id = platform.post(given.posting()).external_id
    submission = given.submitted(server.account, posted_id)
    platform.approve(submission.id)
    platform.bonus(given.payment(submission), currency="GBP", reason="")
    platform.subscribe("https://twin.example/hooks/prolific/")
    platform.close(posted_id)
    confirmations = [each.confirmation for each in server.hooks.subscriptions.values()]
    assert len(confirmations) == 2
    assert caplog.records, "not even the requests were logged, so nothing is shown by this"
    for planted in (given.TOKEN, *confirmations):
        assert planted not in caplog.text


def test_nothing_shows_a_secret_by_itself(server: ProlificServer, platform: ProlificPlatform) -> None:
    known = given.access(server)
    for shown in (repr(known), str(known), f"{known.token}", repr(vars(platform)), repr(vars(known))):
        assert given.TOKEN not in shown
    assert known.token.reveal() == given.TOKEN


def test_no_secret_leaves_its_process(server: ProlificServer) -> None:
    """Arguments of tasks, caches and sessions are pickled or made JSON of."""
    known = given.access(server)
    for attempt in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="stays in its process"):
            attempt(known)


def test_a_wrong_signature_tells_no_secret(now: object) -> None:
    secret = Secret(HOOK_SECRET)
    headers = {"X-Prolific-Request-Timestamp": "1", "X-Prolific-Request-Signature": "AAAA"}
    with pytest.raises(webhooks.ForgedNotification) as caught:
        webhooks.notification(headers, b"{}", secret=secret, now=now)  # type: ignore[arg-type]
    assert HOOK_SECRET not in traces(caught.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.prolific.example",
        "https://user:pw@api.prolific.example",
        "https://api.prolific.example/?a=b",
        "https://api.prolific.example/#a",
        "ftp://127.0.0.1",
        "https://",
        "https://[",
        "https://a:99999999",
        "http://127.0.0.1.example",
        "http://localhost",
        "",
    ],
)
def test_a_token_is_sent_nowhere_that_could_be_listened_to(server: ProlificServer, endpoint: str) -> None:
    with pytest.raises(NoAccess, match="PROLIFIC_ENDPOINT"):
        given.access(server, endpoint=endpoint)


@pytest.mark.parametrize("endpoint", ["https://api.prolific.com", "http://127.0.0.1:8080", "http://[::1]:8080"])
def test_an_address_that_is_safe_is_taken(server: ProlificServer, endpoint: str) -> None:
    assert given.access(server, endpoint=endpoint).endpoint == endpoint


@pytest.mark.parametrize("token", ["", "a b", "a\r\nHost: b", "é", "x" * 513])
def test_a_token_that_would_break_the_request_is_refused(server: ProlificServer, token: str) -> None:
    with pytest.raises(NoAccess, match="PROLIFIC_TOKEN") as caught:
        given.access(server, token=Secret(token))
    assert not token or token not in traces(caught.value)


@pytest.mark.parametrize("name", ["workspace", "project"])
def test_an_id_is_needed(server: ProlificServer, name: str) -> None:
    with pytest.raises(NoAccess, match=f"PROLIFIC_{name.upper()}"):
        given.access(server, **{name: "a/b"})


def test_the_environment_says_who_we_are(settings: object, server: ProlificServer) -> None:
    known = given.access(server)
    for name, value in (
        ("ENDPOINT", known.endpoint),
        ("TOKEN", given.TOKEN),
        ("WORKSPACE", known.workspace),
        ("PROJECT", known.project),
    ):
        setattr(settings, f"PROLIFIC_{name}", value)
    made = from_settings()
    assert isinstance(made, Access)
    assert (made.endpoint, made.workspace, made.project) == (known.endpoint, known.workspace, known.project)
    assert made.token.reveal() == given.TOKEN
