"""What a report holds. Page, charts and files are all drawn from it; fractions are in [0, 1], times in ISO 8601.

Lists "per test set" are in the order of `test_sets`, the original first; those "per classifier" in that of
`classifiers`, the best on the original first. `None` stands for what is unknown or does not apply.
"""

from typing import NotRequired, TypedDict

VERSION = 2


class Content(TypedDict):
    """All of it."""

    version: int
    study: "StudyName"
    selection: "SelectionContent"
    is_simulated: bool
    test_sets: list["SetContent"]
    classifiers: list["ClassifierContent"]
    comparisons: list["ComparisonContent"]
    """One for each new test set."""
    frequency: list["FrequencyContent"]
    """One for each test set that has judgements."""
    similarity: list["SimilarityContent"]
    """One for each test set of which it is known who had which image right."""
    classes: "ClassesContent | None"
    conditions: list["ConditionContent"]
    left_out: list["LeftOut"]
    warnings: list[str]
    headline: "Headline"


class StudyName(TypedDict):
    slug: str
    name: str


class SelectionContent(TypedDict):
    """What was asked for, and whether near-copies count once in the lines."""

    test_sets: list[str] | None
    """Citations; None: all newest frozen ones."""
    classifiers: list[str] | None
    """Names; None: all."""
    families_once: bool


class SetContent(TypedDict):
    name: str
    """Unique in this report: the set's name, with its revision where two sets share it."""
    strategy: str
    citation: str
    content_sha256: str
    is_given: bool
    """Imported as it is, rather than built here."""
    num_images: int
    num_selected: int
    num_seen: int
    mean_frequency: float | None
    num_missing: int
    num_substitutions: int
    review: dict[str, int] | None
    early_looks: list["EarlyLook"]


class EarlyLook(TypedDict):
    name: str
    is_reviewer: bool
    first_at: str


class Accuracy(TypedDict):
    """Counts, the share of them, and its Clopper–Pearson bounds."""

    num_correct: int
    num_images: int
    accuracy: float
    low: float
    high: float


class ResultContent(Accuracy):
    """Of one classifier on one test set; those after the first have changes from the original."""

    test_set: str
    top5: Accuracy | None
    rank: int
    change: NotRequired[float]
    change_low: NotRequired[float]
    change_high: NotRequired[float]
    rank_change: NotRequired[int]
    """Positive: moved up."""
    effective_robustness: NotRequired[float | None]
    """New accuracy less what the line of the standard classifiers expects, a difference of fractions."""
    relative_robustness: NotRequired[float | None]
    """New accuracy less that of the counterpart."""


class ClassifierContent(TypedDict):
    name: str
    family: str
    group: str
    """`standard`, `robustness` or `more_data`."""
    counterpart: str | None
    released_on: str | None
    results: list[ResultContent]
    """Per test set."""


class ComparisonContent(TypedDict):
    """A new test set against the original, over the classifiers."""

    test_set: str
    num_shared: int
    """Images that are in both."""
    mean_original_accuracy: float
    mean_new_accuracy: float
    mean_change: float
    mean_change_low: float
    mean_change_high: float
    mean_change_top5: float | None
    mean_change_top5_low: NotRequired[float | None]
    """Reports built before this was kept have none."""
    mean_change_top5_high: NotRequired[float | None]
    smallest_change: float
    largest_change: float
    """Smallest and largest by value: the lowest and the highest of the changes."""
    rank_correlation: float | None
    """Spearman's."""
    kendall: float | None
    largest_move: "Move | None"
    order: "OrderContent | None"
    """None where it is unknown who had which image right."""
    fits: dict[str, "FitContent | None"]
    """By scale: `linear`, `logit`, `probit`; None where there are too few classifiers."""
    decomposition: "DecompositionContent"
    robustness: "RobustnessContent | None"
    """None unless there are classifiers of another group than `standard`."""


class Move(TypedDict):
    """Who changed most ranks; positive: up."""

    classifier: str
    rank_change: int


class OrderContent(TypedDict):
    """Pairs of classifiers that changed places (McNemar on both sets, Holm over all pairs)."""

    num_pairs: int
    num_changed: int
    num_significant: int
    most: list["OrderChange"]
    """The most certain ones, at most twenty."""


class OrderChange(TypedDict):
    better: str
    """On the original."""
    worse: str
    p: float
    adjusted: float


class FitContent(TypedDict):
    """y = slope · x + intercept on the scale, 95 % bootstrap intervals over classifiers and images."""

    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    r_squared: float
    num_points: int
    num_families: int
    line: list[tuple[float, float, float, float]]
    """Original accuracy, new accuracy on the line, and the band's bounds: all fractions, whatever the scale."""


class DecompositionContent(TypedDict):
    """Parts of the mean change that add up: change = explained + remainder; the rest are bounds of what chance does."""

    change: float
    explained: float | None
    """By frequency-matching bias; None where it can't be said, with the reason in `why_not`."""
    explained_low: float | None
    explained_high: float | None
    correction: str | None
    why_not: str
    generalization: float
    """Half-width: what chance in the new images may do to the mean (Clopper–Pearson)."""
    hoeffding: float
    sampling: float
    """Half-width: the same for the original images."""
    remainder: float
    remainder_low: float
    remainder_high: float
    adaptivity: "AdaptivityContent | None"
    """None where there are too few classifiers for a line."""


class AdaptivityContent(TypedDict):
    """Signs of over-fitting by reuse, on the probit scale."""

    slope: float
    slope_low: float
    slope_high: float
    has_diminishing_returns: bool
    date_correlation: float | None
    date_p: float | None
    num_dated: int


class RobustnessContent(TypedDict):
    """The line of the standard classifiers on the logit scale, and the mean over each group."""

    slope: float
    intercept: float
    num_baseline: int
    groups: list["GroupContent"]


class GroupContent(TypedDict):
    group: str
    num_classifiers: int
    mean_effective: float
    mean_relative: float | None
    num_helpful: int | None
    """Classifiers with a counterpart whose effective and relative robustness are both positive."""


class FrequencyContent(TypedDict):
    """Accuracy by selection frequency."""

    test_set: str
    bins: list["FrequencyBin"]


class FrequencyBin(TypedDict):
    low: float
    """Inclusive, as everywhere: a frequency on an edge belongs to the bin above."""
    high: float
    """Exclusive, but for the last."""
    num_images: int
    mean_accuracy: float | None
    num_correct: list[int]
    """Per classifier."""


class SimilarityContent(TypedDict):
    """Shares of images on which two classifiers are both right or both wrong."""

    test_set: str
    mean_agreement: float
    mean_independent: float
    """What independent errors would give."""
    agreement: list[list[float]]
    independent: list[list[float]]
    num_effective: float | None
    """So many independent classifiers are as likely to look better than they are."""
    multiplier: float | None
    inflation: float | None


class ClassesContent(TypedDict):
    """Per class, summed over classifiers."""

    num_classifiers: int
    rows: list["ClassContent"]
    worst: list["DropContent"]
    """The largest drops from the original to the first new test set, with images."""


class ClassContent(TypedDict):
    class_id: str
    name: str
    num_images: list[int]
    """Per test set."""
    num_correct: list[int]
    """Per test set, over all classifiers: at most images × classifiers."""
    change: float | None
    """Of the mean accuracy from the original to the first new test set."""


class DropContent(TypedDict):
    class_id: str
    name: str
    change: float
    original: list["SeenImage"]
    new: list["SeenImage"]
    """The images that fewest classifiers have right first, at most eight each."""


class SeenImage(TypedDict):
    candidate: int
    num_correct: int
    """Classifiers that have it right."""
    num_selected: int
    num_seen: int


class ConditionContent(TypedDict):
    """Runs that changed the input; accuracy beside that without the change."""

    condition: str
    test_set: str
    results: list["ConditionResult"]


class ConditionResult(Accuracy):
    classifier: str
    change: float
    """From the same images as they are."""


class LeftOut(TypedDict):
    name: str
    test_sets: list[str]


class Headline(TypedDict):
    """The first new set (calibrated, where there is one) against the original."""

    test_set: str
    num_classifiers: int
    mean_change: float
    mean_change_low: float
    mean_change_high: float
    smallest_change: float
    largest_change: float
    rank_correlation: float | None
