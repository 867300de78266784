"""Whom a study stops its platform keeps away too, told by the next round; and no longer once the stop is reversed."""

import pytest
from django.utils import timezone

from annotation import quality, tasks
from annotation.models import Batch, Effect, KeptAway, LastRound, Launch, Posting, Study, WorkerDecision
from annotation.payments import waiting
from annotation.payments.reaching import reached
from annotation.platforms.paid import NoAccess
from tests import cast
from tests.annotation.tasks.offices import Office
from tests.fakes.mturk.workers import NotPossible
from tests.fakes.prolific.account import Refusal

pytestmark = pytest.mark.django_db
GROUPS = {
    "mturk": "annotation.platforms.mturk.groups.find_or_create",
    "prolific": "annotation.platforms.prolific.groups.Groups.make",
}


def stop(office: Office, study: Study, number: int = 0) -> WorkerDecision:
    worker = office.desk.worker(number)
    if not study.enrolments.filter(worker=worker).exists():
        cast.enrolment(study, worker)
    said = {"reason": "Only guesses.", "by": office.by, "now": timezone.now()}
    return quality.decide(study=study, worker=worker, effect=Effect.STOP, **said)


def may_take(office: Office, posting: Posting, number: int) -> bool:
    try:
        office.desk.take(posting, number)
    except (NotPossible, Refusal) as refusal:
        return not ("Qualifications" in str(refusal) or "not eligible" in str(refusal))
    return True


def killed_in_a_round(batch: Batch, where: str) -> None:
    def killed(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, killed)
        with pytest.raises(KeyboardInterrupt):
            tasks.round_of_batch(batch.pk)


def group_of(batch: Batch) -> str:
    return Launch.objects.get(batch=batch).stopped_group


def is_due(batch: Batch) -> bool:
    return batch in waiting.due_batches(now=timezone.now())


def test_who_is_stopped_takes_no_place_any_more(office: Office) -> None:
    batch, posting = office.up()
    assert (is_due(batch), group_of(batch) != "") == (False, True)
    stop(office, batch.study)
    assert is_due(batch)
    tasks.round_of_batch(batch.pk)
    assert not is_due(batch)
    assert [may_take(office, posting, number) for number in (0, 1)] == [False, True]


def test_who_was_stopped_before_is_kept_away_from_the_first_posting_on(office: Office) -> None:
    batch = office.batch(num_grids=1)
    stop(office, batch.study)
    tasks.round_of_batch(batch.pk)
    assert not may_take(office, batch.postings.get(), 0)


def test_another_batch_of_the_study_blocks_the_same_group_and_another_study_does_not(office: Office) -> None:
    batch, _ = office.up()
    other, elsewhere = office.up(slug="letters")
    stop(office, batch.study)
    tasks.round_of_batch(batch.pk)
    assert group_of(batch) != group_of(other)
    assert may_take(office, elsewhere, 0)


def test_a_reversed_stop_lets_them_come_again(office: Office) -> None:
    batch, posting = office.up()
    decision = stop(office, batch.study)
    tasks.round_of_batch(batch.pk)
    quality.reverse(decision=decision, reason="It was a mistake.", by=office.by, now=timezone.now())
    assert is_due(batch)
    tasks.round_of_batch(batch.pk)
    assert not is_due(batch)
    assert may_take(office, posting, 0)
    stop(office, batch.study)
    tasks.round_of_batch(batch.pk)
    assert KeptAway.objects.get().is_away


def test_a_stop_that_was_reversed_before_it_was_told_is_never_told(office: Office) -> None:
    batch, _ = office.up()
    quality.reverse(decision=stop(office, batch.study), reason="No.", by=office.by, now=timezone.now())
    assert not is_due(batch)
    tasks.round_of_batch(batch.pk)
    assert not KeptAway.objects.exists()


def test_exclusion_alone_keeps_nobody_away(office: Office) -> None:
    batch, _ = office.up()
    worker = office.desk.worker()
    cast.enrolment(batch.study, worker)
    said = {"reason": "Only guesses.", "by": office.by, "now": timezone.now()}
    quality.decide(study=batch.study, worker=worker, effect=Effect.EXCLUDE, **said)
    assert not is_due(batch)


def test_cut_short_between_the_call_and_its_row_it_is_told_again(office: Office) -> None:
    batch, posting = office.up()
    stop(office, batch.study)

    killed_in_a_round(batch, "annotation.postings.keeping_away._note")
    assert (KeptAway.objects.count(), is_due(batch)) == (0, True)
    tasks.round_of_batch(batch.pk)
    assert (KeptAway.objects.get().is_away, is_due(batch)) == (True, False)
    assert not may_take(office, posting, 0)


def test_what_the_platform_refuses_is_said_and_asked_for_again_later(office: Office) -> None:
    batch, _ = office.up()
    decision = stop(office, batch.study)
    batch.study.launches.update(stopped_group="3" * 24)  # somebody has deleted it there
    tasks.round_of_batch(batch.pk)
    [problem] = LastRound.objects.get(batch=batch).problems
    assert problem.startswith(f"Worker {decision.pseudonym}, stopped: ")
    assert (KeptAway.objects.get().refusal != "", is_due(batch)) == (True, False)
    office.pass_time(hours=7)
    assert is_due(batch)


def test_where_no_group_can_be_made_the_batch_goes_up_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = office.batch(num_grids=1)

    def forbidden(*given: object, **named: object) -> str:
        raise NoAccess("The token has no right to groups.")

    monkeypatch.setattr(GROUPS[office.desk.name], forbidden)
    tasks.round_of_batch(batch.pk)
    assert (batch.postings.get().state, group_of(batch)) == ("open", "")
    assert LastRound.objects.get().problems == ["The group of stopped workers: The token has no right to groups."]
    stop(office, batch.study)
    assert not is_due(batch)


def test_the_group_is_made_once_whoever_is_killed(office: Office) -> None:
    batch = office.batch(num_grids=1)

    killed_in_a_round(batch, "annotation.launches.drafting.kept_from")
    assert batch.postings.exclude(external_id="").count() == 0
    with reached(batch.platform, clock=timezone.now) as platform:
        group = tasks.workforce.postings.group_of_stopped(batch.study, platform)
    office.pass_time(minutes=2)
    tasks.round_of_batch(batch.pk)
    assert group_of(batch) == group
