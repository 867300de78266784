"""A build that is asked for twice is one revision; whatever differs makes the next."""

from datetime import timedelta
from typing import Any

import pytest

from annotation import candidates, testsets
from annotation.models import Candidate, Exclusion, Origin, Strategy, Study, TestSet
from annotation.strategies import STRATEGIES
from annotation.testsets import GivenImage
from tests import cast
from tests.at_once import at_once
from tests.cast import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
SETS = {strategy: each(images_per_class=3) for strategy, each in STRATEGIES.items()}


@pytest.fixture
def study() -> Study:
    row = cast.study(seed=3)
    zero = cast.target_class(row)
    for count in (5, 7, 9, 9, 10, 10):
        cast.measured(zero, Origin.ORIGINAL, count)
    for count in (1, 3, 5, 5, 7, 7, 8, 9, 9, 10):
        cast.measured(zero, Origin.POOL, count)
    return row


def build(study: Study, **changed: Any) -> list[TestSet]:
    asked: dict[str, Any] = {"parameters": SETS, "seed": 3, "now": LATER} | changed
    return testsets.build_all(study=study, **asked)


@pytest.mark.django_db(transaction=True)
def test_two_who_build_at_once_get_the_same_revisions(study: Study) -> None:
    first, second = at_once([lambda: build(study)] * 2)
    assert [each.pk for each in first] == [each.pk for each in second]
    assert set(study.test_sets.values_list("revision", flat=True)) == {1}
    assert study.test_sets.count() == len(STRATEGIES)


@pytest.mark.django_db(transaction=True)
def test_two_who_rebuild_at_once_get_the_same_revision(study: Study) -> None:
    [first] = build(study, parameters={Strategy.TOP_IMAGES: SETS[Strategy.TOP_IMAGES]})
    one = Candidate.objects.filter(pk=first.images.earliest("pk").candidate_id)
    candidates.exclude(candidates=one, reason=Exclusion.Reason.WRONG_CLASS, now=NOW)
    made = at_once([lambda: testsets.rebuild(test_set=first, now=LATER)] * 2)
    assert [each.revision for each in made] == [2, 2]
    assert study.test_sets.count() == 2


def test_a_frozen_revision_is_not_drawn_again(study: Study) -> None:
    for each in build(study):
        testsets.freeze(test_set=each, now=NOW)
    assert all(each.is_frozen for each in build(study))


def test_rebuilding_what_has_not_changed_gives_the_same_revision(study: Study) -> None:
    for each in build(study):
        assert testsets.rebuild(test_set=each, now=LATER) == each


@pytest.mark.parametrize(
    "changed", [{"seed": 4}, {"parameters": {Strategy.TOP_IMAGES: STRATEGIES[Strategy.TOP_IMAGES](images_per_class=2)}}]
)
def test_other_rules_make_the_next_revision(study: Study, changed: dict[str, Any]) -> None:
    build(study)
    assert {each.revision for each in build(study, **changed)} == {2}


def test_other_counts_make_the_next_revision(study: Study) -> None:
    build(study)
    study.candidates.filter(origin=Origin.POOL).first().selection_frequencies.update(num_selected=10)
    assert {each.revision for each in build(study)} == {2}


def test_a_list_that_is_imported_twice_is_one_revision_and_another_is_the_next(study: Study) -> None:
    def given(*names: str) -> TestSet:
        images = [GivenImage(name, "0") for name in names]
        return testsets.import_given(study=study, strategy=Strategy.TOP_IMAGES, images=images, now=NOW)

    first = given("a.jpg", "b.jpg")
    assert given("a.jpg", "b.jpg") == first
    assert given("a.jpg", "c.jpg").revision == 2
