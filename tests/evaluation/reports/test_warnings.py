"""What a reader is told first: each warning says what to do, and is absent where there is nothing to do."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import reviews
from annotation.models import ClassReview, Strategy, Study, TestSetImage
from evaluation import looks, reports
from evaluation.models import AccuracyLook
from tests import cast
from tests.evaluation import reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return reported.scored_study(reported.SIX)[0]


def warnings(of: Study, selection: Any = reports.EVERYTHING) -> list[str]:
    found: list[str] = reports.build(study=of, now=cast.NOW, selection=selection).content["warnings"]
    return found


def judged(of: Study, name: str, num_selected: int, num_seen: int) -> None:
    """The same counts for each image of a set, which is frozen again after."""
    row = of.test_sets.filter(name=name).order_by("-revision")[0]
    copy = of.test_sets.create(strategy=row.strategy, name=name, revision=row.revision + 1, seed=0, built_at=cast.NOW)
    TestSetImage.objects.bulk_create(
        TestSetImage(
            test_set=copy, number=each.number, candidate=each.candidate, target_class=each.target_class,
            num_selected=num_selected, num_seen=num_seen,
        )
        for each in row.images.all()
    )  # fmt: skip
    copy.frozen_at, copy.content_sha256 = cast.NOW, f"{copy.pk:064x}"
    copy.save()
    for each in of.classifiers.all():
        reported.score(each, copy, 50 + each.pk % 7)


def test_there_is_nothing_to_warn_of(study: Study) -> None:
    assert warnings(study) == []


def test_a_newer_revision_that_is_not_frozen(study: Study) -> None:
    newer = study.test_sets.create(
        strategy=Strategy.MATCHED_FREQUENCY, name="calibrated", revision=2, seed=0, built_at=cast.NOW
    )
    assert warnings(study) == [
        "digits-twin/calibrated@r2 is not frozen yet, and this is about digits-twin/calibrated@r1; freeze it, request "
        "runs, and build the report again."
    ]
    newer.delete()
    assert warnings(study) == []


def test_a_draft_of_a_set_that_is_not_reported_on_concerns_nobody(study: Study) -> None:
    study.test_sets.create(strategy=Strategy.TOP_IMAGES, name="easiest", revision=1, seed=0, built_at=cast.NOW)
    assert warnings(study) == []


def test_few_judgements_of_an_image(study: Study) -> None:
    judged(study, "calibrated", 3, 5)
    assert warnings(study) == [
        "Images of the calibrated set have 5 judgements each, and their frequencies are rough; collect 8 or more."
    ]
    judged(study, "calibrated", 3, 8)
    assert warnings(study) == []


def test_images_that_nobody_has_judged(study: Study) -> None:
    judged(study, "easier", 0, 0)
    (found,) = warnings(study)
    assert found.startswith("Nobody has judged the images of the easier set")
    content = reports.build(study=study, now=cast.NOW).content
    assert content["test_sets"][2]["mean_frequency"] is None


def test_reviewers_who_had_seen_accuracies_are_named_and_others_not(
    study: Study, researcher: User, stranger: User
) -> None:
    draft = study.test_sets.create(
        strategy=Strategy.MATCHED_FREQUENCY, name="calibrated", revision=2, seed=0, built_at=cast.NOW
    )
    image = study.test_sets.get(name="calibrated", revision=1).images.first()
    TestSetImage.objects.create(
        test_set=draft, number=0, candidate=image.candidate, target_class=image.target_class, num_selected=8,
        num_seen=10,
    )  # fmt: skip
    review = reviews.open_review(test_set=draft, now=cast.NOW)
    reviews.finish(
        review=review, target_class=image.target_class, state=ClassReview.State.REVIEWED, by=stranger, now=cast.NOW
    )
    for person in (researcher, stranger):
        looks.note(
            study_ids=[study.pk], person=person, where=AccuracyLook.Where.RUNS, now=cast.NOW - timedelta(hours=1)
        )
    draft.frozen_at, draft.content_sha256 = cast.NOW, f"{draft.pk:064x}"
    draft.save()
    for each in study.classifiers.all():
        reported.score(each, draft, 50 + each.pk % 7)
    assert warnings(study) == [
        "Who reviewed the calibrated set had seen accuracies before it was frozen (sten); let somebody who had not "
        "review the next revision."
    ]
