import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from annotation.stats.held_out import split
from evaluation.stats.jackknife import DeleteJackknife, extrapolation
from evaluation.stats.naive_adjustment import NaiveAdjustment, matched_weights
from evaluation.stats.scored_images import scored_images
from evaluation.stats.tallies import tally
from tests.evaluation.stats.counted import drawn, pairs


@given(some.integers(4, 40), some.integers(1, 3), some.integers(1, 2))
def test_it_removes_every_order_of_bias_it_should(n: int, order: int, step: int) -> None:
    if n <= order * step:
        return
    found = DeleteJackknife(num_deleted=step, order=order).coefficients(n)
    numbers, factors = np.array(list(found)), np.array(list(found.values()))
    assert factors.sum() == pytest.approx(1)
    for power in range(1, order + 1):
        assert factors @ (1.0 / numbers**power) == pytest.approx(0, abs=1e-8)


def test_with_order_one_it_is_the_usual_jackknife() -> None:
    old, new = pairs([5, 10, 20, 40, 80, 90]), pairs([50, 40, 30, 30, 20, 10])
    found = DeleteJackknife(num_deleted=2, order=1).weights(old, new)
    assert found == pytest.approx((5 * matched_weights(old, new, 5) - 3 * matched_weights(old, new, 3)) / 2)
    assert found @ new.num_images == pytest.approx(1)


def test_the_exact_mean_is_that_of_deleting_by_hand() -> None:
    rng = np.random.default_rng(0)
    (_, original), (_, new) = drawn(rng, (5, 2), 2000), drawn(rng, (3, 3), 3000)
    values = []
    for _ in range(60):
        parts = (split(each.num_selected, 10, num_first=8, rng=rng).first_selected for each in (original, new))
        old_k, new_k = parts
        first, second = (
            tally(scored_images(old_k, 8, original.is_correct)),
            tally(scored_images(new_k, 8, new.is_correct)),
        )
        values.append((NaiveAdjustment().weights(first.pairs, second.pairs) @ second.num_correct)[0])
    first, second = tally(original), tally(new)
    exact = (matched_weights(first.pairs, second.pairs, 8) @ second.num_correct)[0]
    assert exact == pytest.approx(np.mean(values), abs=4 * np.std(values) / np.sqrt(60))


def test_higher_orders_leave_less_bias() -> None:
    rng = np.random.default_rng(1)
    (frequency, original), (_, new) = (drawn(rng, quality, 150_000) for quality in ((5, 2), (3, 3)))
    first, second = tally(original), tally(new)
    corrections = (NaiveAdjustment(), DeleteJackknife(order=1), DeleteJackknife(order=2))
    adjusted = [(each.weights(first.pairs, second.pairs) @ second.num_correct)[0] for each in corrections]
    off = np.array(adjusted) - frequency.mean()
    assert np.all(np.diff(off) > 0)
    assert off[0] < -0.03
    assert abs(off[2]) < 0.02


def test_the_diagnostic_ends_in_the_estimate() -> None:
    rng = np.random.default_rng(2)
    first, second = (tally(drawn(rng, quality, 3000)[1]) for quality in ((5, 2), (3, 3)))
    jackknife = DeleteJackknife(num_deleted=3, order=2)
    found = extrapolation(first, second, jackknife)
    assert found.num_judgements[found.is_used].tolist() == [4, 7, 10]
    assert found.curve(1 / found.num_judgements)[found.is_used] == pytest.approx(found.estimate[found.is_used])
    assert found.curve(np.zeros(1))[0] == pytest.approx(
        jackknife.weights(first.pairs, second.pairs) @ second.num_correct
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 0}, "order is 0; it must be at least 1"),
        ({"num_deleted": 0}, "num_deleted is 0; it must be at least 1"),
        ({"num_deleted": 2, "order": 2}, "num_seen is 4 at the least; deleting 2 × 2 needs 5"),
    ],
)
def test_what_cannot_be_deleted_is_named(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeleteJackknife(**arguments).weights(pairs([1, 1, 1, 1, 1]), pairs([1, 1, 1, 1, 1]))  # type: ignore[arg-type]
