"""A paid rehearsal of the demonstration, for pictures of what the demonstration lacks: `make screens`.

It is planned, at work, and over; each step is made by the verbs that pages use, and pictured before the next.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from annotation import frequencies, launches, messages, postings, quality, rehearsals, reviews, testsets
from annotation.launches import Plan
from annotation.models import Batch, Launch, Place, Rejection, Strategy, Study, TestSetReview, Verdict, Worker
from annotation.payments import rejections
from annotation.platforms import local
from annotation.platforms.own import SIMULATED, OwnPlatform

PLAN = Plan(
    num_assignments=10,
    pay_minor_units=30,
    currency="EUR",
    budget_minor_units=15_000,
    num_pilot=5,
    title="Find a digit among 48 handwritten ones",
    description="You see grids of small pictures, and select those that show the digit you are asked for.",
    seconds_estimated=90,
)
WORKING = timedelta(hours=2)
PAUSE = timedelta(seconds=18)  # so that about two thirds are handed in by now


class Clock:
    """Goes on by a pause whenever somebody looks."""

    def __init__(self, begin: datetime) -> None:
        self.now = begin

    def __call__(self) -> datetime:
        self.now += PAUSE
        return self.now


def planned(study: Study, *, by: Any) -> Launch:
    """A copy whose grids wait for workers, with a launch that nobody has confirmed."""
    made = rehearsals.copy(study=study, by=by, now=timezone.now())
    return launches.draft(study=made, plan=PLAN, by=by, now=timezone.now())


def at_work(launch: Launch, *, by: Any) -> Batch:
    """Its made-up workers have done a part, of which one grid is rejected."""
    now = timezone.now()
    batch = rehearsals.launch(study=launch.study, plan=PLAN, now=now - WORKING)
    launches.withdraw(launch=launch, now=now)
    rehearsals.work(batch=batch, seed=0, clock=Clock(now - WORKING), until=now)
    postings.learn(batch=batch, platform=OwnPlatform(SIMULATED), now=now)
    place = Place.objects.filter(posting__batch=batch, state=Place.State.SUBMITTED).order_by("pk").first()
    assert place is not None
    reason = "Pictures were selected that clearly show another digit than the one that was asked for."
    rejections.reject(place=place, reason=reason, by=by, now=now)
    return batch


def over(batch: Batch, *, by: Any) -> tuple[Rejection, TestSetReview]:
    """All is handed in and paid but one grid, whose worker asks for another look; a set of it is under review."""
    study, now = batch.study, timezone.now()
    rehearsals.work(batch=batch, seed=0, clock=timezone.now, until=now + timedelta(minutes=5))
    rejection = Rejection.objects.select_related("place__worker").get(place__posting__batch=batch)
    text = "Two of these are so blurred that I was not sure. I would be glad if you looked again."
    messages.write_to_researchers(
        study=study, worker=rejection.place.worker, text=text, now=timezone.now(), rejection=rejection
    )
    frequencies.recompute_stale(study=study, now=timezone.now())
    quality.review(study=study, now=timezone.now())
    return rejection, _under_review(study, by=by)


def _under_review(study: Study, *, by: Any) -> TestSetReview:
    strategy = Strategy.MATCHED_FREQUENCY
    testsets.import_original(study=study, now=timezone.now())
    calibrated = testsets.build(
        study=study, strategy=strategy, parameters=testsets.read_parameters(strategy, {"images_per_class": 20}),
        seed=study.seed, now=timezone.now(),
    )  # fmt: skip
    review = reviews.open_review(test_set=calibrated, now=timezone.now(), by=by)
    first = calibrated.images.order_by("number").first()
    assert first is not None
    reviews.exclude(
        review=review, candidate_id=first.candidate_id, reason=Verdict.Reason.UNCLEAR, by=by, now=timezone.now()
    )
    return review


def pseudonym(rejection: Rejection) -> str:
    return Worker.pseudonym_in(rejection.place.posting.batch.study_id, rejection.place.worker_id)


def home(rejection: Rejection) -> str:
    """The page of the worker whose grid was rejected."""
    study = rejection.place.posting.batch.study
    return f"/me/{local.enrolment_token(study.enrolments.get(worker=rejection.place.worker_id))}/"
