"""A set beside the original: a class counts for what it has in the set, however many of its originals were judged."""

from collections import Counter

import pytest

from annotation import testsets
from annotation.models import Origin, Strategy, Study, TestSet
from annotation.strategies import STRATEGIES
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def unequal(num_pool: tuple[int, int] = (40, 40)) -> Study:
    """Forty originals at 9 of 10 and six at 5 of 10, and a pool at the same frequencies."""
    row = cast.study()
    for number, (count, originals) in enumerate([(9, 40), (5, 6)]):
        target_class = cast.target_class(row, str(number), str(number))
        for origin, images in ((Origin.ORIGINAL, originals), (Origin.POOL, num_pool[number])):
            for _ in range(images):
                cast.measured(target_class, origin, count)
    return row


def built(study: Study, strategy: Strategy) -> TestSet:
    return testsets.build(study=study, strategy=strategy, parameters=STRATEGIES[strategy](), seed=0, now=NOW)


def figures(test_set: TestSet) -> testsets.Figures:
    found = testsets.figures_of(test_set)
    assert found is not None
    return found


def test_a_matched_set_is_not_biased_by_how_many_originals_were_judged() -> None:
    found = figures(built(unequal(), Strategy.MATCHED_FREQUENCY))
    assert found.whole.set_mean == pytest.approx(0.7)
    assert found.whole.original_mean == pytest.approx(0.7)
    assert found.whole.original_bins == pytest.approx([0, 0, 0.5, 0, 0.5])
    assert found.whole.set_bins == pytest.approx(found.whole.original_bins)
    assert found.gap is not None
    assert abs(found.gap.gap) < 0.06
    assert not found.is_biased


def test_a_class_in_shortage_weighs_as_little_as_it_has() -> None:
    test_set = built(unequal(num_pool=(40, 3)), Strategy.MATCHED_FREQUENCY)
    images = Counter(test_set.images.values_list("target_class__number", flat=True))
    assert test_set.shortages
    assert 0 < images[1] < images[0]
    expected = (0.9 * images[0] + 0.5 * images[1]) / images.total()
    found = figures(test_set)
    assert (found.whole.set_mean, found.whole.original_mean) == pytest.approx((expected, expected))
    assert not found.is_biased


def test_a_class_without_an_image_in_the_set_takes_no_part() -> None:
    found = figures(built(unequal(num_pool=(40, 0)), Strategy.MATCHED_FREQUENCY))
    assert found.whole.original_mean == pytest.approx(0.9)
    assert found.whole.original[:, 2].sum() == 40


def test_a_set_built_before_shares_were_kept_has_no_figures() -> None:
    test_set = built(unequal(), Strategy.MATCHED_FREQUENCY)
    test_set.figures = {"whole": {"set": [[9, 10, 10]], "original": [[9, 10, 40]]}}
    assert testsets.figures_of(test_set) is None
