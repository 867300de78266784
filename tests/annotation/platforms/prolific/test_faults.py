"""Whatever goes wrong is told as what it means, and asking again leaves one of everything."""

import socket
from collections.abc import Callable

import pytest

from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformError, PlatformRefused, Uncertain
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.submissions import RejectionCategory
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account, Fault, ProlificServer, studies
from tests.fakes.prolific.account import FakeSubmission
from tests.fakes.prolific.server import Limit

UNCERTAIN_WHERE_IT_CHANGES = {
    Fault.SILENT_BEFORE,
    Fault.SILENT_AFTER,
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.CUT_AFTER,
    Fault.TROUBLE_BEFORE,
    Fault.TROUBLE_AFTER,
    Fault.ENDLESS,
    Fault.NO_JSON,
    Fault.OTHER_SHAPE,
}
MEANS = {
    Fault.UNAVAILABLE: PlatformBusy,
    Fault.THROTTLED: PlatformBusy,
    Fault.EXPIRED: NoAccess,
    Fault.ELSEWHERE: PlatformRefused,
}
READS_MEAN = MEANS | dict.fromkeys(UNCERTAIN_WHERE_IT_CHANGES, PlatformBusy)
READS_MEAN |= {Fault.NO_JSON: PlatformRefused, Fault.OTHER_SHAPE: PlatformRefused}
CHANGES_MEAN = MEANS | dict.fromkeys(UNCERTAIN_WHERE_IT_CHANGES, Uncertain)

Act = Callable[[ProlificPlatform, FakeSubmission], object]
CHANGES: dict[str, tuple[str, Act]] = {
    "post": ("create-study", lambda platform, _: platform.post(given.posting(token="another"))),
    "publish": ("publish-study", lambda platform, _: platform.post(given.posting(token="another"))),
    "extend": ("update-study", lambda platform, it: platform.extend(it.study.id, num_places=9, token="x")),
    "pause": ("publish-study", lambda platform, it: platform.pause(it.study.id)),
    "close": ("publish-study", lambda platform, it: platform.close(it.study.id)),
    "approve": ("transition-submission", lambda platform, it: platform.approve(it.id)),
    "reject": (
        "transition-submission",
        lambda platform, it: platform.reject(it.id, reason=given.REASON, category=RejectionCategory.LOW_EFFORT),
    ),
    "request_return": (
        "request-submission-return",
        lambda platform, it: platform.request_return(it.id, reason="The pictures did not load."),
    ),
    "bonus": (
        "pay-bonus-payments",
        lambda platform, it: platform.bonus(given.payment(it), currency="GBP", reason=""),
    ),
    "make a group": ("create-participant-group", lambda platform, _: platform.groups.make("qualified")),
    "block": (
        "add-to-participant-group",
        lambda platform, it: platform.block(it.participant, group=platform.groups.make("blocked")),
    ),
}
READS: dict[str, tuple[str, Act]] = {
    "balance": ("get-workspace-balance", lambda platform, _: platform.balance()),
    "fee": ("calculate-study-cost", lambda platform, _: platform.fee(pay_minor_units=1, num_places=1)),
    "find": ("get-project-studies", lambda platform, _: platform.find("batch-7")),
    "postings": ("get-project-studies", lambda platform, _: list(platform.postings())),
    "submissions": ("get-submissions", lambda platform, it: list(platform.submissions(it.study.id))),
    "bonuses": ("get-submission", lambda platform, it: list(platform.bonuses(it.study.id))),
    "set up a bonus": (
        "create-bonus-payments",
        lambda platform, it: platform.bonus(given.payment(it), currency="GBP", reason=""),
    ),
}


@pytest.fixture
def submission(platform: ProlificPlatform, account: Account) -> FakeSubmission:
    return given.submitted(account, platform.post(given.posting()).external_id)


@pytest.fixture
def problem(
    platform: ProlificPlatform, hasty: ProlificPlatform, server: ProlificServer, submission: FakeSubmission
) -> "Problem":
    """What it is told as when the fault befalls the operation."""

    def told(operation: str, act: Act, fault: Fault) -> PlatformError:
        server.faults.plan(operation, fault)
        is_silent = fault in (Fault.SILENT_BEFORE, Fault.SILENT_AFTER)
        with pytest.raises(PlatformError) as caught:
            act(hasty if is_silent else platform, submission)
        return caught.value

    return told


Problem = Callable[[str, Act, Fault], PlatformError]


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("called", ["balance", "submissions"])
def test_a_read_that_goes_wrong_has_done_nothing(
    platform: ProlificPlatform, problem: Problem, submission: FakeSubmission, called: str, fault: Fault
) -> None:
    operation, act = READS[called]
    assert type(problem(operation, act, fault)) is READS_MEAN[fault]
    act(platform, submission)


@pytest.mark.parametrize("called", READS)
def test_every_read_is_told_to_come_again(
    platform: ProlificPlatform, problem: Problem, submission: FakeSubmission, called: str
) -> None:
    operation, act = READS[called]
    busy = problem(operation, act, Fault.THROTTLED)
    assert isinstance(busy, PlatformBusy)
    assert busy.retry_after == 3
    assert type(problem(operation, act, Fault.TROUBLE_BEFORE)) is PlatformBusy
    act(platform, submission)


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("called", ["post", "approve"])
def test_a_change_that_goes_wrong_is_uncertain_where_it_may_be_done(
    platform: ProlificPlatform, problem: Problem, submission: FakeSubmission, called: str, fault: Fault
) -> None:
    operation, act = CHANGES[called]
    assert type(problem(operation, act, fault)) is CHANGES_MEAN[fault]


def studies_of(account: Account, token: str) -> list[str]:
    return [each.status for each in account.studies.values() if each.fields["internal_name"] == f"twinset:{token}"]


DONE: dict[str, Callable[[Account, FakeSubmission], object]] = {
    "post": lambda account, it: studies_of(account, "another") == ["ACTIVE"],
    "publish": lambda account, it: studies_of(account, "another") == ["ACTIVE"],
    "extend": lambda account, it: it.study.places == 9,
    "pause": lambda account, it: it.study.status == "PAUSED",
    "close": lambda account, it: it.study.status == "COMPLETED",
    "approve": lambda account, it: (
        it.status == "APPROVED" and account.total_balance == 100_000 - it.study.cost_of_place
    ),
    "reject": lambda account, it: it.status == "REJECTED" and account.total_balance == 100_000,
    "request_return": lambda account, it: it.return_requested is not None,
    "bonus": lambda account, it: it.bonuses == [50],
    "make a group": lambda account, it: [each.name for each in account.groups.values()] == ["qualified"],
    "block": lambda account, it: [[*each.members] for each in account.groups.values()] == [[it.participant]],
}


@pytest.mark.parametrize("fault", [Fault.SILENT_AFTER, Fault.RESET_AFTER, Fault.TROUBLE_AFTER, Fault.CUT_AFTER])
@pytest.mark.parametrize("called", CHANGES)
def test_done_without_an_answer_and_asked_again_it_is_there_once(
    platform: ProlificPlatform,
    problem: Problem,
    account: Account,
    submission: FakeSubmission,
    called: str,
    fault: Fault,
) -> None:
    operation, act = CHANGES[called]
    assert type(problem(operation, act, fault)) is Uncertain
    for _ in range(2):
        act(platform, submission)
        assert DONE[called](account, submission)


@pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.TROUBLE_BEFORE, Fault.THROTTLED])
@pytest.mark.parametrize("called", sorted(CHANGES.keys() - {"bonus"}))
def test_not_done_and_asked_again_it_is_there_once(
    platform: ProlificPlatform,
    problem: Problem,
    account: Account,
    submission: FakeSubmission,
    called: str,
    fault: Fault,
) -> None:
    """Of bonuses `test_bonuses.py` tells: there asking again at once is just what must not be."""
    operation, act = CHANGES[called]
    assert type(problem(operation, act, fault)) is CHANGES_MEAN[fault]
    for _ in range(2):
        act(platform, submission)
        assert DONE[called](account, submission)


def test_of_drafts_that_two_processes_made_at_once_one_is_published(
    platform: ProlificPlatform, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or of which the list was behind: the other's comes up only when ours is there, too. It costs nothing."""
    theirs = account.studies.pop(platform.draft(given.posting(token="late")).external_id)
    create = studies.create

    def create_at_once(account: Account, body: dict[str, object]) -> dict[str, object]:
        account.studies[theirs.id] = theirs
        return create(account, body)

    monkeypatch.setattr(studies, "create", create_at_once)
    assert {platform.post(given.posting(token="late")).external_id for _ in range(2)} == {theirs.id}
    assert sorted(studies_of(account, "late")) == ["ACTIVE", "UNPUBLISHED"]


def test_more_requests_than_allowed_are_sent_away_for_as_long_as_it_takes(
    platform: ProlificPlatform, server: ProlificServer
) -> None:
    server.limit = Limit(requests=2, seconds=3000)
    platform.balance()
    platform.balance()
    with pytest.raises(PlatformBusy) as caught:
        platform.balance()
    assert caught.value.retry_after is not None
    assert 2900 <= caught.value.retry_after <= 3000


def test_what_cannot_be_reached_has_done_nothing(server: ProlificServer, book: given.MemoryBook) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = given.platform(server, book, endpoint=f"http://127.0.0.1:{unused.getsockname()[1]}")
        for act in (away.balance, lambda: away.groups.add("0" * 24, ["1" * 24])):
            with pytest.raises(PlatformBusy, match="can't be reached"):
                act()
        away.close_connections()
