"""A study with a row of everything, from candidates to the report, for tests that walk over all of it."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from annotation import duplicates, launches, messages, quality, reviews, storage, testsets
from annotation.launches import Plan
from annotation.models import (
    Batch,
    BulkExclusion,
    Candidate,
    Collection,
    DuplicateDecision,
    DuplicatePair,
    DuplicateSearch,
    Effect,
    Enrolment,
    Example,
    Export,
    Grid,
    Image,
    Invitation,
    Launch,
    Message,
    Origin,
    Place,
    QualityReview,
    ReferenceImage,
    Rejection,
    Strategy,
    Study,
    SurvivorChoice,
    TargetClass,
    TestSet,
    TestSetImage,
    TestSetReview,
    Worker,
    WorkerDecision,
)
from annotation.payments import rejections
from evaluation import reports
from evaluation.models import Classifier, Report, Run, RunShard, Score
from tests import cast, own_people
from tests.annotation.exports.exported import export

FIGURES: dict[str, Any] = {
    view: {"set": [[7, 10, 3, 1.0]], "original": [[7, 10, 1, 1.0]]} for view in ("whole", "chosen_by", "held_out")
} | {"gap": {"gap": 0.0, "low": -0.1, "high": 0.1}}


@dataclass(frozen=True)
class WholeStudy:
    study: Study
    target_class: TargetClass
    example: Example
    candidate: Candidate
    collection: Collection
    bulk_exclusion: BulkExclusion
    reference: ReferenceImage
    duplicate_search: DuplicateSearch
    duplicate_pair: DuplicatePair
    duplicate_decision: DuplicateDecision
    survivor_choice: SurvivorChoice
    grid: Grid
    batch: Batch
    launch: Launch
    place: Place
    rejection: Rejection
    message: Message
    enrolment: Enrolment
    decision: WorkerDecision
    review: QualityReview
    draft: TestSet
    test_set_review: TestSetReview
    test_set: TestSet
    export: Export
    classifier: Classifier
    run: Run
    report: Report

    @property
    def invitation(self) -> Invitation:
        return self.enrolment.invitation

    @property
    def prediction(self) -> Run:
        return self.run


def _collected(study: Study) -> dict[str, Any]:
    """How images came in, and how many went out at once."""
    return {
        "collection": Collection.objects.create(
            study=study, origin=Origin.POOL, kind="folder", address="images", requested_at=cast.NOW
        ),
        "bulk_exclusion": BulkExclusion.objects.create(
            study=study, reason="other", criteria={"origin": "pool"}, num_excluded=0, made_at=cast.NOW
        ),
    }


def whole_study(slug: str = "digits-twin", researchers: Iterable[User] = ()) -> WholeStudy:
    """Classes, examples, candidates, a grid with a batch, a draft and two frozen sets, scored runs, a report."""
    study = cast.study(slug, researchers)
    target_class = cast.target_class(study, "0", "zero")
    cast.target_class(study, "1", "one")
    shown = [_shown(target_class, number, slug) for number in range(3)]
    grid = cast.grid(target_class, shown)
    draft = _test_set(study, Strategy.THRESHOLD, shown)
    original = testsets.freeze(test_set=_test_set(study, Strategy.ORIGINAL, shown[:1]), now=cast.NOW)
    test_set = testsets.freeze(test_set=_test_set(study, Strategy.MATCHED_FREQUENCY, shown), now=cast.NOW)
    classifier = Classifier.objects.create(
        study=study, name="nearest", runtime="onnx", file_sha256="0" * 64, num_bytes=1,
        preprocessing={"size": [8, 8]}, class_ids=["0", "1"], registered_at=cast.NOW,
    )  # fmt: skip
    _scored_run(classifier, original)
    run = _scored_run(classifier, test_set)
    enrolment = cast.enrolment(study, cast.worker(f"of {slug}"))
    decision = quality.decide(
        study=study, worker=enrolment.worker, effect=Effect.EXCLUDE, reason="Asked us to.", by=None, now=cast.NOW
    )
    quality.review(study=study, now=cast.NOW)
    reference = ReferenceImage.objects.create(study=study, name="train/1.jpg", hash=1, grey=bytes(1024))
    pair = DuplicatePair.objects.create(
        study=study, first=shown[1], reference=reference, hamming=3, pixel_distance=0.1, structural_distance=0.2,
        found_at=cast.NOW,
    )  # fmt: skip
    person = User.objects.get_or_create(username=f"finder of {slug}")[0]
    batch = cast.batch(study, [grid], pay_minor_units=30, currency="EUR")
    place, rejection = _rejected(batch, cast.worker(f"rejected of {slug}"), person)
    return WholeStudy(
        study=study,
        target_class=target_class,
        example=_taught(target_class, slug),
        candidate=shown[0],
        **_collected(study),
        reference=reference,
        duplicate_search=DuplicateSearch.objects.create(study=study, searched_at=cast.NOW),
        duplicate_pair=pair,
        duplicate_decision=duplicates.decide(pair=pair, is_duplicate=False, by=person, now=cast.NOW),
        survivor_choice=SurvivorChoice.objects.create(candidate=shown[0], chosen_by=person, chosen_at=cast.NOW),
        grid=grid,
        launch=launches.draft(study=study, plan=Plan(), by=person, now=cast.NOW),
        batch=batch,
        place=place,
        rejection=rejection,
        message=messages.write_to_researchers(
            study=study, worker=rejection.place.worker, text="Look again.", now=cast.NOW, rejection=rejection
        ),
        enrolment=enrolment,
        decision=decision,
        review=QualityReview.objects.get(study=study),
        draft=draft,
        test_set_review=reviews.open_review(test_set=draft, now=cast.NOW),
        test_set=test_set,
        export=export(test_set, "imagefolder"),
        classifier=classifier,
        run=run,
        report=reports.build(study=study, now=cast.NOW),
    )


def _shown(of: TargetClass, number: int, slug: str) -> Candidate:
    """A measured candidate with its files."""
    candidate = cast.measured(of, Origin.ORIGINAL if number == 0 else Origin.POOL, num_selected=7)
    content = f"{slug} {number}".encode()
    Image.objects.filter(pk=candidate.image_id).update(
        sha256=storage.put("images", content),
        rendition_sha256=storage.put("renditions", cast.png(number, (8, 8), "JPEG")),
    )
    return candidate


def _rejected(batch: Batch, worker: Worker, by: User) -> tuple[Place, Rejection]:
    """A place of the batch, of which nothing was handed in here, so that it is not paid."""
    posting = own_people.put_up(batch).postings.get()
    place = Place.objects.create(
        posting=posting, external_id=f"by {worker.pk}", worker_external_id=worker.external_id, worker=worker,
        state=Place.State.SUBMITTED, submitted_at=cast.NOW, seen_at=cast.NOW,
    )  # fmt: skip
    return place, rejections.reject(place=place, reason="Nothing was handed in.", by=by, now=cast.NOW)


def _taught(of: TargetClass, slug: str) -> Example:
    """An example of the class, with its counterpart: enough to practise on."""
    seed = zlib.crc32(slug.encode())
    cast.example(of, cast.png(seed), shows_class=False, caption="A one.")
    return cast.example(of, cast.png(seed + 1))


def _test_set(study: Study, strategy: Strategy, candidates: list[Candidate]) -> TestSet:
    test_set = TestSet.objects.create(
        study=study, strategy=strategy, name=strategy.label, revision=1, seed=0, built_at=cast.NOW,
        figures=FIGURES,
        parameters={"images_per_class": 3}, shortages=[{"class_id": "1", "number": 3, "reason": "no candidates"}],
    )  # fmt: skip
    TestSetImage.objects.bulk_create(
        TestSetImage(
            test_set=test_set, number=number, candidate=candidate, target_class=candidate.target_class,
            num_selected=7, num_seen=10,
        )
        for number, candidate in enumerate(candidates)
    )  # fmt: skip
    return test_set


def _scored_run(classifier: Classifier, test_set: TestSet) -> Run:
    run = Run.objects.create(
        classifier=classifier, test_set=test_set, state=Run.State.FINISHED, requested_at=cast.NOW, ended_at=cast.NOW
    )
    size = test_set.images.count()
    for number in range(size):
        RunShard.objects.create(run=run, number=number, start=number, stop=number + 1, finished_at=cast.NOW)
    Score.objects.create(
        run=run, num_correct=max(1, size - 1), num_correct_top5=size, num_images=size, computed_at=cast.NOW
    )
    return run
