"""What a revision holds that another does not."""

import pytest

from annotation import candidates, testsets
from annotation.models import Candidate, Exclusion, Origin, Strategy, Study, TestSet
from annotation.testsets import history
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db
PARAMETERS = testsets.TopImages(images_per_class=3)


@pytest.fixture
def study() -> Study:
    study = cast.study()
    zero = cast.target_class(study)
    for count in (10, 9, 8, 7):
        cast.measured(zero, Origin.POOL, count)
    return study


def build(study: Study, seed: int = 0) -> TestSet:
    return testsets.build(study=study, strategy=Strategy.TOP_IMAGES, parameters=PARAMETERS, seed=seed, now=NOW)


def exclude(candidate: Candidate) -> None:
    candidates.exclude(
        candidates=Candidate.objects.filter(pk=candidate.pk), reason=Exclusion.Reason.WRONG_CLASS, now=NOW
    )


def test_two_equal_revisions_do_not_differ(study: Study) -> None:
    found = history.diff(build(study), build(study, seed=1))
    assert found.is_empty
    assert found.num_kept == 3


def test_what_went_in_and_out_is_named(study: Study) -> None:
    before = build(study)
    best, *_, worst = Candidate.objects.order_by("id")
    exclude(best)
    found = history.diff(before, build(study))
    assert (found.came, found.left, found.num_kept) == ((worst.pk,), (best.pk,), 2)


def test_an_image_under_another_class_has_moved(study: Study) -> None:
    before = build(study)
    best = Candidate.objects.order_by("id")[0]
    exclude(best)
    one = cast.target_class(study, "1", "one")
    again = cast.measured(one, Origin.POOL, 10)
    Candidate.objects.filter(pk=again.pk).update(image=best.image)
    after = build(study)
    found = history.diff(before, after)
    [moved] = found.moved
    assert (moved.candidate_id, moved.before.name, moved.after.name) == (again.pk, "zero", "one")
    assert len(found.came) == 1
    assert not found.left
    assert history.changes([before, after]) == {after.pk: history.Change(num_came=1, num_left=0, num_moved=1)}


def test_images_with_other_counts_are_counted(study: Study) -> None:
    before = build(study)
    best = Candidate.objects.order_by("id")[0]
    best.selection_frequencies.update(num_seen=11)
    found = history.diff(before, build(study))
    assert found.num_recounted == 1
    assert not found.is_empty


def test_the_first_revision_changed_nothing(study: Study) -> None:
    assert history.changes([build(study)]) == {}


def test_an_image_under_two_classes_is_counted_in_each(study: Study) -> None:
    one = cast.target_class(study, "1", "one")
    again = cast.measured(one, Origin.POOL, 10)
    best = Candidate.objects.order_by("id")[0]
    Candidate.objects.filter(pk=again.pk).update(image=best.image)
    before = build(study)
    exclude(best)
    after = build(study)
    found = history.diff(before, after)
    assert (found.num_kept, found.left, len(found.came), found.moved) == (3, (best.pk,), 1, ())
    assert history.changes([before, after]) == {after.pk: history.Change(1, 1, 0)}
