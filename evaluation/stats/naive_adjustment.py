"""New accuracy at the original's selection frequencies, as if a measured frequency were the true one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from annotation.stats.mixture_step import PairCounts


@dataclass(frozen=True)
class NaiveAdjustment:
    r"""New images weighted so that their measured frequencies are distributed as the original's.

    With :math:`h_j` the share of original images selected j times of n, and :math:`A_j` a classifier's accuracy on
    the new images selected j times of n,

    .. math:: \hat A(n) = \sum_j h_j A_j.

    It corrects what the measured frequencies show and no more. A measured frequency is the true one plus noise, so
    where the images come from a worse source, those of a high count were luckier, and :math:`\hat A(n)` is too low:
    its bias goes to 0 only as 1/n. Counts of the original that no new image has are left out.

    Parameters
    ----------
    num_judgements : int, optional
        The n to compare at, by default the fewest judgements of an image. Of images judged more often n judgements are
        drawn at random, on average: `thinned`.

    References
    ----------
    Engstrom, Ilyas, Santurkar, Tsipras, Steinhardt and Madry (2020), "Identifying Statistical Bias in Dataset
    Replication", section 3.

    Examples
    --------
    Half of the originals were selected 2 times of 2, half once; of the new images a quarter twice:

    >>> original = PairCounts(np.array([1, 2]), np.array([2, 2]), np.array([50, 50]))
    >>> new = PairCounts(np.array([1, 2]), np.array([2, 2]), np.array([75, 25]))
    >>> (NaiveAdjustment().weights(original, new) * new.num_images).round(3)
    array([0.5, 0.5])
    """

    num_judgements: int | None = None

    def weights(self, original: PairCounts, new: PairCounts) -> NDArray[np.float64]:
        """Of a new image of each pair, shape (..., num_pairs); times the numbers of images they add up to 1."""
        return matched_weights(original, new, self.num_judgements or fewest_judgements(original, new))

    def near(self, original: PairCounts, new: PairCounts) -> "NaiveAdjustment":
        """Itself, at the number of judgements of these counts."""
        return NaiveAdjustment(self.num_judgements or fewest_judgements(original, new))


def fewest_judgements(original: PairCounts, new: PairCounts) -> int:
    """The fewest judgements of any image.

    Examples
    --------
    >>> pairs = PairCounts(np.array([1, 1]), np.array([4, 3]), np.array([1, 1]))
    >>> fewest_judgements(pairs, pairs)
    3
    """
    return int(min(original.num_seen.min(), new.num_seen.min()))


def thinned(pairs: PairCounts, num_judgements: int) -> NDArray[np.float64]:
    r"""Chance of each count when so many judgements of an image are drawn at random: hypergeometric.

    Parameters
    ----------
    pairs : PairCounts
    num_judgements : int
        m, from 1 to the fewest judgements of an image.

    Returns
    -------
    ndarray of float, shape (num_pairs, m + 1)

    Raises
    ------
    ValueError
        If an image has fewer judgements.

    Examples
    --------
    >>> thinned(PairCounts(np.array([1]), np.array([2]), np.array([1])), 1)
    array([[0.5, 0.5]])
    """
    most = int(pairs.num_seen.min())
    if not 1 <= num_judgements <= most:
        raise ValueError(f"num_judgements is {num_judgements}; it must lie between 1 and {most}")
    if np.all(pairs.num_seen == num_judgements):
        return np.eye(num_judgements + 1)[pairs.num_selected]
    cell = np.arange(num_judgements + 1)
    return np.asarray(hypergeom.pmf(cell, pairs.num_seen[:, None], pairs.num_selected[:, None], num_judgements))


def matched_weights(original: PairCounts, new: PairCounts, num_judgements: int) -> NDArray[np.float64]:
    """`NaiveAdjustment` at a number of judgements below n: the mean over all ways to delete the others.

    That is, its numerator and denominator are: over many images their quotient is the mean of quotients.

    Examples
    --------
    >>> pairs = PairCounts(np.array([1, 2]), np.array([2, 2]), np.array([50, 50]))
    >>> matched_weights(pairs, pairs, 1)
    array([0.01, 0.01])
    """
    of_original, of_new = thinned(original, num_judgements), thinned(new, num_judgements)
    wanted, found = original.num_images @ of_original, new.num_images @ of_new
    ratio = np.divide(wanted, found, out=np.zeros(np.broadcast_shapes(wanted.shape, found.shape)), where=found > 0)
    total = np.sum(ratio * found, axis=-1, keepdims=True)
    if not np.all(total > 0):
        raise ValueError("new holds no image with a count of the original's; nothing can be compared")
    return np.asarray(ratio @ of_new.T / total)


def share_matched(original: PairCounts, new: PairCounts, num_judgements: int) -> float:
    """Share of original images whose count some new image has; the others are left out of the adjustment.

    Examples
    --------
    >>> original = PairCounts(np.array([0, 2]), np.array([2, 2]), np.array([25, 75]))
    >>> share_matched(original, PairCounts(np.array([2]), np.array([2]), np.array([9])), 2)
    0.75
    """
    wanted = original.num_images @ thinned(original, num_judgements)
    found = new.num_images @ thinned(new, num_judgements)
    return float(wanted[found > 0].sum() / wanted.sum())
