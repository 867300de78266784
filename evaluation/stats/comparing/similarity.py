"""How alike classifiers are: agreement beyond what their accuracies alone explain, and what it does to a test set."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import norm

MOST = 1e9
"""No number of independent classifiers beyond this is told from it."""
# The trapezoid rule converges faster than any power of the step for what vanishes smoothly at both ends.
NODES, STEP = np.linspace(-12, 12, 4001, retstep=True)
LOG_DENSITY, LOG_BELOW = norm.logpdf(NODES), norm.logcdf(NODES)


@dataclass(frozen=True)
class Similarity:
    """Shares of images, in [0, 1], on which two classifiers are both right or both wrong; shape (n, n) each.

    `independent` is what they would share if each erred by itself.
    """

    agreement: NDArray[np.float64]
    independent: NDArray[np.float64]

    @property
    def mean_agreement(self) -> float:
        """Over all pairs."""
        return _mean_of_pairs(self.agreement)

    @property
    def mean_independent(self) -> float:
        """Over all pairs."""
        return _mean_of_pairs(self.independent)


@dataclass(frozen=True)
class EffectiveNumber:
    """How many independent classifiers would be as likely to look better than they are.

    `inflation` is how much the luckiest of the n classifiers is expected to gain by chance, in standard errors of one
    accuracy; `num_effective` independent ones gain as much; `multiplier` is n over that.
    """

    num_classifiers: int
    inflation: float
    num_effective: float

    @property
    def multiplier(self) -> float:
        """So many times as many classifiers can be tested as if they were independent."""
        return self.num_classifiers / self.num_effective


def similarity(correct: ArrayLike) -> Similarity:
    r"""Agreement of classifiers on which images they have right, next to what independent errors would give.

    For accuracies :math:`p_i` and :math:`p_j` that is :math:`p_i p_j + (1-p_i)(1-p_j)`.

    Parameters
    ----------
    correct : array_like of bool, shape (num_classifiers, num_images)

    Returns
    -------
    Similarity

    Raises
    ------
    ValueError
        If it is no table of truth values, or has no image.

    References
    ----------
    Mania, Miller, Schmidt, Hardt and Recht (2019), "Model Similarity Mitigates Test Set Overuse", section 2.

    Examples
    --------
    >>> found = similarity([[True, True, True, False], [True, True, False, False]])
    >>> found.agreement.tolist()[0], found.independent.tolist()[0]
    ([1.0, 0.75], [0.625, 0.5])
    """
    right = _table(correct)
    accuracy = right.mean(axis=1)
    both, num_right = right @ right.T, right.sum(axis=1)
    together = 1 - (num_right[:, None] + num_right - 2 * both) / right.shape[1]
    independent = np.outer(accuracy, accuracy) + np.outer(1 - accuracy, 1 - accuracy)
    return Similarity(together, independent)


def effective_number(correct: ArrayLike, *, rng: np.random.Generator, num_replicates: int = 20_000) -> EffectiveNumber:
    r"""How many independent classifiers the similar ones amount to, where the best of them is picked.

    By the central limit theorem the errors of n accuracies on the same images, in standard errors, are normal with the
    correlations R of being right. Picking by test accuracy gains at most :math:`E \max_i Z_i`,
    :math:`Z \sim N(0, R)`; that of m independent ones is :math:`\int x\,m\,\varphi(x)\Phi(x)^{m-1}dx`, which is
    solved for m. The first is drawn, so that m is known to some percent. It is a statement about classifiers that were
    *not* chosen by looking at the test set; adaptive choice can do worse.

    Parameters
    ----------
    correct : array_like of bool, shape (num_classifiers, num_images)
        At least two classifiers, each with some images right and some wrong.
    rng : numpy.random.Generator
        Draws the replicates.
    num_replicates : int

    Returns
    -------
    EffectiveNumber

    Raises
    ------
    ValueError
        If it is no table of truth values, or a classifier has all or no images right.

    References
    ----------
    After Mania et al. (2019), whose theorem bounds the same by covering; Cramér (1946), "Mathematical Methods of
    Statistics", section 28.6, for the largest of m normals.

    Examples
    --------
    Ten copies of one classifier are one, ten independent ones are ten:

    >>> rng = np.random.default_rng(0)
    >>> one, ten = rng.random((1, 50_000)) < 0.7, rng.random((10, 50_000)) < 0.7
    >>> [round(effective_number(each, rng=rng).num_effective, 1) for each in (np.repeat(one, 10, axis=0), ten)]
    [1.0, 10.0]
    """
    right = _table(correct)
    if len(right) < 2 or np.any(right.min(axis=1) == right.max(axis=1)):
        raise ValueError("correct must hold at least two classifiers, each with images right and images wrong")
    values, vectors = np.linalg.eigh(np.corrcoef(right))
    root = vectors * np.sqrt(np.clip(values, 0, None))
    drawn = rng.standard_normal((num_replicates, len(right))) @ root.T
    # The mean of each Z is known to be 0, so that what the draws deviate from it is taken off.
    inflation = float(drawn.max(axis=1).mean() - drawn.mean())
    return EffectiveNumber(len(right), inflation, _num_independent(inflation))


def _num_independent(inflation: float) -> float:
    if inflation <= expected_maximum(1.0):
        return 1.0
    if inflation >= expected_maximum(MOST):
        return MOST
    return float(np.exp(brentq(lambda log: expected_maximum(float(np.exp(log))) - inflation, 0.0, np.log(MOST))))


def expected_maximum(num: float) -> float:
    r"""Mean of the largest of m independent standard normals, :math:`\int x\,m\,\varphi(x)\Phi(x)^{m-1}dx`.

    Parameters
    ----------
    num : float
        m, at least 1; between whole numbers the integral interpolates.

    Returns
    -------
    float
        In standard deviations.

    Raises
    ------
    ValueError
        If m is below 1.

    References
    ----------
    Cramér (1946), section 28.6; values: Harter (1961), "Expected Values of Normal Order Statistics", Biometrika 48.

    Examples
    --------
    >>> [round(expected_maximum(m), 5) for m in (2, 10, 100)]
    [0.56419, 1.53875, 2.50759]
    """
    if not num >= 1:
        raise ValueError(f"num is {num}; it must be at least 1")
    return float(STEP * np.sum(NODES * np.exp(np.log(num) + LOG_DENSITY + (num - 1) * LOG_BELOW)))


def _table(correct: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(correct)
    if table.ndim != 2 or table.dtype != np.bool_ or not table.shape[1]:
        raise ValueError(
            f"correct has type {table.dtype} and shape {table.shape}; give truth values, a row a classifier"
        )
    return table.astype(np.float64)


def _mean_of_pairs(values: NDArray[np.float64]) -> float:
    first, second = np.triu_indices(len(values), k=1)
    return float(values[first, second].mean()) if len(first) else float("nan")
