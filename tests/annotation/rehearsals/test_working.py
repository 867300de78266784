"""Made-up workers answer as stated, go on where they were, get no grid twice, and are paid in the books alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from annotation import bitmaps, quality, rehearsals, workers
from annotation.errors import CannotLaunch
from annotation.launches.drafting import Plan
from annotation.models import Assignment, Batch, Effect, Invitation, Origin, Place, Study, Worker
from annotation.payments import ledger
from annotation.payments.reconciling import reconcile
from annotation.platforms.own import OwnPlatform
from annotation.rehearsals import crowd
from annotation.studies import set_nearest_classes
from tests import cast

pytestmark = pytest.mark.django_db
NOW = cast.NOW
FAR = NOW + timedelta(days=300)


def rehearsed(plan: Plan | None = None, slug: str = "twin", num_images: int = 84) -> Batch:
    """A rehearsal of two classes of so many images each."""
    study = cast.study(slug, seed=3)
    classes = [cast.target_class(study, f"n{number}", name) for number, name in enumerate(("bow", "ribbon"))]
    set_nearest_classes(study=study, nearest={"n0": "n1", "n1": "n0"})
    for of in classes:
        for number in range(num_images):
            cast.candidate(of, Origin.ORIGINAL if number < 20 else Origin.POOL)
    made = rehearsals.copy(study=study, by=None, now=NOW)
    return rehearsals.launch(study=made, plan=plan or Plan(num_assignments=5), now=NOW)


def ticking(seconds: float = 1.0) -> Callable[[], datetime]:
    """A clock that goes on whenever it is looked at."""
    ticks = iter(range(10_000_000))
    return lambda: NOW + timedelta(seconds=seconds * next(ticks))


def work(batch: Batch, until: datetime = FAR, **given: Any) -> rehearsals.Progress:
    return rehearsals.work(batch=batch, seed=3, clock=given.pop("clock", ticking()), until=until)


def judgements(batch: Batch) -> list[Any]:
    rows = Assignment.objects.filter(hit__batch=batch).order_by("hit", "worker__external_id")
    return [(bytes(row.selected or b""), bytes(row.seen or b"")) for row in rows]


def test_every_slot_is_filled_by_another_made_up_worker() -> None:
    batch = rehearsed()
    done = work(batch)
    assert (done.num_submitted, done.num_slots, done.is_over) == (20, 20, True)
    people = Worker.objects.filter(assignments__hit__batch=batch)
    assert set(people.values_list("platform", "is_simulated")) == {("simulated", True)}
    batch.refresh_from_db()
    assert batch.expired_at is not None
    assert not rehearsals.unfinished().exists()
    assert work(batch).num_submitted == 20


def test_it_goes_on_where_it_was_and_nobody_joins_or_judges_twice() -> None:
    batch = rehearsed()
    clock, rounds = ticking(), 0
    until, done = NOW, work(batch, until=NOW, clock=clock)
    while not done.is_over:
        rounds, until = rounds + 1, until + timedelta(seconds=30)
        before = done.num_submitted
        done = work(batch, until=until, clock=clock)
        assert done.num_submitted >= before
    assert rounds > 2
    assert done.num_submitted == 20
    study = batch.study
    assert study.enrolments.count() == Worker.objects.filter(platform="simulated").count()
    assert Invitation.objects.filter(study=study).count() == 1


def test_the_same_seed_makes_the_same_rehearsal() -> None:
    first = rehearsed()
    source = Study.objects.get(slug="twin")
    second = rehearsals.launch(
        study=rehearsals.copy(study=source, by=None, now=NOW), plan=Plan(num_assignments=5), now=NOW
    )
    for batch in (first, second):
        work(batch)
    assert sorted(judgements(first)) == sorted(judgements(second))


def test_answers_are_as_stated() -> None:
    batch = rehearsed(Plan(num_assignments=10), num_images=168)
    work(batch)
    counts = {"positive": [0, 0], "negative": [0, 0], "measured": [0, 0]}
    for row in Assignment.objects.filter(hit__batch=batch).select_related("hit__grid"):
        grid, chosen = row.hit.grid, bitmaps.unpack(row.selected or b"", row.hit.grid.num_positions)
        for kind, bitmap in (("positive", grid.positive_controls), ("negative", grid.negative_controls)):
            mask = bitmaps.unpack(bitmap, grid.num_positions).astype(bool)
            counts[kind][0] += int(np.count_nonzero(chosen[mask]))
            counts[kind][1] += int(np.count_nonzero(mask))
    shares = {kind: num / of for kind, (num, of) in counts.items() if of}
    assert shares["positive"] > 0.65
    assert shares["negative"] < 0.15


def test_what_is_stated_is_what_is_assumed() -> None:
    assert sum(weight for weight, _ in crowd.POOL) == pytest.approx(1)
    assert [f"{weight:.0%}" for weight, _ in (*crowd.POOL, *crowd.ORIGINAL)] == ["45%", "20%", "35%", "90%", "10%"]
    for weight in ("45 %", "20 %", "35 %", "90 %", "10 %"):
        assert weight in crowd.ASSUMPTIONS
    seconds = [crowd.seconds_of(crowd.Trait(0.9, 0.9, 1), number=number) for number in range(500)]
    assert 30 <= min(seconds) < max(seconds) <= 180


def test_a_grid_was_begun_before_it_was_handed_in() -> None:
    batch = rehearsed()
    work(batch)
    for row in Assignment.objects.filter(hit__batch=batch):
        assert row.submitted_at is not None
        assert row.claimed_at is not None
        assert 30 <= (row.submitted_at - row.claimed_at).total_seconds() <= 180
        assert not row.is_late


def test_the_books_are_kept_as_they_would_be() -> None:
    batch = rehearsed(Plan(num_assignments=5, pay_minor_units=12, currency="EUR", budget_minor_units=240))
    assert work(batch).is_over
    spend = ledger.spend(batch)
    assert (spend.paid, spend.fees, spend.num_unsettled) == (240, 0, 0)
    assert Place.objects.filter(posting__batch=batch, state="approved").count() == 20
    assert reconcile(batch=batch, platform=OwnPlatform("simulated"), now=FAR).left == []


def test_a_budget_that_is_too_small_spends_nothing_and_the_crowd_works_all_the_same() -> None:
    batch = rehearsed(Plan(num_assignments=5, pay_minor_units=12, currency="EUR", budget_minor_units=239))
    assert work(batch).num_submitted == 20
    assert ledger.spend(batch).paid == 0


def test_real_batches_are_never_touched() -> None:
    study = cast.study()
    target_class = cast.target_class(study)
    for fields in ({"platform": "local"}, {"platform": "local", "is_simulated": True}):
        batch = cast.batch(study, [cast.grid(target_class, [cast.candidate(target_class)])], **fields)
        with pytest.raises(CannotLaunch, match="is for people"):
            work(batch)
    assert not Assignment.objects.exclude(worker=None).exists()


def test_a_paused_rehearsal_waits() -> None:
    batch = rehearsed()
    Batch.objects.update(paused_at=NOW)
    assert work(batch).num_submitted == 0
    Batch.objects.update(paused_at=None)
    assert work(batch).is_over


def test_who_is_stopped_by_a_decision_gets_no_more(researcher: Any) -> None:
    batch = rehearsed()
    work(batch, until=NOW + timedelta(seconds=40))
    person = batch.study.enrolments.order_by("id")[0].worker
    quality.decide(study=batch.study, worker=person, effect=Effect.STOP, reason="a robot", by=researcher, now=NOW)
    num_before = person.assignments.filter(submitted_at__isnull=False).count()
    assert work(batch, clock=ticking()).is_over
    assert person.assignments.filter(submitted_at__isnull=False).count() == num_before
    assert workers.is_stopped(person.pk, study_id=batch.study_id)


def test_terms_are_those_of_the_study_s_newest_batch() -> None:
    study = cast.study()
    assert rehearsals.plan_of(study) == Plan()
    cast.batch(study, [], 7, pay_minor_units=9, currency="EUR", budget_minor_units=900)
    plan = rehearsals.plan_of(study)
    assert (plan.num_assignments, plan.pay_minor_units, plan.currency, plan.budget_minor_units) == (7, 9, "EUR", 900)
