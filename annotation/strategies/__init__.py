"""One file per way to choose images; the dict says which strategy is which class."""

from annotation.models import Strategy
from annotation.strategies.base import Parameters
from annotation.strategies.matched_frequency import MatchedFrequency
from annotation.strategies.threshold import Threshold
from annotation.strategies.top_images import TopImages

STRATEGIES: dict[Strategy, type[Parameters]] = {
    Strategy.MATCHED_FREQUENCY: MatchedFrequency,
    Strategy.THRESHOLD: Threshold,
    Strategy.TOP_IMAGES: TopImages,
}

__all__ = ["STRATEGIES", "MatchedFrequency", "Parameters", "Threshold", "TopImages"]
