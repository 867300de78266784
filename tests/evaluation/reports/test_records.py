"""A report is asked for, built, read or failed; whoever comes second changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from annotation.models import Strategy, Study
from evaluation import reports, tasks
from evaluation.errors import CannotReport, InvalidPredictions, NotFinished
from evaluation.models import Report
from evaluation.reports import Selection, building
from evaluation.reports.content import VERSION
from tests import cast
from tests.at_once import at_once
from tests.evaluation import reported

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(minutes=2)


@pytest.fixture
def study() -> Study:
    return reported.scored_study(reported.SIX)[0]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of reports that messages ask for."""
    messages: list[int] = []
    monkeypatch.setattr(tasks.build_report, "delay", messages.append)
    return messages


@pytest.fixture
def _broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise InvalidPredictions("The predictions of a run are not what they must be.")

    monkeypatch.setattr(building, "content", refuse)


def test_a_report_that_is_being_built_is_enough_for_its_selection(study: Study) -> None:
    first = reports.request(study=study, now=cast.NOW)
    assert reports.request(study=study, now=LATER) == first
    assert reports.request(study=study, selection=Selection((), ("tree", "stump")), now=LATER) != first
    assert (first.state, first.selection, first.content) == ("building", {}, {})


def test_what_cant_be_compared_is_refused_before_anything_is_kept(study: Study) -> None:
    with pytest.raises(CannotReport, match="no classifier 'nobody'"):
        reports.request(study=study, selection=Selection((), ("nobody",)), now=cast.NOW)
    study.classifiers.all().delete()
    with pytest.raises(NotFinished):
        reports.request(study=study, now=cast.NOW)
    assert not Report.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_asks_at_the_same_moment_gets_the_same_report() -> None:
    study, _ = reported.scored_study(reported.SIX)

    def ask() -> int:
        return int(reports.request(study=study, now=cast.NOW).pk)

    assert len(set(at_once([ask] * 4))) == 1


def test_a_report_is_built_once(study: Study) -> None:
    report = reports.request(study=study, now=cast.NOW)
    steps: list[tuple[int, int]] = []
    built = reports.make(report=report, now=LATER, on_progress=lambda *told: steps.append(told))
    assert (built.state, built.built_at, built.content["version"]) == ("built", LATER, VERSION)
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))
    assert {num_steps for _, num_steps in steps} == {built.num_steps} == {len(steps)}
    again = reports.make(report=report, now=LATER + timedelta(days=1))
    assert again.built_at == LATER


def test_who_finishes_second_changes_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    report = reports.request(study=study, now=cast.NOW)
    content = building.content

    def overtaken(**arguments: Any) -> Any:
        monkeypatch.setattr(building, "content", content)
        reports.make(report=Report.objects.get(pk=report.pk), now=cast.NOW)
        return {"version": -1}

    monkeypatch.setattr(building, "content", overtaken)
    assert reports.make(report=report, now=LATER).content["version"] == VERSION
    assert report.built_at == cast.NOW


@pytest.mark.usefixtures("_broken")
def test_what_cant_be_built_says_why_and_can_be_asked_for_again(study: Study) -> None:
    report = reports.make(report=reports.request(study=study, now=cast.NOW), now=LATER)
    assert (report.state, report.built_at) == ("failed", None)
    assert report.failure == "The predictions of a run are not what they must be."
    assert reports.request(study=study, now=LATER) != report
    with pytest.raises(CannotReport, match="not what they must be"):
        reports.build(study=study, now=LATER)


def test_the_newest_is_the_last_that_was_built_of_the_selection(study: Study) -> None:
    assert _there_is(study) == (None, None)
    some = Selection((), ("tree", "stump", "forest"))
    first, other = (reports.build(study=study, now=cast.NOW, selection=each) for each in (reports.EVERYTHING, some))
    assert _there_is(study) == (first, None)
    assert reports.newest(study=study, selection=some) == other
    asked = reports.request(study=study, now=LATER)
    assert _there_is(study) == (first, asked)
    reports.fail(report=asked, reason="It broke.")
    assert _there_is(study) == (first, asked)
    second = reports.build(study=study, now=LATER)
    assert _there_is(study) == (second, None)


def _there_is(study: Study) -> tuple[Report | None, Report | None]:
    return reports.newest(study=study), reports.attempt(study=study)


def test_a_report_from_before_is_not_shown_as_one_of_today(study: Study) -> None:
    report = reports.build(study=study, now=cast.NOW)
    Report.objects.filter(pk=report.pk).update(content=report.content | {"version": VERSION - 1})
    assert reports.newest(study=study) is None


def test_a_message_builds_the_report_and_further_ones_do_no_harm(study: Study, asked: list[int]) -> None:
    report = reports.request(study=study, now=cast.NOW)
    tasks.enqueue_report(report)
    assert asked == [report.pk]
    tasks.build_report(report.pk)
    content = Report.objects.get().content
    for pk in (report.pk, report.pk, 404):
        tasks.build_report(pk)
    assert Report.objects.get().content == content


def test_with_the_queue_away_a_report_waits_for_the_sweep(
    study: Study, asked: list[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: int) -> None:
        raise OperationalError("gone")

    report = reports.request(study=study, now=cast.NOW - timedelta(days=1))
    with monkeypatch.context() as patched:
        patched.setattr(tasks.build_report, "delay", refuse)
        tasks.enqueue_report(report)
    assert "waits for the sweep" in caplog.text
    assert asked == []


def test_the_sweep_finds_what_lost_its_message_once_in_a_while(study: Study, asked: list[int]) -> None:
    now = tasks.timezone.now()
    lost = reports.request(study=study, now=now - timedelta(minutes=3))
    young = reports.request(study=study, selection=Selection((), ("tree",)), now=now)
    for _ in range(2):
        tasks.sweep_reports()
    assert asked == [lost.pk]
    assert young.state == "building"


def test_what_never_comes_to_an_end_is_given_up_after_three_tries(
    study: Study, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """The consumer is gone."""

    def killed(**_: Any) -> None:
        raise KilledError

    monkeypatch.setattr(building, "content", killed)
    monkeypatch.setattr(tasks, "SECONDS_TO_BUILD", 0)  # by now nobody would be at work on it
    report = reports.request(study=study, now=tasks.timezone.now() - timedelta(minutes=3))
    for num_tries in range(1, 4):
        tasks.sweep_reports()
        assert asked == [report.pk] * num_tries
        with pytest.raises(KilledError):
            tasks.build_report(report.pk)
    tasks.sweep_reports()
    report.refresh_from_db()
    assert (report.state, len(asked)) == ("failed", 3)
    assert "begun 3 times and never came to an end" in report.failure


def test_what_waited_long_for_the_queue_is_still_built(study: Study, asked: list[int]) -> None:
    report = reports.request(study=study, now=tasks.timezone.now() - timedelta(hours=2))
    tasks.sweep_reports()
    assert asked == [report.pk]
    tasks.build_report(report.pk)
    report.refresh_from_db()
    assert report.state == "built"


def test_one_that_is_under_way_is_not_given_up(study: Study, asked: list[int]) -> None:
    report = reports.request(study=study, now=tasks.timezone.now() - timedelta(hours=2))
    Report.objects.filter(pk=report.pk).update(num_attempts=3)
    tasks.enqueue_report(report)
    tasks.sweep_reports()
    report.refresh_from_db()
    assert (report.state, asked) == ("building", [report.pk])


def test_what_breaks_off_unexpectedly_fails_with_what_was_said(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(**_: Any) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(building, "content", crash)
    report = reports.request(study=study, now=cast.NOW)
    tasks.build_report(report.pk)
    report.refresh_from_db()
    assert (report.state, report.failure) == ("failed", "Building it broke off: division by zero")


def test_two_sets_of_one_name_are_told_apart_everywhere(study: Study) -> None:
    newer = reported.frozen_set(study, Strategy.MATCHED_FREQUENCY, revision=2)
    for row in study.classifiers.all():
        reported.score(row, newer, 42)
    cited = tuple(f"digits-twin/{name}" for name in ("original@r1", "calibrated@r1", "calibrated@r2"))
    content = reports.build(study=study, now=cast.NOW, selection=Selection(cited)).content
    names = ["original", "calibrated r1", "calibrated r2"]
    assert [each["name"] for each in content["test_sets"]] == names
    assert [each["test_set"] for each in content["comparisons"]] == names[1:]
    assert all([each["test_set"] for each in row["results"]] == names for row in content["classifiers"])
