"""Groups keep workers away, or let them in."""

import pytest

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.paid import PlatformRefused, Uncertain
from tests.annotation.platforms.mturk.contract import a_posting
from tests.fakes.mturk import MTurkServer
from tests.fakes.mturk.workers import NotPossible


def may_work(server: MTurkServer, hit_id: str, worker: str) -> bool:
    try:
        server.workers.give_back(server.workers.accept(hit_id, worker).assignment_id)
    except NotPossible as error:
        if "Qualifications" not in str(error):
            raise
        return False
    return True


def test_who_is_blocked_is_kept_away_until_taken_out(platform: MTurkPlatform, server: MTurkServer) -> None:
    group = platform.group("blocked", description="Kept away.")
    hit_id = platform.post(a_posting(blocked_group=group)).external_id
    platform.block("AWORKER1", group=group)
    platform.block("AWORKER1", group=group)
    assert [may_work(server, hit_id, worker) for worker in ("AWORKER1", "AWORKER2")] == [False, True]
    for _ in range(2):
        platform.remove("AWORKER1", group=group)
    platform.remove("ANEVERIN", group=group)
    assert may_work(server, hit_id, "AWORKER1")


def test_only_who_is_allowed_may_work(platform: MTurkPlatform, server: MTurkServer) -> None:
    group = platform.group("allowed", description="Let in.")
    hit_id = platform.post(a_posting(allowed_group=group)).external_id
    platform.add("AWORKER1", group=group)
    assert [may_work(server, hit_id, worker) for worker in ("AWORKER1", "AWORKER2")] == [True, False]


def test_a_name_is_found_among_many_that_hold_it(platform: MTurkPlatform) -> None:
    made = [platform.group(f"twinset {number}", description="twinset 1") for number in range(105)]
    assert len(set(made)) == 105
    assert platform.group("twinset 1", description="") == made[1]


def test_a_group_made_at_the_same_time_is_taken(platform: MTurkPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    made = platform.group("blocked", description="Kept away.")
    found = iter([None, made, None, None])
    monkeypatch.setattr("annotation.platforms.mturk.groups.find", lambda *_: next(found))
    assert platform.group("blocked", description="Kept away.") == made
    with pytest.raises(Uncertain, match="does not list it yet"):
        platform.group("blocked", description="Kept away.")


def test_a_group_needs_a_name_and_a_worker_an_id(platform: MTurkPlatform) -> None:
    with pytest.raises(PlatformRefused, match="name of the group is empty"):
        platform.group(" ", description="x")
    with pytest.raises(PlatformRefused, match="description of the group"):
        platform.group("blocked", description="")
    group = platform.group("blocked", description="Kept away.")
    with pytest.raises(PlatformRefused, match="WorkerId"):
        platform.block("'; drop", group=group)
    with pytest.raises(PlatformRefused, match="does not exist"):
        platform.block("AWORKER1", group="3" * 30)
