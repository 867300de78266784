"""One file per way to choose images; the dict says which strategy is which class."""

from collections.abc import Mapping
from typing import Any

from annotation.models import Strategy
from annotation.strategies.base import Parameters, ParameterSpec
from annotation.strategies.matched_frequency import MatchedFrequency
from annotation.strategies.matched_posterior import MatchedPosterior
from annotation.strategies.threshold import Threshold
from annotation.strategies.top_images import TopImages

STRATEGIES: dict[Strategy, type[Parameters]] = {
    Strategy.MATCHED_FREQUENCY: MatchedFrequency,
    Strategy.MATCHED_POSTERIOR: MatchedPosterior,
    Strategy.THRESHOLD: Threshold,
    Strategy.TOP_IMAGES: TopImages,
}


def all_parameters() -> dict[str, ParameterSpec]:
    """The parameters of all strategies by name; one that several take means the same to each of them."""
    return {spec.name: spec for strategy in STRATEGIES.values() for spec in strategy.schema()}


def taken_by(strategy: Strategy, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that the strategy has a parameter for."""
    known = {spec.name for spec in STRATEGIES[strategy].schema()}
    return {name: value for name, value in values.items() if name in known}


def takers_of(spec: ParameterSpec) -> list[Strategy]:
    """The strategies that have this parameter."""
    return [strategy for strategy in STRATEGIES if taken_by(strategy, {spec.name: None})]


__all__ = [
    "STRATEGIES",
    "MatchedFrequency",
    "MatchedPosterior",
    "ParameterSpec",
    "Parameters",
    "Threshold",
    "TopImages",
    "all_parameters",
    "taken_by",
    "takers_of",
]
