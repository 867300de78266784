from fractions import Fraction
from typing import Any

import pytest

from annotation.errors import CannotBuild
from annotation.models import Strategy
from annotation.strategies import STRATEGIES, MatchedFrequency, Parameters, Threshold, TopImages


def test_every_strategy_that_builds_is_registered() -> None:
    assert set(STRATEGIES) == set(Strategy) - {Strategy.ORIGINAL}


@pytest.mark.parametrize("parameters", STRATEGIES.values())
def test_nothing_given_means_the_defaults(parameters: type[Parameters]) -> None:
    assert parameters.from_dict({}) == parameters()


def test_fractions_stay_exact_in_json() -> None:
    assert Threshold().to_dict() == {"images_per_class": 10, "min_judgements": 5, "threshold": "7/10"}
    assert Threshold.from_dict({"threshold": "0.7"}) == Threshold()
    assert Threshold.from_dict({"threshold": "2/3"}).threshold == Fraction(2, 3)


@pytest.mark.parametrize(
    ("parameters", "values", "message"),
    [
        (TopImages, {"images_per_class": 0}, "images_per_class must lie between 1 and 1,000,000; got 0"),
        (TopImages, {"images_per_class": "10"}, "images_per_class must be a whole number; got '10'"),
        (TopImages, {"images_per_class": True}, "images_per_class must be a whole number; got True"),
        (TopImages, {"min_judgements": -1}, "min_judgements must lie between 1"),
        (TopImages, {"threshold": "7/10"}, "Unknown parameter threshold; TopImages takes images_per_class"),
        (MatchedFrequency, {"allow_borrowing": 1}, "allow_borrowing must be true or false"),
        (MatchedFrequency, {"min_originals": 0}, "min_originals must lie between 1"),
        (Threshold, {"threshold": 0.7}, "threshold must be a fraction as text"),
        (Threshold, {"threshold": "1/0"}, "threshold must be a fraction as text"),
        (Threshold, {"threshold": "1e999999999"}, "threshold must be a fraction as text"),
        (Threshold, {"threshold": "1/" + "9" * 40}, "threshold must be a fraction as text"),
        (TopImages, {"images_per_class": 10**30}, "images_per_class must lie between 1 and"),
        (Threshold, {"threshold": "11/10"}, "threshold must lie between 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused(parameters: type[Parameters], values: dict[str, Any], message: str) -> None:
    with pytest.raises(CannotBuild, match=message):
        parameters.from_dict(values)
