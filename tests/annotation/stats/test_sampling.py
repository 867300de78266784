import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.stats import sampling, selection

HISTOGRAMS = st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any)
BINS = st.lists(st.integers(0, 4), max_size=60)
WANTED = st.lists(st.integers(0, 15), min_size=5, max_size=5)


def published(reference_dir: Path) -> Any:
    return json.loads((reference_dir / "imagenetv2" / "sampling_oracle_vectors.json").read_text())


@pytest.mark.parametrize(
    ("histogram", "total", "expected"),
    [
        ([1, 1, 1, 1, 1], 2, [0, 0, 0, 1, 1]),  # all tie: the higher bins win
        ([1, 0, 0, 0, 1], 3, [1, 0, 0, 0, 2]),
        ([3, 3, 3], 10, [3, 3, 4]),
        ([0, 0, 7, 0, 0], 10, [0, 0, 10, 0, 0]),
        ([5, 4, 3, 2, 1], 15, [5, 4, 3, 2, 1]),
        ([1, 2, 97], 10, [0, 0, 10]),  # remainders .1 .2 .7
        ([4, 1], 0, [0, 0]),
        ([0, 1, 5, 6, 13], 10, [0, 1, 2, 2, 5]),  # .4 and 2.4: in doubles, the first remainder is larger
    ],
)
def test_largest_remainder_with_ties_to_the_higher_bin(histogram: list[int], total: int, expected: list[int]) -> None:
    assert sampling.round_to_total(histogram, total=total).tolist() == expected


@given(HISTOGRAMS, st.integers(0, 200))
def test_rounding_keeps_the_total_and_moves_no_bin_by_one_or_more(histogram: list[int], total: int) -> None:
    rounded = sampling.round_to_total(histogram, total=total)
    assert rounded.sum() == total
    assert np.all(np.abs(rounded * sum(histogram) - np.array(histogram) * total) < sum(histogram))


@pytest.mark.parametrize(("histogram", "total"), [([0, 0], 3), ([], 3), ([1, -1, 2], 3), ([1, 2], -1)])
def test_a_histogram_that_cannot_be_scaled_is_refused(histogram: list[int], total: int) -> None:
    with pytest.raises(ValueError):
        sampling.round_to_total(histogram, total=total)


def test_borrowing_never_robs_a_bin_of_its_own_images() -> None:
    draw = sampling.draw_from_bins([4, 4, 4], [3, 0, 0, 0, 2], rng=np.random.default_rng(1))
    assert draw.missing.tolist() == [2, 0, 0, 0, 0]
    assert [(each.wanted_bin, each.used_bin) for each in draw.substitutions] == [(0, 4)]


def test_a_short_bin_borrows_from_the_nearest_bin_above() -> None:
    draw = sampling.draw_from_bins([2, 3, 4], [0, 2, 0, 0, 0], rng=np.random.default_rng(1))
    assert [(each.used_bin, each.index) for each in draw.substitutions] == [(2, 0), (3, 1)]


def test_a_bin_with_its_own_images_borrows_nothing() -> None:
    draw = sampling.draw_from_bins([3, 4], [0, 0, 1, 1, 0], rng=np.random.default_rng(1))
    assert [(each.wanted_bin, each.used_bin) for each in draw.substitutions] == [(2, 4)]  # 3 has its own


def test_the_highest_short_bin_takes_the_only_image_left_above() -> None:
    draw = sampling.draw_from_bins([4], [0, 0, 1, 1, 0], rng=np.random.default_rng(1))
    assert [(each.wanted_bin, each.used_bin) for each in draw.substitutions] == [(3, 4)]
    assert draw.missing.tolist() == [0, 0, 1, 0, 0]


def test_without_borrowing_what_lacks_is_missing() -> None:
    draw = sampling.draw_from_bins([4, 4], [1, 0, 0, 0, 1], rng=np.random.default_rng(1), allow_borrowing=False)
    assert (len(draw.indices), draw.missing.tolist(), draw.substitutions) == (1, [1, 0, 0, 0, 0], ())


@given(BINS, WANTED, st.integers(0, 5))
def test_every_place_is_filled_once_or_missing(bins: list[int], wanted: list[int], seed: int) -> None:
    draw = sampling.draw_from_bins(bins, wanted, rng=np.random.default_rng(seed))
    assert len(set(draw.indices.tolist())) == len(draw.indices)
    assert len(draw.indices) + draw.missing.sum() == sum(wanted)
    assert all(bins[each.index] == each.used_bin > each.wanted_bin for each in draw.substitutions)


@given(BINS, WANTED)
def test_a_place_stays_empty_only_if_every_image_at_or_above_it_is_used(bins: list[int], wanted: list[int]) -> None:
    draw = sampling.draw_from_bins(bins, wanted, rng=np.random.default_rng(0))
    lowest_short = min(np.flatnonzero(draw.missing), default=5)
    highest_short = max(np.flatnonzero(draw.missing), default=5)
    unused = [number for index, number in enumerate(bins) if index not in draw.indices]
    assert lowest_short <= highest_short
    assert all(number < lowest_short for number in unused)


def test_the_same_seed_draws_the_same_images() -> None:
    bins = [0, 1, 2, 3, 4] * 20
    first, second = (sampling.draw_from_bins(bins, [2] * 5, rng=np.random.default_rng([7, 3])) for _ in range(2))
    assert first.indices.tolist() == second.indices.tolist()


def test_a_bin_that_was_not_asked_about_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        sampling.draw_from_bins([2], [1, 1], rng=np.random.default_rng(0))


@pytest.mark.reference
def test_all_published_histograms_come_out(reference_dir: Path) -> None:
    cases = published(reference_dir)["random"]
    assert len(cases) == 300
    for case in cases:
        assert case["bins"] == [float(edge) for edge in selection.BIN_EDGES]
        votes = np.array(case["votes"])
        found = selection.histogram(selection.bins(votes[:, 0], votes[:, 1]))
        assert found.tolist() == case["histogram"]
        assert sampling.round_to_total(found, total=case["target_sum"]).tolist() == case["rounded"]


@pytest.mark.reference
def test_all_published_ties_come_out(reference_dir: Path) -> None:
    cases = published(reference_dir)["ties"]
    assert len(cases) == 27
    for case in cases:
        rounded = sampling.round_to_total(case["histogram"], total=case["target_sum"])
        assert rounded.tolist() == case["rounded"], case
