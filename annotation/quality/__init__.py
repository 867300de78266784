"""Workers and judgements: what rules find about workers, what was decided on it, how far judgements agree."""

from annotation.quality.aggregation import MODELS, Aggregated, aggregate
from annotation.quality.decisions import (
    MAX_REASON,
    Proposal,
    affected_classes,
    apply_rules,
    decide,
    decide_by_rule,
    excluded_workers,
    judge_workers,
    reverse,
    set_rule,
    settings_of,
    stopped_workers,
    worker_called,
)
from annotation.quality.replays import Replay, replay
from annotation.quality.reviews import due_studies, num_since, posterior_of, published, request, review
from annotation.quality.rules import RULES, Rule, public

__all__ = [
    "MAX_REASON",
    "MODELS",
    "RULES",
    "Aggregated",
    "Proposal",
    "Replay",
    "Rule",
    "affected_classes",
    "aggregate",
    "apply_rules",
    "decide",
    "decide_by_rule",
    "due_studies",
    "excluded_workers",
    "judge_workers",
    "num_since",
    "posterior_of",
    "public",
    "published",
    "replay",
    "request",
    "reverse",
    "review",
    "set_rule",
    "settings_of",
    "stopped_workers",
    "worker_called",
]
