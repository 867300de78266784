"""The delete-d jackknife: how an adjustment moves with fewer judgements says where it would go with endless ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.stats.mixture_step import PairCounts
from evaluation.stats.naive_adjustment import fewest_judgements, matched_weights
from evaluation.stats.tallies import Tally


@dataclass(frozen=True)
class DeleteJackknife:
    r"""`NaiveAdjustment` at n, n − d, n − 2d, ... judgements, extrapolated to 1/n = 0.

    The bias of the naive adjustment is :math:`c_1/n + c_2/n^2 + \dots`. A polynomial in 1/n through its values at
    ``order`` + 1 numbers of judgements has a bias of a higher order at 1/n = 0. With order 1 that is the usual
    jackknife

    .. math:: \frac{n\,\hat A(n) - (n-d)\,\hat A(n-d)}{d}.

    Deleting d of n judgements at random is a hypergeometric draw, so nothing is drawn: every value is the exact
    mean over all ways to delete. Higher orders leave less bias and more variance.

    Parameters
    ----------
    num_deleted : int, optional
        Judgements deleted from one point to the next, d, at least 1; by default a fifth of n.
    order : int
        Of the polynomial, at least 1.

    References
    ----------
    Engstrom et al. (2020), section 4.1; Shao and Wu (1989), "A general theory for jackknife variance estimation", for
    d above 1; Schucany, Gray and Owen (1971), "On bias reduction in estimation", for orders above 1.

    Examples
    --------
    >>> DeleteJackknife(num_deleted=2, order=1).coefficients(10)
    {10: 5.0, 8: -4.0}
    """

    num_deleted: int | None = None
    order: int = 2

    def __post_init__(self) -> None:
        if self.order < 1:
            raise ValueError(f"order is {self.order}; it must be at least 1")
        if self.num_deleted is not None and self.num_deleted < 1:
            raise ValueError(f"num_deleted is {self.num_deleted}; it must be at least 1")

    def weights(self, original: PairCounts, new: PairCounts) -> NDArray[np.float64]:
        """Of a new image of each pair, shape (..., num_pairs); times the numbers of images they add up to 1.

        Some are negative: an extrapolation goes beyond all its points.
        """
        terms = self.coefficients(fewest_judgements(original, new)).items()
        return np.asarray(sum(factor * matched_weights(original, new, number) for number, factor in terms))

    def near(self, original: PairCounts, new: PairCounts) -> "DeleteJackknife":
        """Itself."""
        return self

    def coefficients(self, num_judgements: int) -> dict[int, float]:
        """The factor of the adjustment at each number of judgements."""
        step = self.num_deleted or max(1, num_judgements // 5)
        numbers = [num_judgements - step * index for index in range(self.order + 1)]
        if numbers[-1] < 1:
            least = self.order * step + 1
            raise ValueError(f"num_seen is {num_judgements} at the least; deleting {self.order} × {step} needs {least}")
        # The values at 0 of Lagrange's polynomials in 1/n.
        factors = [np.prod([mine / (mine - other) for other in numbers if other != mine]) for mine in numbers]
        return {number: round(float(factor), 12) for number, factor in zip(numbers, factors, strict=True)}


@dataclass(frozen=True)
class Extrapolation:
    """The adjustment at every number of judgements, and the curve that is followed to 1/n = 0: a chart's data.

    `estimate` has the shape (len(num_judgements), num_classifiers); `is_used` marks the points on the curve. Points
    off the curve to the right are no worry; a curve that bends much between the used ones and 0 is.
    """

    num_judgements: NDArray[np.int64]
    estimate: NDArray[np.float64]
    is_used: NDArray[np.bool_]

    def curve(self, reciprocal: NDArray[np.float64]) -> NDArray[np.float64]:
        """The extrapolating polynomial at values of 1/n, shape (len(reciprocal), num_classifiers)."""
        x, y = 1 / self.num_judgements[self.is_used], self.estimate[self.is_used]
        terms = []
        for index, mine in enumerate(x):
            others = np.delete(x, index)
            terms.append(np.prod((reciprocal[:, None] - others) / (mine - others), axis=1)[:, None] * y[index])
        return np.asarray(sum(terms))


def extrapolation(original: Tally, new: Tally, jackknife: DeleteJackknife) -> Extrapolation:
    """The diagnostic of the jackknife: the adjustment against 1/n.

    Parameters
    ----------
    original, new : Tally
    jackknife : DeleteJackknife

    Returns
    -------
    Extrapolation
        From 1 judgement to the fewest of an image; its curve at 0 is the jackknife's estimate.

    References
    ----------
    Engstrom et al. (2020), appendix on the jackknife, figure "adjusted accuracy against 1/n".

    Examples
    --------
    >>> from evaluation.stats.scored_images import scored_images
    >>> from evaluation.stats.tallies import tally
    >>> original, new = scored_images([4, 4, 2], 4, [1, 1, 1]), scored_images([4, 2, 0, 0], 4, [1, 1, 0, 0])
    >>> found = extrapolation(tally(original), tally(new), DeleteJackknife(order=1))
    >>> found.num_judgements, found.estimate[:, 0].round(3), found.curve(np.zeros(1)).round(3)
    (array([1, 2, 3, 4]), array([0.867, 0.949, 1.   , 1.   ]), array([[1.]]))
    """
    most = fewest_judgements(original.pairs, new.pairs)
    numbers = np.arange(1, most + 1)
    weights = (matched_weights(original.pairs, new.pairs, int(number)) for number in numbers)
    estimate = np.stack([each @ new.num_correct for each in weights])
    return Extrapolation(numbers, estimate, np.isin(numbers, list(jackknife.coefficients(most))))
