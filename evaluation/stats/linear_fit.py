"""The line that new accuracies follow over original ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.stats.counts import checked_values


@dataclass(frozen=True)
class LinearFit:
    """y = slope · x + intercept, with the share of variance it explains; n points."""

    slope: float
    intercept: float
    r_squared: float
    num_points: int


def linear_fit(x: ArrayLike, y: ArrayLike, *, weights: ArrayLike | None = None) -> LinearFit:
    r"""
    Least-squares line through points, one point per classifier.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        Original and new accuracy, both as fractions or both as probits.
    weights : array_like of float, shape (n,), optional
        How much each point counts, above 0; without them all count the same.

    Returns
    -------
    LinearFit
        :math:`R^2` is 1 where all y are equal and met.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, a weight is not above 0, there are fewer than two points, or all x
        are equal.

    References
    ----------
    Recht et al. (2019), section 4 and figure 1.

    Examples
    --------
    >>> fit = linear_fit([0.6, 0.7, 0.8], [0.4, 0.5, 0.6])
    >>> print(f"{fit.slope:.3f} {fit.intercept:.3f} {fit.r_squared:.3f}")
    1.000 -0.200 1.000
    """
    xs, ys = checked_values(x, "x"), checked_values(y, "y")
    if len(xs) != len(ys):
        raise ValueError(f"y holds {len(ys)} values; it must hold as many as x, {len(xs)}")
    if len(xs) < 2 or np.ptp(xs) == 0:
        raise ValueError(f"x holds {len(np.unique(xs))} different values; a line needs at least two")
    weight = np.ones(len(xs)) if weights is None else checked_values(weights, "weights")
    if len(weight) != len(xs) or np.any(weight <= 0):
        raise ValueError(f"weights must hold {len(xs)} numbers above 0, one for each point")
    x_mean, y_mean = (np.average(each, weights=weight) for each in (xs, ys))
    slope = float((weight * (xs - x_mean) * (ys - y_mean)).sum() / (weight * (xs - x_mean) ** 2).sum())
    intercept = float(y_mean - slope * x_mean)
    residual = float((weight * (ys - slope * xs - intercept) ** 2).sum())
    total = float((weight * (ys - y_mean) ** 2).sum())
    return LinearFit(slope, intercept, 1 - residual / total if total else 1.0, len(xs))
