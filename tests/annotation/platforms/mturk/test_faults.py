"""Cut short at any place and asked again: nothing is put up twice, nobody is paid twice, nothing is forgotten."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from annotation.platforms.mturk import MTurkPlatform, calls
from annotation.platforms.paid import Payment, PlatformBusy, SubmissionState, Uncertain
from tests.annotation.platforms.mturk.contract import a_posting
from tests.annotation.platforms.mturk.test_submissions import handed_in
from tests.fakes.mturk import Fault, MTurkServer

Fresh = Callable[..., MTurkPlatform]
LOST_AFTER = [Fault.SILENT_AFTER, Fault.RESET_AFTER, Fault.FAILED_AFTER, Fault.GARBLED_AFTER]
LOST_BEFORE = [Fault.SILENT_BEFORE, Fault.RESET_BEFORE, Fault.FAILED_BEFORE]
NOT_DONE = [Fault.THROTTLED, Fault.SERVICE_FAULT, Fault.UNAVAILABLE]
every_fault = pytest.mark.parametrize("fault", [*LOST_AFTER, *LOST_BEFORE, *NOT_DONE])


@pytest.fixture
def hasty(request: pytest.FixtureRequest, fresh: Fresh) -> MTurkPlatform:
    """Where no answer comes, one that waits little for it; elsewhere a busy machine is no silent server."""
    fault = request.node.callspec.params["fault"]
    return fresh(read_seconds=1.5) if fault in (Fault.SILENT_AFTER, Fault.SILENT_BEFORE) else fresh()


@pytest.fixture
def hit_id(platform: MTurkPlatform) -> str:
    return platform.post(a_posting()).external_id


def cut_short(server: MTurkServer, operation: str, fault: Fault, ask: Callable[[], object]) -> None:
    """It fails as the fault means."""
    server.faults.add(operation, fault)
    with pytest.raises(PlatformBusy if fault in NOT_DONE else Uncertain):
        ask()


@every_fault
@pytest.mark.parametrize("operation", ["CreateHITType", "CreateHITWithHITType"])
def test_a_posting_is_there_once(
    platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, fault: Fault, operation: str
) -> None:
    posting = a_posting()
    cut_short(server, operation, fault, lambda: hasty.post(posting))
    posted = platform.post(posting)
    assert [(hit.hit_id, hit.annotation) for hit in server.account.hits.values()] == [
        (posted.external_id, posting.token)
    ]
    assert platform.find(posting.token) == posted


@pytest.mark.parametrize("operation", ["ListHITs", "CreateHITType", "CreateHITWithHITType"])
def test_a_posting_is_there_once_for_one_that_goes_on_too(
    platform: MTurkPlatform, server: MTurkServer, operation: str
) -> None:
    posting = a_posting()
    cut_short(server, operation, Fault.RESET_AFTER, lambda: platform.post(posting))
    platform.post(posting)
    assert len(server.account.hits) == 1


def test_a_posting_whose_answer_was_lost_is_found_a_day_later(fresh: Fresh, server: MTurkServer) -> None:
    posting = a_posting(lasts_seconds=7 * 86400)
    cut_short(server, "CreateHITWithHITType", Fault.SILENT_AFTER, lambda: fresh(read_seconds=1.5).post(posting))
    server.advance(hours=25)
    assert fresh().post(posting).external_id in server.account.hits
    assert len(server.account.hits) == 1


def test_several_who_put_it_up_at_once_put_it_up_once(fresh: Fresh, server: MTurkServer) -> None:
    posting = a_posting()
    platforms = [fresh() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        posted = list(pool.map(lambda platform: platform.post(posting), platforms))
    assert len(server.account.hits) == len(set(posted)) == 1


@every_fault
def test_places_are_added_once(
    platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, hit_id: str, fault: Fault
) -> None:
    more = {"num_places": 5, "token": "more"}
    cut_short(server, "CreateAdditionalAssignmentsForHIT", fault, lambda: hasty.extend(hit_id, **more))
    assert platform.extend(hit_id, **more).num_places == 5
    assert server.account.hits[hit_id].max_assignments == 5


@every_fault
def test_closing_is_closing(
    platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, hit_id: str, fault: Fault
) -> None:
    cut_short(server, "UpdateExpirationForHIT", fault, lambda: hasty.close(hit_id))
    platform.close(hit_id)
    assert server.account.hits[hit_id].expires_at <= server.clock.now()


@every_fault
def test_work_is_paid_once(
    platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, hit_id: str, fault: Fault
) -> None:
    submission_id, before = handed_in(server, hit_id), server.account.funds
    cut_short(server, "ApproveAssignment", fault, lambda: hasty.approve(submission_id))
    platform.approve(submission_id)
    assert before - server.account.funds == 30
    assert next(platform.submissions(hit_id)).state is SubmissionState.APPROVED


@every_fault
def test_work_is_rejected_once(
    platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, hit_id: str, fault: Fault
) -> None:
    submission_id = handed_in(server, hit_id)
    cut_short(server, "RejectAssignment", fault, lambda: hasty.reject(submission_id, reason="empty"))
    platform.reject(submission_id, reason="empty")
    assert next(platform.submissions(hit_id)).state is SubmissionState.REJECTED


@pytest.mark.parametrize("operation", ["GetAssignment", "ApproveAssignment"])
def test_taking_a_rejection_back_may_be_cut_short_too(
    platform: MTurkPlatform, server: MTurkServer, hit_id: str, operation: str
) -> None:
    submission_id = handed_in(server, hit_id)
    platform.reject(submission_id, reason="empty")
    before = server.account.funds
    cut_short(server, operation, Fault.FAILED_AFTER, lambda: platform.approve(submission_id))
    platform.approve(submission_id)
    assert before - server.account.funds == 30


@every_fault
@pytest.mark.parametrize("hours", [0, 25])
def test_a_bonus_is_paid_once(
    platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, fault: Fault, hours: int
) -> None:
    hit_id = platform.post(a_posting()).external_id
    submission_id, before = handed_in(server, hit_id), server.account.funds
    payment = Payment(token="bonus-1", worker_id="AWORKER1", submission_id=submission_id, minor_units=100)
    cut_short(server, "SendBonus", fault, lambda: hasty.bonus(payment, currency="USD", reason="Thank you."))
    server.advance(hours=hours)
    platform.bonus(payment, currency="USD", reason="Thank you.")
    assert list(platform.bonuses(hit_id)) == [payment]
    assert before - server.account.funds == 120


def test_a_bonus_is_not_paid_while_it_is_not_known_what_was(
    platform: MTurkPlatform, server: MTurkServer, hit_id: str
) -> None:
    submission_id = handed_in(server, hit_id)
    payment = Payment(token="bonus-1", worker_id="AWORKER1", submission_id=submission_id, minor_units=100)
    cut_short(
        server,
        "ListBonusPayments",
        Fault.FAILED_BEFORE,
        lambda: platform.bonus(payment, currency="USD", reason="Thank you."),
    )
    assert server.account.bonuses == []


@every_fault
def test_a_group_is_made_once(platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, fault: Fault) -> None:
    cut_short(server, "CreateQualificationType", fault, lambda: hasty.group("blocked", description="Kept away."))
    made = platform.group("blocked", description="Kept away.")
    assert list(server.account.groups) == [made]


@every_fault
def test_a_block_holds(platform: MTurkPlatform, hasty: MTurkPlatform, server: MTurkServer, fault: Fault) -> None:
    group = platform.group("blocked", description="Kept away.")
    cut_short(server, "AssociateQualificationWithWorker", fault, lambda: hasty.block("AWORKER1", group=group))
    platform.block("AWORKER1", group=group)
    assert server.account.members[group, "AWORKER1"]["Status"] == "Granted"


@pytest.mark.parametrize("num_throttled", [1, calls.PAGE_WAITS + 1])
def test_a_list_cut_short_is_no_shorter_list(
    platform: MTurkPlatform, server: MTurkServer, monkeypatch: pytest.MonkeyPatch, num_throttled: int
) -> None:
    """The first of two pages came: that is not all there is, and is never taken for it. The second is waited for."""
    monkeypatch.setattr(calls.time, "sleep", lambda seconds: None)
    posting = a_posting(num_places=120)
    hit_id = platform.post(posting).external_id
    for number in range(120):
        handed_in(server, hit_id, f"AWORKER{number}")
    rows = platform.submissions(hit_id)
    seen = [next(rows)]
    for _ in range(num_throttled):
        server.faults.add("ListAssignmentsForHIT", Fault.THROTTLED)
    if num_throttled > calls.PAGE_WAITS:
        with pytest.raises(PlatformBusy):
            seen += list(rows)
        rows, seen = platform.submissions(hit_id), []
    assert len(seen + list(rows)) == 120
