"""Against independent implementations, published numbers and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from evaluation.stats.comparing.paired import (
    change_with_shared_images,
    discordant,
    mcnemar,
    order_changes,
)
from evaluation.stats.gaps import change_from_original


@given(b=st.integers(0, 300), c=st.integers(0, 300))
def test_mcnemar_is_the_binomial_test_of_one_half(b: int, c: int) -> None:
    expected = binomtest(b, b + c).pvalue if b + c else 1.0
    assert float(mcnemar(b, c)) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_gives_a_published_value() -> None:
    """Agresti, Categorical Data Analysis, section 10.1: approval ratings, 150 against 86 changed; z² = 17.36."""
    assert float(mcnemar(150, 86)) == pytest.approx(3.7e-5, rel=0.02)


@given(k_1=st.integers(0, 40), k_2=st.integers(0, 60))  # Newcombe's own tables are tested with `change_from_original`
def test_without_shared_images_it_is_newcombe(k_1: int, k_2: int) -> None:
    found = change_with_shared_images([0, 0], [k_1, 40], [k_2, 60])
    expected = change_from_original([k_1, 40], [k_2, 60])
    assert (found.change, found.low, found.high) == pytest.approx((expected.change, expected.low, expected.high))


def test_the_same_images_can_not_differ() -> None:
    found = change_with_shared_images([30, 50], [0, 0], [0, 0])
    assert (found.change, found.low, found.high) == (0, 0, 0)


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    p = np.array([0.7, 0.6, 0.8])
    sizes = np.array([300, 150, 200])
    counts = rng.binomial(sizes, p, (20_000, 3))
    pairs = [np.stack([counts[:, i], np.full(len(counts), sizes[i])], axis=1) for i in range(3)]
    found = change_with_shared_images(*pairs)
    truth = (p[0] * 300 + p[2] * 200) / 500 - (p[0] * 300 + p[1] * 150) / 450
    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.945 <= covered <= 0.96


def test_shared_images_make_the_interval_narrower() -> None:
    apart = change_from_original([450, 600], [430, 600])
    together = change_with_shared_images([375, 500], [75, 100], [55, 100])
    assert together.change == pytest.approx(apart.change)
    assert together.high - together.low < (apart.high - apart.low) / 2


def test_discordant_images_are_counted_pair_by_pair() -> None:
    correct = np.random.default_rng(1).random((6, 500)) < 0.7
    found = discordant(correct)
    for i in range(6):
        for j in range(6):
            assert found[i, j] == np.sum(correct[i] & ~correct[j])


def test_equal_classifiers_change_places_by_chance_only() -> None:
    """The chance of even one finding at 5 % stays below 5 %."""
    rng = np.random.default_rng(2)
    num_false = sum(
        bool(np.any(order_changes(rng.random((8, 400)) < 0.7, rng.random((8, 400)) < 0.7).adjusted < 0.05))
        for _ in range(200)
    )
    assert num_false <= 10


def test_a_real_change_of_places_is_found_among_many_others() -> None:
    rng = np.random.default_rng(3)
    shares = np.array([[0.7, 0.5, 0.3, 0.3], [0.5, 0.7, 0.3, 0.3]])
    original, new = (rng.random((4, 2000)) < share[:, None] for share in shares)
    found = order_changes(original, new)
    certain = found.adjusted < 0.05
    assert (found.better[certain].tolist(), found.worse[certain].tolist()) == ([0], [1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mcnemar(-1, 2), "not negative"),
        (lambda: mcnemar(0.5, 2), "whole numbers"),
        (lambda: discordant([[0, 1]]), "truth values"),
        (lambda: order_changes(np.ones((2, 3), bool), np.ones((3, 3), bool)), "the same ones"),
        (lambda: change_with_shared_images([0, 0], [0, 0], [1, 2]), "must have an image"),
        (lambda: change_with_shared_images([1, 0], [1, 2], [1, 2]), "must be 0"),
        (lambda: change_with_shared_images([1], [1, 2], [1, 2]), "shape"),
    ],
)
def test_what_makes_no_sense_is_refused(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()
