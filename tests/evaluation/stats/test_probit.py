import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.special import ndtri

from evaluation.stats.probit import from_probit, probit


@given(some.integers(2, 100_000).flatmap(lambda n: some.tuples(some.integers(1, n - 1), some.just(n))))
def test_scipys_inverse_normal_gives_the_same(counts: tuple[int, int]) -> None:
    num_correct, num_images = counts
    assert float(probit(num_correct, num_images)) == pytest.approx(float(ndtri(num_correct / num_images)), abs=1e-12)
    assert float(from_probit(probit(num_correct, num_images))) == pytest.approx(num_correct / num_images, abs=1e-12)


def test_an_accuracy_of_zero_or_one_is_moved_in_by_half_an_image() -> None:
    assert probit([0, 50], 50) == pytest.approx(ndtri([0.01, 0.99]))
    assert np.all(np.isfinite(probit([0, 1], 1)))
