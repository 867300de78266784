"""Of many images that have the very same hash not each is compared with each, and nothing is lost by it for good."""

import numpy as np
import pytest
from django.contrib.auth.models import User

from annotation import duplicates
from annotation.duplicates import comparing
from annotation.models import Candidate, DuplicatePair, DuplicateSearch, ImageSignature, Origin, TargetClass
from tests import cast
from tests.annotation.duplicates.scenes import again, reference, scene, shown

pytestmark = pytest.mark.django_db
MANY = duplicates.MANY
BLANK = np.full((32, 32), 255, dtype=np.uint8)


@pytest.fixture
def bow() -> TargetClass:
    return cast.target_class(cast.study())


def search(of: TargetClass) -> set[tuple[int, int]]:
    duplicates.search(study=of.study, now=cast.NOW)
    return set(of.study.duplicate_pairs.values_list("first", "second"))


def num_thinned(of: TargetClass) -> int:
    return DuplicateSearch.objects.get(study=of.study).num_thinned


def blanks(of: TargetClass, number: int) -> list[Candidate]:
    return [shown(of, BLANK) for _ in range(number)]


def test_up_to_ten_are_compared_each_with_each(bow: TargetClass) -> None:
    blanks(bow, MANY)
    assert (len(search(bow)), num_thinned(bow)) == (MANY * (MANY - 1) // 2, 0)


def test_of_more_each_is_paired_with_the_first(bow: TargetClass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MAX_PAIRS", 60)
    first, *others = blanks(bow, 60)
    assert search(bow) == {(first.pk, other.pk) for other in others}
    assert num_thinned(bow) == 59
    assert search(bow) == {(first.pk, other.pk) for other in others}


def test_the_first_is_compared_with_the_rest_of_the_pool_for_all(bow: TargetClass) -> None:
    rows = [shown(bow, scene(1)) for _ in range(MANY + 5)]
    close = shown(bow, again(scene(1)))
    ImageSignature.objects.filter(image=close.image).update(hash=rows[0].image.signature.hash ^ 1)
    found = search(bow)
    assert {pair for pair in found if close.pk in pair} == {(rows[0].pk, close.pk)}


def test_each_is_compared_with_originals_and_references(bow: TargetClass) -> None:
    rows = blanks(bow, MANY + 5)
    original = shown(bow, BLANK, Origin.ORIGINAL)
    known = reference(bow.study, "a.jpg", BLANK)
    assert {(row.pk, original.pk) for row in rows} <= search(bow)
    assert {pair.first for pair in DuplicatePair.objects.filter(reference=known)} == set(rows)


def test_of_many_originals_and_references_the_first_is_enough(bow: TargetClass) -> None:
    row = shown(bow, BLANK)
    originals = [shown(bow, BLANK, Origin.ORIGINAL) for _ in range(MANY + 5)]
    known = [reference(bow.study, f"{number}.jpg", BLANK) for number in range(MANY + 2)]
    search(bow)
    pairs = set(DuplicatePair.objects.values_list("first", "second", "reference"))
    assert pairs == {(row.pk, originals[0].pk, None), (row.pk, None, known[0].pk)}
    assert num_thinned(bow) == MANY + 4 + MANY + 1


def test_what_is_not_the_first_is_compared_with_the_rest_next_time(bow: TargetClass, researcher: User) -> None:
    first, second, third, *_others = blanks(bow, MANY + 5)
    search(bow)
    for other in (second, third):
        pair = DuplicatePair.objects.get(first=first, second=other)
        duplicates.decide(pair=pair, is_duplicate=False, by=researcher, now=cast.NOW)
    assert (second.pk, third.pk) in search(bow)


def test_where_the_first_original_is_none_the_next_one_is_compared(bow: TargetClass, researcher: User) -> None:
    row = shown(bow, BLANK)
    first, second, *_others = [shown(bow, BLANK, Origin.ORIGINAL) for _ in range(MANY + 5)]
    search(bow)
    duplicates.decide(pair=DuplicatePair.objects.get(), is_duplicate=False, by=researcher, now=cast.NOW)
    assert search(bow) == {(row.pk, first.pk), (row.pk, second.pk)}


def test_all_of_a_thinned_group_are_duplicates_once_that_is_said_of_each_and_the_first(
    bow: TargetClass, researcher: User
) -> None:
    rows = blanks(bow, MANY + 2)
    search(bow)
    for pair in DuplicatePair.objects.all():
        duplicates.decide(pair=pair, is_duplicate=True, by=researcher, now=cast.NOW)
    (group,) = duplicates.components_of(bow.study)
    assert group.pool == tuple(row.pk for row in rows)
