"""Whether two samples fall into categories alike, and how far apart they are: Pearson's test."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class CategoryShift:
    """How far two samples of categories are apart.

    `num_categories` are those compared, after the rare ones were put together; with one only, nothing can be compared.
    `distance` and `cramers_v` are in [0, 1], `p` is the chance of as much by luck alone.
    """

    num_first: int
    num_second: int
    num_categories: int
    distance: float
    cramers_v: float
    p: float


def category_shift(first: ArrayLike, second: ArrayLike) -> CategoryShift:
    r"""Pearson's chi-square test of homogeneity, with the rare categories put together.

    With shares :math:`p_c` and :math:`q_c` of m and n things, and :math:`N = m + n`,

    .. math:: \chi^2 = \frac{mn}{N}\sum_c \frac{(p_c - q_c)^2}{(mp_c + nq_c)/N}, \qquad V = \sqrt{\chi^2 / N},
        \qquad \text{distance} = \tfrac12\sum_c |p_c - q_c|,

    p from the chi-square distribution with one degree of freedom less than there are categories. The distance (total
    variation) is the largest difference of shares over any set of categories, as that of Kolmogorov and Smirnov is over
    all thresholds, and says the same whatever the sizes of the samples; Cramér's V shrinks where one is much larger.
    Categories of which fewer than 5 are expected in either sample are put together; if they still make fewer than 5,
    the next rarest joins them.

    Parameters
    ----------
    first, second : array_like of int, shape (num_categories,)
        How many things of each sample are in each category.

    Returns
    -------
    CategoryShift

    Raises
    ------
    ValueError
        If the shapes differ, a sample is empty, or a count is negative.

    References
    ----------
    Pearson (1900), "On the criterion that a given system of deviations …"; Cochran (1954), "Some methods for
    strengthening the common chi-square tests", for the least expected count; Cramér (1946), *Mathematical methods of
    statistics*, section 21.9.

    Examples
    --------
    >>> found = category_shift([80, 20, 0], [50, 48, 2])
    >>> found.num_categories, round(found.distance, 2), round(found.cramers_v, 3), f"{found.p:.1e}"
    (2, 0.3, 0.314, '8.7e-06')
    """
    counts = np.stack(np.broadcast_arrays(_counts(first, "first"), _counts(second, "second")))
    sizes = counts.sum(axis=1)
    if np.shape(first) != np.shape(second):
        raise ValueError(f"first and second have {np.size(first)} and {np.size(second)} categories; give the same")
    if not np.all(sizes > 0):
        raise ValueError("first and second must hold at least one thing each")
    kept = _pooled(counts)
    shares = kept / sizes[:, None]
    differences = shares[0] - shares[1]
    total = int(sizes.sum())
    statistic = float(np.prod(sizes) / total * np.sum(differences**2 / (kept.sum(axis=0) / total)))
    num_categories = kept.shape[1]
    return CategoryShift(
        num_first=int(sizes[0]),
        num_second=int(sizes[1]),
        num_categories=num_categories,
        distance=float(np.abs(differences).sum() / 2),
        cramers_v=float(np.sqrt(min(1.0, statistic / total))),
        p=float(chi2.sf(statistic, num_categories - 1)) if num_categories > 1 else 1.0,
    )


def _pooled(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shape (2, fewer categories), none of them empty in both samples."""
    counts = counts[:, np.argsort(counts.sum(axis=0), kind="stable")]
    expected = counts.sum(axis=0) * counts.sum(axis=1).min() / counts.sum()
    num_rare = int(np.searchsorted(expected, LEAST_EXPECTED))
    if num_rare and expected[:num_rare].sum() < LEAST_EXPECTED:
        num_rare += 1
    rare, kept = counts[:, :num_rare].sum(axis=1, keepdims=True), counts[:, num_rare:]
    return np.concatenate([rare, kept], axis=1) if rare.any() else kept


def _counts(given: ArrayLike, name: str) -> NDArray[np.int64]:
    counts = np.asarray(given)
    if counts.ndim != 1 or counts.dtype.kind not in "iu" or np.any(counts < 0):
        raise ValueError(f"{name} must hold whole numbers, not negative, in one dimension")
    return counts.astype(np.int64)
