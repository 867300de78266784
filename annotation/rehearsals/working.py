"""A rehearsal at work: its batch, the made-up workers who answer it, and the books as they would be kept.

The workers take part by the same verbs as people. Whatever is cut short goes on where it was: who has joined, what was
handed in and what was paid are rows, and an answer follows from the seed, the worker and the HIT.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from annotation import assignments, hits, postings, workers
from annotation.errors import BatchClosed, CannotLaunch, ServingStopped
from annotation.launches import going_live
from annotation.launches.drafting import Plan
from annotation.models import IMPORTED, Assignment, Batch, Grid, Launch, Study, Worker
from annotation.payments import paying
from annotation.platforms import simulated
from annotation.platforms.own import SIMULATED, OwnPlatform
from annotation.platforms.simulated import Trait
from annotation.postings.rounds import alone
from annotation.rehearsals import crowd

Clock = Callable[[], datetime]
AT_WORK = 7_317  # any number of its own, for the lock of who lets the crowd of a batch work
GRIDS_EACH = 40
MOST_WORKERS = 1000
MORE_WORKERS = 10  # where all have met an image of what is left
SHARE_OF_LEASE = 0.8


@dataclass(frozen=True)
class Progress:
    """How far a rehearsal is."""

    num_submitted: int
    num_slots: int
    is_over: bool
    """Nothing is left to do in it."""


def plan_of(study: Study) -> Plan:
    """The terms to rehearse: of the study's newest launch, else of its newest batch, else the usual ones."""
    launch = Launch.objects.filter(study=study, withdrawn_at=None).order_by("-id").first()
    if launch is not None:
        return Plan.of(launch)
    batch = study.batches.exclude(platform=IMPORTED).order_by("-id").first()
    if batch is None:
        return Plan()
    names = ("num_assignments", "lease_seconds", "pay_minor_units", "currency", "budget_minor_units")
    return Plan(**{name: getattr(batch, name) for name in names})


def launch(*, study: Study, plan: Plan, now: datetime) -> Batch:
    """Put all grids of a copy to made-up workers under these terms, without a fee."""
    if study.batches.exclude(platform=SIMULATED).exists():
        raise CannotLaunch("People work on this study; only a copy of it is rehearsed.")
    terms = hits.Terms(
        num_assignments=plan.num_assignments,
        lease_seconds=plan.lease_seconds,
        platform=SIMULATED,
        is_simulated=True,
        pay_minor_units=plan.pay_minor_units,
        currency=plan.currency,
        budget_minor_units=plan.budget_minor_units,
    )
    batch = hits.launch(study=study, grids=list(study.grids.waiting()), terms=terms, now=now)
    workers.invite_everyone(study=study, now=now, platform=SIMULATED, is_simulated=True)
    return batch


def unfinished() -> QuerySet[Batch]:
    """Batches whose made-up workers are still to do something."""
    return Batch.objects.filter(platform=SIMULATED, is_simulated=True, expired_at=None, paused_at=None)


def work(*, batch: Batch, seed: int, clock: Clock, until: datetime) -> Progress:
    """Let the crowd answer until then, and keep the books; call it again until it is over."""
    if batch.platform != SIMULATED or not batch.is_simulated:
        raise CannotLaunch(f"{batch} is for people; made-up workers don't touch it.")
    with alone(batch, AT_WORK) as is_alone:
        if not is_alone or not unfinished().filter(pk=batch.pk).exists():
            return _progress(batch)
        platform = OwnPlatform(SIMULATED)
        if not _put_up(batch, platform, clock=clock, until=until):
            return _progress(batch)
        if not _Crowd(batch, seed, clock, until).has_answered():
            return _progress(batch)
        if not _pay(batch, platform, clock=clock, until=until):
            return _progress(batch)
        hits.expire(batch=batch, now=clock())
    return _progress(batch)


def _progress(batch: Batch) -> Progress:
    slots = Assignment.objects.filter(hit__batch=batch).order_by()
    counts = slots.aggregate(num=Count("pk"), num_submitted=Count("pk", filter=Q(submitted_at__isnull=False)))
    is_over = not Batch.objects.filter(pk=batch.pk, expired_at=None).exists()
    return Progress(counts["num_submitted"], counts["num"], is_over)


def _put_up(batch: Batch, platform: OwnPlatform, *, clock: Clock, until: datetime) -> bool:
    """Whether all that pays is written down as it would be posted, or can't be: the budget may not hold it."""
    while batch.is_paid and clock() < until:
        done = going_live.go_on(batch=batch, platform=platform, now=clock())
        if not done.num_left or done.problems:
            return True
        if done.is_over:
            return False
    return not batch.is_paid


def _pay(batch: Batch, platform: OwnPlatform, *, clock: Clock, until: datetime) -> bool:
    """Whether all was paid that would be, at once instead of after a day."""
    if not batch.is_paid:
        return True
    while clock() < until:
        done = postings.learn(batch=batch, platform=platform, now=clock())
        if not done.num_left:
            paid = paying.pay_due(batch=batch, platform=platform, now=clock(), grace=timedelta(0))
            return not paid.is_over
        if done.is_over:
            return False
    return False


class _Crowd:
    """The made-up workers of one batch, who take turns."""

    def __init__(self, batch: Batch, seed: int, clock: Clock, until: datetime) -> None:
        self.batch, self.seed, self.clock, self.until = batch, seed, clock, until
        self.pictures = crowd.Pictures(seed)
        self.people: list[tuple[Worker, Trait]] = []
        self.num_answers = 0

    def has_answered(self) -> bool:
        """Whether nothing is left that any of them could answer; not, where the time was too short."""
        joined = self._joined()
        wanted = len(joined) or self._num_wanted()
        while self._join(wanted, joined):
            if not self._take_turns():
                return False
            joined = self._joined()
            if wanted >= MOST_WORKERS or not self._num_free():
                return True
            wanted += MORE_WORKERS
        return False

    def _num_wanted(self) -> int:
        num_slots = self.batch.hits.count() * self.batch.num_assignments
        return min(MOST_WORKERS, max(hits.num_workers_needed(self.batch), num_slots // GRIDS_EACH))

    def _num_free(self) -> int:
        return Assignment.objects.filter(hit__batch=self.batch, submitted_at=None).count()

    def _joined(self) -> list[Worker]:
        enrolled = self.batch.study.enrolments.filter(worker__platform=SIMULATED).select_related("worker")
        return [each.worker for each in enrolled.order_by("id")]

    def _join(self, wanted: int, joined: list[Worker]) -> bool:
        """Whether as many as wanted take part; their ways follow from the seed."""
        study = self.batch.study
        invitation = workers.invite_everyone(study=study, now=self.clock(), platform=SIMULATED, is_simulated=True)
        for number in range(len(joined), wanted):
            if self.clock() >= self.until:
                return False
            worker = workers.register(
                platform=SIMULATED, external_id=f"{study.pk}-{number}", now=self.clock(), is_simulated=True
            )
            workers.enrol(invitation=invitation, worker=worker, now=self.clock())
            joined.append(worker)
        self.people = list(zip(joined, simulated.traits(num_workers=len(joined), seed=self.seed), strict=True))
        return True

    def _take_turns(self) -> bool:
        """Whether each of them found nothing more to do; who has done least begins."""
        of_batch = Assignment.objects.filter(hit__batch=self.batch, submitted_at__isnull=False).order_by()
        num_done = dict(of_batch.values_list("worker").annotate(Count("pk")))
        waiting = deque(sorted(self.people, key=lambda person: num_done.get(person[0].pk, 0)))
        while waiting:
            if self.clock() >= self.until:
                return False
            person = waiting.popleft()
            try:
                if self._answer(*person):
                    waiting.append(person)
            except ServingStopped:  # this one was stopped by a decision, as in a study
                continue
            except BatchClosed:
                return True
        return True

    def _answer(self, worker: Worker, trait: Trait) -> bool:
        """Whether the worker found a grid, and handed it in. It was begun as long before as it would have taken."""
        now = self.clock()
        longest = SHARE_OF_LEASE * self.batch.lease_seconds
        seconds = min(longest, crowd.seconds_of(trait, number=self.num_answers))
        held = assignments.claim(batch=self.batch, worker=worker, now=now - timedelta(seconds=seconds))
        if held is None:
            return False
        grid = Grid.objects.select_related("target_class").get(hits=held.hit_id)
        place = (grid.target_class.number, grid.number)
        chosen = crowd.selected(self.pictures.clarity(grid), trait, place=place)
        assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=chosen, not_seen=[], now=now)
        self.num_answers += 1
        return True
