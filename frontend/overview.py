"""Where each study is in the flow: the counts of every stage, and what to do next."""

from collections import Counter
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from annotation import duplicates, frequencies
from annotation.models import (
    HIT,
    Assignment,
    Batch,
    Candidate,
    Complaint,
    DuplicatePair,
    DuplicateSearch,
    Effect,
    Example,
    Grid,
    Launch,
    Origin,
    QualityReview,
    SelectionFrequency,
    Strategy,
    TargetClass,
    TestSet,
    TestSetImage,
    TestSetReview,
    WorkerDecision,
)
from evaluation.models import Classifier, Report, Run
from evaluation.models.classifier import SCORED_ELSEWHERE

NUM_SETS = len(Strategy)


@dataclass(frozen=True)
class Counts:
    """How many rows each stage of one study has.

    `num_sets` counts the latest revision of each test set, `num_drafts` those of them that are not
    frozen, and `num_frozen` the sets of which any revision is; `num_pictureless` of these lack pictures, so that
    nothing can be run on them. `num_launches` are planned and not live yet; of them `num_launches_waiting` are
    confirmed by one researcher and wait for another.
    """

    num_classes: int
    num_originals: int
    num_pool: int
    num_excluded: int
    num_reported: int
    num_pairs: int
    num_waiting_pairs: int
    is_search_asked_for: bool
    searched_at: datetime | None
    search_problem: str
    num_examples: int
    num_grids: int
    num_waiting_grids: int
    num_hits: int
    num_slots: int
    num_free: int
    num_claimed: int
    num_submitted: int
    num_launches: int
    num_launches_waiting: int
    is_reviewed: bool
    num_workers_excluded: int
    num_workers_stopped: int
    num_measured: int
    num_sets: int
    num_drafts: int
    num_frozen: int
    num_pictureless: int
    num_classifiers: int
    num_runnable: int
    num_wanted_runs: int
    num_open: int
    num_finished: int
    num_failed: int
    report_built_at: datetime | None
    run_ended_at: datetime | None
    is_simulated: bool
    num_stale: int = 0
    num_groups: int = 0
    num_reviews: int = 0

    @property
    def num_missing_runs(self) -> int:
        """Runs of a classifier on a newest frozen set that nobody has requested, or that came to nothing."""
        return max(0, self.num_runnable * (self.num_frozen - self.num_pictureless) - self.num_wanted_runs)

    @property
    def is_report_current(self) -> bool:
        if self.report_built_at is None:
            return False
        return self.run_ended_at is None or self.run_ended_at <= self.report_built_at


def counts_of(studies: QuerySet[Any], *, now: datetime) -> dict[int, Counts]:
    """The counts of these studies by primary key, in as many queries however many there are."""
    names = [field.name for field in fields(Counts) if field.name not in ("num_stale", "num_groups")]
    rows = studies.order_by().annotate(**_annotations(now)).values("pk", *names)
    stale = frequencies.stale_target_classes().filter(study__in=studies.values("pk")).values_list("study_id", flat=True)
    num_stale, num_groups = Counter(stale), duplicates.num_groups(studies)
    return {
        row["pk"]: Counts(
            num_stale=num_stale[row["pk"]], num_groups=num_groups[row["pk"]], **{name: row[name] for name in names}
        )
        for row in rows
    }


def _annotations(now: datetime) -> dict[str, Any]:
    slots = Assignment.objects.all()
    unsubmitted = slots.filter(submitted_at__isnull=True)
    is_held = Q(lease_expires_at__gt=now)
    free = unsubmitted.filter(~is_held | Q(worker__isnull=True), hit__batch__expired_at__isnull=True)
    free = free.filter(hit__stopped_at__isnull=True)  # of one that lost a picture, no slot is given again
    pairs = DuplicatePair.objects.concerning()
    searches = DuplicateSearch.objects.filter(study=OuterRef("pk")).order_by()
    sets = TestSet.objects.current()
    frozen = TestSet.objects.newest_frozen()
    runs = Run.objects.all()
    through_batch = "hit__batch__study"
    through_classifier = "classifier__study"
    return {
        "num_classes": _count(TargetClass.objects.all()),
        **_of_candidates(),
        "num_pairs": _count(pairs),
        "num_waiting_pairs": _count(pairs.undecided()),
        "is_search_asked_for": Exists(searches.filter(requested_at__isnull=False)),
        "searched_at": Subquery(searches.values("searched_at")[:1]),
        "search_problem": Coalesce(Subquery(searches.values("problem")[:1]), Value("")),
        "num_examples": _count(Example.objects.all()),
        "num_grids": _count(Grid.objects.all()),
        "num_waiting_grids": _count(Grid.objects.waiting()),
        "num_hits": _count(HIT.objects.all(), "batch__study"),
        "num_slots": _count(slots, through_batch),
        "num_free": _count(free, through_batch),
        "num_claimed": _count(unsubmitted.filter(is_held), through_batch),
        "num_submitted": _count(slots.filter(submitted_at__isnull=False), through_batch),
        **_of_launches(),
        "is_reviewed": Exists(QualityReview.objects.filter(study=OuterRef("pk"), reviewed_at__isnull=False)),
        "num_workers_excluded": _count(WorkerDecision.objects.active().filter(effect=Effect.EXCLUDE)),
        "num_workers_stopped": _count(WorkerDecision.objects.active().filter(effect=Effect.STOP)),
        "num_measured": _count(SelectionFrequency.objects.standard().filter(num_seen__gt=0), "judgement_filter__study"),
        "num_sets": _count(sets),
        "num_drafts": _count(sets.filter(frozen_at__isnull=True)),
        "num_reviews": _count(TestSetReview.objects.going_on(), "test_set__study"),
        "num_frozen": _count(frozen),
        "num_pictureless": _count(frozen.filter(Exists(_given_without_picture()) | Exists(_taken_down()))),
        "num_classifiers": _count(Classifier.objects.all()),
        "num_runnable": _count(Classifier.objects.runnable()),
        "num_wanted_runs": _count(
            runs.standing()
            .exclude(classifier__runtime=SCORED_ELSEWHERE)
            .filter(condition="clean", test_set__in=frozen.values("pk")),
            through_classifier,
        ),
        "num_open": _count(runs.filter(state=Run.State.OPEN), through_classifier),
        "num_finished": _count(runs.filter(state=Run.State.FINISHED), through_classifier),
        "num_failed": _count(failed_runs(), through_classifier),
        "is_simulated": Exists(Batch.objects.filter(study=OuterRef("pk"), is_simulated=True)),
        "report_built_at": Subquery(_reports().values("built_at")[:1]),
        "run_ended_at": Subquery(
            runs.filter(classifier__study=OuterRef("pk"), state=Run.State.FINISHED, condition="clean")
            .order_by("-ended_at")
            .values("ended_at")[:1]
        ),
    }


def _of_candidates() -> dict[str, Any]:
    candidates = Candidate.objects.all()
    excluded = candidates.filter(exclusion__candidate__isnull=False)
    return {
        # All are counted in an index, and few are excluded: many times faster than to look each one up.
        "num_originals": _count(candidates.filter(origin=Origin.ORIGINAL))
        - _count(excluded.filter(origin=Origin.ORIGINAL)),
        "num_pool": _count(candidates.filter(origin=Origin.POOL)) - _count(excluded.filter(origin=Origin.POOL)),
        "num_excluded": _count(excluded),
        "num_reported": _count(candidates.filter(pk__in=Complaint.objects.waiting().order_by().values("candidate"))),
    }


def _given_without_picture() -> QuerySet[TestSetImage]:
    """Of the set at hand: sets that are drawn here hold pictures only, until some are taken down."""
    return TestSetImage.objects.filter(
        test_set=OuterRef("pk"), test_set__parameters__given=True, candidate__image__isnull=True
    )


def _taken_down() -> QuerySet[TestSetImage]:
    return TestSetImage.objects.filter(test_set=OuterRef("pk"), candidate__take_down__isnull=False)


def _of_launches() -> dict[str, Any]:
    planned = Launch.objects.filter(batch__isnull=True, withdrawn_at__isnull=True)
    return {
        "num_launches": _count(planned),
        "num_launches_waiting": _count(planned.filter(confirmed_at__isnull=False)),
    }


def _reports() -> QuerySet[Report]:
    """Of the study at hand, of all sets and classifiers; the newest first."""
    return Report.objects.built().filter(study=OuterRef("pk"), selection_key="")


def failed_runs() -> QuerySet[Run]:
    """Failed runs that were not requested again since."""
    again = Run.objects.filter(
        classifier=OuterRef("classifier"), test_set=OuterRef("test_set"), condition=OuterRef("condition")
    ).filter(Q(pk__gt=OuterRef("pk")))
    failed: QuerySet[Run] = Run.objects.filter(~Exists(again), state=Run.State.FAILED)
    return failed


def _count(rows: QuerySet[Any, Any], path: str = "study") -> Coalesce:
    """The number of these rows in each study, as a subquery of its own: joins would multiply one another."""
    counted = rows.order_by().filter(**{path: OuterRef("pk")}).values(path).annotate(num=Count("pk")).values("num")
    return Coalesce(Subquery(counted), 0)
