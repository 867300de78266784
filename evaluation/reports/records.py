"""Reports and how far each has come: the only writer of `Report`."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from annotation.errors import MissingContent
from annotation.models import Study
from evaluation.errors import CannotReport, EvaluationError
from evaluation.models import Report
from evaluation.reports import building, counting
from evaluation.reports.content import VERSION
from evaluation.reports.selection import EVERYTHING, Selection, resolve

State = Report.State
MAX_ATTEMPTS = 3
GIVEN_UP = (
    f"It was begun {MAX_ATTEMPTS} times and never came to an end. Build it again; if it stops again, look at the log."
)


def request(*, study: Study, selection: Selection = EVERYTHING, now: datetime) -> Report:
    """Ask for a report; one that is being built of the same selection is enough. What can't be compared is refused."""
    counting.count(resolve(study, selection))
    with transaction.atomic():
        Study.objects.select_for_update(no_key=True).get(pk=study.pk)
        of_selection = {"study": study, "selection_key": selection.key, "state": State.BUILDING}
        same = Report.objects.filter(**of_selection).first()
        return same or Report.objects.create(**of_selection, selection=selection.to_json(), requested_at=now)


def newest(*, study: Study, selection: Selection = EVERYTHING) -> Report | None:
    """The last report of this selection that was built, unless it is from before reports held what they hold today."""
    built: Report | None = Report.objects.built().filter(study=study, selection_key=selection.key).first()
    return built if built and built.content.get("version") == VERSION else None


def attempt(*, study: Study, selection: Selection = EVERYTHING) -> Report | None:
    """The last request for this selection, where there is nothing to read of it: being built, or failed.

    Without its content: pages ask every few seconds.
    """
    rows = Report.objects.filter(study=study, selection_key=selection.key)
    last: Report | None = rows.defer("content", "selection").first()
    return last if last and last.state != State.BUILT else None


def make(*, report: Report, now: datetime, on_progress: Callable[[int, int], None] | None = None) -> Report:
    """Build what was asked for. Whoever comes second changes nothing; what can't be built says why.

    `on_progress` is told the steps done and their number. A report is as of `now`, when it was begun.
    """
    report.refresh_from_db()
    if report.state != State.BUILDING:
        return report
    _update(report, num_attempts=F("num_attempts") + 1)

    def tell(num_done: int, num_steps: int) -> None:
        _update(report, num_steps_done=num_done, num_steps=num_steps)
        if on_progress is not None:
            on_progress(num_done, num_steps)

    try:
        content = building.content(
            study=report.study, selection=Selection.from_json(report.selection), on_progress=tell
        )
    except (EvaluationError, MissingContent) as error:
        return fail(report=report, reason=str(error))
    _update(report, content=content, state=State.BUILT, built_at=now)
    report.refresh_from_db()
    return report


def build(*, study: Study, now: datetime, selection: Selection = EVERYTHING) -> Report:
    """Ask for a report and build it at once."""
    report = make(report=request(study=study, selection=selection, now=now), now=now)
    if report.state == State.FAILED:
        raise CannotReport(report.failure)
    return report


def fail(*, report: Report, reason: str) -> Report:
    """End what can't be built, and say why."""
    _update(report, state=State.FAILED, failure=reason)
    report.refresh_from_db()
    return report


def unfinished(*, now: datetime, quiet: timedelta) -> QuerySet[Report]:
    """Reports that were asked for so long ago that their message may be lost."""
    return Report.objects.filter(state=State.BUILDING, requested_at__lte=now - quiet)


def give_up(*, report: Report) -> bool:
    """Fail one that was begun often enough and came to no end; whether it was. One that was never begun waits on."""
    tried = Report.objects.filter(pk=report.pk, state=State.BUILDING, num_attempts__gte=MAX_ATTEMPTS)
    return bool(tried.update(state=State.FAILED, failure=GIVEN_UP))


def _update(report: Report, **fields: object) -> None:
    """Only while it is being built: what has ended stays as it is."""
    Report.objects.filter(pk=report.pk, state=State.BUILDING).update(**fields)
