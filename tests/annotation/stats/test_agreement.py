from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from annotation.stats.agreement import krippendorff_alpha, krippendorff_alpha_by_class
from tests.annotation.stats.conftest import RealJudgements

# Krippendorff (2011), sections A and C: a row per observer, "." where a value is missing.
MEG_AND_OWEN = ["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"]
FOUR_OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]


def units(rows: list[str]) -> list[list[str]]:
    return [[value for value in column if value != "."] for column in zip(*(row.split() for row in rows), strict=True)]


def alpha_by_coincidences(values: list[list[str]]) -> float:
    """Nominal alpha, word for word: tabulate coincidences, then 1 - (n - 1) * disagreements / expected ones."""
    coincidences: Counter[tuple[str, str]] = Counter()
    for unit in values:
        for pair in permutations(range(len(unit)), 2):
            coincidences[unit[pair[0]], unit[pair[1]]] += 1 / (len(unit) - 1)  # type: ignore[assignment]
    totals: Counter[str] = Counter()
    for (first, _), number in coincidences.items():
        totals[first] += number
    total = sum(totals.values())
    observed = sum(number for (first, second), number in coincidences.items() if first != second)
    expected = sum(totals[first] * totals[second] for first in totals for second in totals if first != second)
    return 1 - (total - 1) * observed / expected


def alpha(values: list[list[str]], selected: str) -> float:
    counts = [(unit.count(selected), len(unit)) for unit in values]
    return krippendorff_alpha(*np.array(counts).T, rng=np.random.default_rng(0), num_replicates=1).alpha


def test_the_published_binary_alpha_comes_out() -> None:
    assert round(alpha(units(MEG_AND_OWEN), "1"), 3) == 0.095


def test_the_published_alpha_of_four_observers_comes_out_of_the_oracle() -> None:
    assert round(alpha_by_coincidences(units(FOUR_OBSERVERS)), 3) == 0.743


@pytest.mark.parametrize("selected", list("12345"))
def test_with_missing_judgements_each_value_against_the_rest_is_as_the_oracle_says(selected: str) -> None:
    binary = [["yes" if value == selected else "no" for value in unit] for unit in units(FOUR_OBSERVERS)]
    assert alpha(binary, "yes") == pytest.approx(alpha_by_coincidences(binary))


@given(some.lists(some.lists(some.sampled_from("01"), max_size=6), min_size=1, max_size=30))
def test_any_judgements_are_as_the_oracle_says(values: list[list[str]]) -> None:
    paired = "".join("".join(unit) for unit in values if len(unit) > 1)
    if len(set(paired)) < 2:
        assert np.isnan(alpha(values, "1"))
    else:
        assert alpha(values, "1") == pytest.approx(alpha_by_coincidences(values))


@given(some.lists(some.integers(0, 5), min_size=2, max_size=30).filter(lambda k: 0 < sum(k) < 5 * len(k)))
def test_selected_and_not_selected_mirror_each_other(num_selected: list[int]) -> None:
    k = np.array(num_selected)
    one, other = (krippendorff_alpha(each, 5, rng=np.random.default_rng(0), num_replicates=1) for each in (k, 5 - k))
    assert one.alpha == pytest.approx(other.alpha)
    assert one.raw == pytest.approx(other.raw)


def test_raw_agreement_is_the_share_of_pairs_that_agree() -> None:
    found = krippendorff_alpha([0, 2, 5], 5, rng=np.random.default_rng(0))
    assert found.raw == pytest.approx((10 + 4 + 10) / 30)


def test_images_judged_once_say_nothing() -> None:
    few = krippendorff_alpha([1, 4], [5, 5], rng=np.random.default_rng(0))
    more = krippendorff_alpha([1, 4, 1, 0], [5, 5, 1, 0], rng=np.random.default_rng(0))
    assert few == more
    assert few.num_units == 2


def test_the_same_answer_everywhere_has_no_alpha_but_full_raw_agreement() -> None:
    found = krippendorff_alpha([5, 5], 5, rng=np.random.default_rng(0))
    assert np.isnan([found.alpha, found.low, found.high]).all()
    assert found.raw == 1


def test_the_interval_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    found = []
    # Two kinds of images, half each, of true frequency 0.2 and 0.8: alpha is 1 - (0.16 / 0.25).
    for _ in range(300):
        k = rng.binomial(5, rng.choice([0.2, 0.8], size=200))
        found.append(krippendorff_alpha(k, 5, rng=rng, num_replicates=300))
    assert np.mean([each.low <= 0.36 <= each.high for each in found]) == pytest.approx(0.95, abs=0.04)


def test_each_class_is_measured_by_its_own_images() -> None:
    k, classes = np.array([0, 5, 1, 2, 4, 0]), np.array([7, 7, -3, -3, 7, -3])
    found = krippendorff_alpha_by_class(k, 5, classes, rng=np.random.default_rng(0))
    assert list(found) == [-3, 7]
    for number, each in found.items():
        alone = krippendorff_alpha(k[classes == number], 5, rng=np.random.default_rng(0))
        assert each.alpha == alone.alpha


def test_no_images_have_no_classes() -> None:
    assert krippendorff_alpha_by_class([], [], [], rng=np.random.default_rng(0)) == {}


def test_another_number_of_classes_than_images_is_refused() -> None:
    with pytest.raises(ValueError, match="class_of_each has shape"):
        krippendorff_alpha_by_class([1, 2], 5, [1], rng=np.random.default_rng(0))


@pytest.mark.reference
def test_real_judgements_agree_as_the_oracle_says(real: RealJudgements) -> None:
    k = real.num_selected[:3000]
    found = krippendorff_alpha(k, 5, rng=np.random.default_rng(0))
    assert found.alpha == pytest.approx(alpha_by_coincidences([["1"] * each + ["0"] * (5 - each) for each in k]))
    assert found.low < found.alpha < found.high
