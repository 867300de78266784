"""Robustness beyond what a classifier's accuracy on the original lets expect, and beyond that of its plain twin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from evaluation.stats.counts import checked_counts
from evaluation.stats.linear_fit import LinearFit, linear_fit


@dataclass(frozen=True)
class EffectiveRobustness:
    """New accuracy minus what the baseline's line expects; differences of fractions, shape (num_classifiers,).

    `expected` is that line at each classifier's original accuracy, and `fit` the line itself, on the logit scale.
    """

    effective: NDArray[np.float64]
    expected: NDArray[np.float64]
    fit: LinearFit


def effective_robustness(
    original: ArrayLike, new: ArrayLike, *, is_baseline: ArrayLike, families: Sequence[str] | None = None
) -> EffectiveRobustness:
    r"""How much more accurate each classifier is on the new set than a baseline that is as good on the original.

    With :math:`\beta` the line that the baseline's accuracies follow on the logit scale,

    .. math:: \rho(f) = p_\text{new}(f) - \beta(p_\text{original}(f)), \qquad
        \beta(p) = \operatorname{logit}^{-1}(b + a \operatorname{logit}(p)).

    Parameters
    ----------
    original, new : array_like of int, shape (num_classifiers, 2)
        Pairs (num_correct, num_images) on the two sets.
    is_baseline : array_like of bool, shape (num_classifiers,)
        Which classifiers the line is fitted to: those without an intervention and without more data.
    families : sequence of str, optional
        The family of each classifier; those of the baseline are counted once in the line. Without it each is its own.

    Returns
    -------
    EffectiveRobustness

    Raises
    ------
    ValueError
        If a pair is no valid count, the lengths differ, or the baseline has fewer than two different original
        accuracies.

    References
    ----------
    Taori, Dave, Shankar, Carlini, Recht and Schmidt (2020), "Measuring Robustness to Natural Distribution Shifts in
    Image Classification", section 2.

    Examples
    --------
    >>> original = np.array([[600, 1000], [700, 1000], [800, 1000], [700, 1000]])
    >>> new = np.array([[500, 1000], [600, 1000], [700, 1000], [650, 1000]])
    >>> found = effective_robustness(original, new, is_baseline=[True, True, True, False])
    >>> found.effective[3].round(2)
    np.float64(0.05)
    """
    (old, x), (young, y) = _shares(original, "original"), _shares(new, "new")
    chosen = np.asarray(is_baseline)
    if not len(old) == len(young) == len(chosen) or chosen.dtype != np.bool_:
        raise ValueError(
            f"original, new and is_baseline hold {len(old)}, {len(young)} and {len(chosen)} entries; "
            "give as many pairs, pairs and truth values"
        )
    fit = linear_fit(logit(x[chosen]), logit(y[chosen]), weights=_weights(families, chosen))
    expected = np.asarray(expit(fit.intercept + fit.slope * logit(x)))
    return EffectiveRobustness(young - expected, expected, fit)


def relative_robustness(new: ArrayLike, *, counterpart: ArrayLike) -> NDArray[np.float64]:
    r"""How much more accurate on the new set an intervention makes a classifier.

    .. math:: \tau(f') = p_\text{new}(f') - p_\text{new}(f)

    An intervention is worth something only if this and the effective robustness are both positive: a classifier may
    lie above the line because it has become worse on the original.

    Parameters
    ----------
    new : array_like of int, shape (num_classifiers, 2)
        Pairs (num_correct, num_images) on the new set.
    counterpart : array_like of int, shape (num_classifiers,)
        The place of the classifier that is the same without the intervention; -1 where there is none.

    Returns
    -------
    ndarray of float, shape (num_classifiers,)
        Differences of fractions; nan where there is no counterpart.

    Raises
    ------
    ValueError
        If a pair is no valid count, or a counterpart is no place in the list.

    References
    ----------
    Taori et al. (2020), section 2.

    Examples
    --------
    >>> relative_robustness([[500, 1000], [560, 1000]], counterpart=[-1, 0]).round(3)
    array([ nan, 0.06])
    """
    share, _ = _shares(new, "new")
    place = np.asarray(counterpart)
    if place.shape != share.shape or place.dtype.kind not in "iu":
        raise ValueError(
            f"counterpart has shape {place.shape}; it must hold a place for each of {len(share)} classifiers"
        )
    if np.any((place < -1) | (place >= len(share))):
        raise ValueError(f"counterpart must hold places from -1 to {len(share) - 1}")
    return np.where(place < 0, np.nan, share - share[place])


def _weights(families: Sequence[str] | None, chosen: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Of each classifier of the baseline: one over the size that its family has there."""
    if families is None:
        return None
    if len(families) != len(chosen):
        raise ValueError(
            f"families holds {len(families)} names; it must hold one for each of {len(chosen)} classifiers"
        )
    _, family, sizes = np.unique(np.asarray(families)[chosen], return_inverse=True, return_counts=True)
    return np.asarray(1 / sizes[family])


def _shares(counts: ArrayLike, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The accuracies, and what they are on the logit scale: moved inwards by half an image at its ends."""
    pairs = np.asarray(counts)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"{name} has shape {pairs.shape}; give (num_classifiers, 2): num_correct and num_images")
    k, n = checked_counts(pairs[:, 0], pairs[:, 1], (f"num_correct of {name}", f"num_images of {name}"))
    return np.asarray(k / n), np.asarray(np.clip(k, 0.5, n - 0.5) / n)
