import numpy as np
import pytest
from scipy.spatial.distance import cosine

from evaluation.stats.cosine import cosine_distances


def test_it_is_the_distance_of_scipy() -> None:
    first, second = np.random.default_rng(0).normal(size=(2, 50, 7))
    expected = [cosine(one, other) for one, other in zip(first, second, strict=True)]
    assert cosine_distances(first, second) == pytest.approx(expected)


def test_length_does_not_count_and_zeros_are_far_from_everything() -> None:
    vectors = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    others = np.array([[3.0, 6.0], [-2.0, -4.0], [1.0, 0.0]])
    assert cosine_distances(vectors, others) == pytest.approx([0, 2, 1])


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [([[1, 2]], [[1, 2], [3, 4]], "shapes"), ([1, 2], [1, 2], "shapes"), ([[np.nan]], [[1]], "finite")],
)
def test_what_is_no_pair_of_vectors_is_refused(first: object, second: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        cosine_distances(first, second)  # type: ignore[arg-type]
