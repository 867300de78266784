"""Distances between kinds by the fewest steps up to a kind above both."""

from collections.abc import Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from annotation.sources.classes.taxonomy import FAR, distances, nearest, steps_up

WIDER = {"bow": ["weapon"], "gun": ["weapon"], "weapon": ["tool"], "saw": ["tool"], "tool": [], "moon": []}


def above(wider: Mapping[str, list[str]], *kinds: str) -> list[dict[str, int]]:
    return [steps_up(kind, lambda each: wider[each]) for kind in kinds]


def test_steps_count_up_and_down() -> None:
    found = distances(above(WIDER, "bow", "gun", "saw", "weapon"))
    assert found.tolist() == [[0, 2, 3, 1], [2, 0, 3, 1], [3, 3, 0, 2], [1, 1, 2, 0]]


def test_of_two_ways_up_the_shorter_counts() -> None:
    wider = {"a": ["b", "top"], "b": ["c"], "c": ["top"], "top": [], "d": ["top"]}
    assert distances(above(wider, "a", "d")).tolist() == [[0, 2], [2, 0]]


def test_of_several_equally_near_the_first_is_nearest() -> None:
    assert nearest(above(WIDER, "saw", "bow", "gun")) == [1, 2, 1]


def test_what_has_nothing_above_both_is_not_near() -> None:
    assert nearest(above(WIDER, "bow", "moon", "gun")) == [2, None, 0]
    assert nearest(above(WIDER, "bow")) == [None]
    assert nearest([]) == []


def test_a_circle_ends() -> None:
    assert steps_up("a", lambda each: {"a": "b", "b": "c", "c": "a"}[each]) == {"a": 0, "b": 1, "c": 2}


@given(st.lists(st.integers(0, 100), min_size=2, max_size=30))
def test_distances_in_any_tree_are_those_of_a_walk(parents: list[int]) -> None:
    """Kind n lies under kind parents[n - 1] % n: a tree with kind 0 on top."""
    wider = {number: [parents[number - 1] % number] if number else [] for number in range(len(parents) + 1)}
    found = distances([steps_up(kind, lambda each: wider[each]) for kind in wider])

    def walk(first: int, second: int) -> int:
        steps = 0
        while first != second:  # the parent's number is always the smaller
            first, second = (wider[first][0], second) if first > second else (first, wider[second][0])
            steps += 1
        return steps

    assert np.array_equal(found, [[walk(first, second) for second in wider] for first in wider])
    assert found.max() < FAR
