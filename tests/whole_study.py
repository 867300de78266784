"""A study with a row of everything, from candidates to the report, for tests that walk over all of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User

from annotation import storage
from annotation.models import (
    Batch,
    Candidate,
    Grid,
    Image,
    Origin,
    Strategy,
    Study,
    TargetClass,
    TestSet,
    TestSetImage,
)
from evaluation.models import Classifier, Report, Run, RunShard, Score
from tests import cast


@dataclass(frozen=True)
class WholeStudy:
    study: Study
    target_class: TargetClass
    candidate: Candidate
    grid: Grid
    batch: Batch
    draft: TestSet
    test_set: TestSet
    classifier: Classifier
    run: Run
    report: Report


def whole_study(slug: str = "digits-twin", researchers: Iterable[User] = ()) -> WholeStudy:
    """Two classes, three candidates, a grid with a batch, a draft and a frozen test set, a scored run, a report."""
    study = cast.study(slug, researchers)
    target_class = cast.target_class(study, "0", "zero")
    cast.target_class(study, "1", "one")
    shown = [_shown(target_class, number, slug) for number in range(3)]
    grid = cast.grid(target_class, shown)
    draft, frozen = _test_set(study, "easier", shown), _test_set(study, "calibrated", shown)
    frozen.frozen_at, frozen.content_sha256 = cast.NOW, storage.put("manifests", b'{"images": []}')
    frozen.save()
    classifier = Classifier.objects.create(
        study=study, name="nearest", runtime="onnx", file_sha256="0" * 64, num_bytes=1,
        preprocessing={"size": [8, 8]}, class_ids=["0", "1"], registered_at=cast.NOW,
    )  # fmt: skip
    return WholeStudy(
        study=study,
        target_class=target_class,
        candidate=shown[0],
        grid=grid,
        batch=cast.batch(study, [grid]),
        draft=draft,
        test_set=frozen,
        classifier=classifier,
        run=_scored_run(classifier, frozen),
        report=Report.objects.create(study=study, content={"is_simulated": False}, built_at=cast.NOW),
    )


def _shown(of: TargetClass, number: int, slug: str) -> Candidate:
    """A measured candidate with a rendition behind it."""
    candidate = cast.measured(of, Origin.ORIGINAL if number == 0 else Origin.POOL, num_selected=7)
    sha256 = storage.put("renditions", f"{slug} {number}".encode())
    Image.objects.filter(pk=candidate.image_id).update(rendition_sha256=sha256)
    return candidate


def _test_set(study: Study, name: str, candidates: list[Candidate]) -> TestSet:
    test_set = TestSet.objects.create(
        study=study, strategy=Strategy.THRESHOLD, name=name, revision=1, seed=0, built_at=cast.NOW,
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
    RunShard.objects.create(run=run, number=0, start=0, stop=2, finished_at=cast.NOW)
    RunShard.objects.create(run=run, number=1, start=2, stop=3, finished_at=cast.NOW)
    Score.objects.create(run=run, num_correct=2, num_correct_top5=3, num_images=3, computed_at=cast.NOW)
    return run
