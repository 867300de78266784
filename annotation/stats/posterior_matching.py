"""Drawing images whose true selection frequencies are distributed as another set's, given only counts of both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from annotation.stats.beta_binomial import BetaBinomialMixture
from annotation.stats.counts import checked_counts
from annotation.stats.sampling import kept_first

NUM_BINS = 20
# What differs in the last bits from one machine to another must not decide: distances are compared to so many digits.
DECIMALS = 9


@dataclass(frozen=True)
class PosteriorTable:
    """P(true frequency < j / NUM_BINS) for each possible pair of counts, computed once.

    `rows` has shape (num_pairs, NUM_BINS - 1); those of `num_seen` judgements begin at `start[num_seen]`, and the one
    of k selections is the k-th of them.
    """

    rows: NDArray[np.float64]
    start: NDArray[np.int64]

    @classmethod
    def of(cls, mixture: BetaBinomialMixture, num_seen: ArrayLike) -> "PosteriorTable":
        r"""The table of all counts that so many judgements can give.

        An image's posterior is the mixture of :math:`\mathrm{Beta}(a_c + k, b_c + n - k)`, each weighted by how well
        its component explains the counts.

        Parameters
        ----------
        mixture : BetaBinomialMixture
            What the true frequencies look like where the images come from.
        num_seen : array_like of int
            Numbers of judgements that occur, at least 0; repetitions cost nothing.

        Returns
        -------
        PosteriorTable

        Raises
        ------
        ValueError
            If a number is negative.

        References
        ----------
        Engstrom, Ilyas, Santurkar, Tsipras, Steinhardt and Madry (2020), "Identifying Statistical Bias in Dataset
        Replication".

        Examples
        --------
        >>> uniform = BetaBinomialMixture(np.array([1.0]), np.array([1.0]), np.array([1.0]))
        >>> PosteriorTable.of(uniform, [0, 5]).cdf([0], [0])[0, [4, 9, 14]].round(2)
        array([0.25, 0.5 , 0.75])
        """
        _, numbers = checked_counts(0, num_seen, least_seen=0, names=("num_selected", "num_seen"))
        known = np.unique(numbers)
        start = np.full(int(known.max(initial=0)) + 1, -1)
        start[known] = np.cumsum(known + 1) - (known + 1)
        k = np.concatenate([np.arange(number + 1) for number in known]) if len(known) else known
        n = np.repeat(known, known + 1)
        share = mixture.responsibility(k, n)[..., None]
        a, b = (mixture.a[:, None] + k)[..., None], (mixture.b[:, None] + n - k)[..., None]
        edges = np.arange(1, NUM_BINS) / NUM_BINS
        return cls(np.sum(share * betainc(a, b, edges), axis=0), start)

    def cdf(self, num_selected: ArrayLike, num_seen: ArrayLike) -> NDArray[np.float64]:
        """Rows of images by their counts, shape (n, NUM_BINS - 1).

        Raises
        ------
        ValueError
            If a count is impossible, or the table was not made for its number of judgements.
        """
        k, n = checked_counts(num_selected, num_seen, least_seen=0)
        is_unknown = n >= len(self.start)
        is_unknown |= self.start[np.where(is_unknown, 0, n)] < 0
        if np.any(is_unknown):
            raise ValueError(f"num_seen is {n[is_unknown].flat[0]}; the table was not made for it")
        found: NDArray[np.float64] = self.rows[self.start[n] + k]
        return found


def draw_to_match(
    target: ArrayLike,
    cdf_of_each: ArrayLike,
    *,
    total: int,
    rng: np.random.Generator,
    is_kept: ArrayLike | None = None,
) -> NDArray[np.int64]:
    r"""Draw images whose posteriors, averaged, come as near to a target distribution as can be.

    One image after another is taken: the one with which the mean cumulative distribution of those taken lies nearest
    to the target in squared distance over the edges (Cramér's distance). Taking the best each time, and not each with
    a weight, matters: drawing by weights would blur the target by every image's own posterior, towards the pool.
    Which of equally good images is taken is chance. Kept images go first, the best of them where there are too many;
    what is drawn then makes up for what they lack.

    Distances are rounded to nine decimals before they are compared, and equal ones go by the drawn order, so that the
    last bits of a machine's arithmetic decide nothing.

    Parameters
    ----------
    target : array_like of float, shape (num_edges,)
        The cumulative distribution to match.
    cdf_of_each : array_like of float, shape (n, num_edges)
        That of each image's true frequency.
    total : int
        Images to draw; all of them where there are fewer.
    rng : numpy.random.Generator
    is_kept : array_like of bool, shape (n,), optional

    Returns
    -------
    ndarray of int64, shape (min(n, total),)
        Ascending indices.

    Raises
    ------
    ValueError
        If the shapes differ or the total is negative.

    References
    ----------
    Engstrom et al. (2020) for matching on posteriors, of original and of new images each under its own mixture;
    Welling (2009), "Herding dynamical weights to learn", for taking the best each time.

    Examples
    --------
    Half of the target lies below the only edge, so one image of each side is taken:

    >>> draw_to_match([0.5], [[0.9], [0.8], [0.1]], total=2, rng=np.random.default_rng(0))
    array([1, 2])
    """
    wanted, rows = np.asarray(target, dtype=np.float64), np.asarray(cdf_of_each, dtype=np.float64)
    if wanted.ndim != 1 or rows.ndim != 2 or rows.shape[1] != len(wanted):
        raise ValueError(f"cdf_of_each must have a column per edge of the target; got {rows.shape} and {wanted.shape}")
    if total < 0:
        raise ValueError(f"total must not be negative; got {total}")
    order = kept_first(rng.permutation(len(rows)), is_kept)
    num_kept = int(np.sum(np.asarray(is_kept, dtype=np.bool_))) if is_kept is not None else 0
    here = rows[order]
    squares = np.sum(here**2, axis=1)
    lacking, is_taken = np.zeros(len(wanted)), np.zeros(len(here), dtype=np.bool_)
    for number in range(min(total, len(here))):
        lacking += wanted
        # |taken + image - (number + 1) target|^2 without the part that is the same for all images.
        distance = np.round(squares - 2 * (here @ lacking), DECIMALS)
        distance[is_taken] = np.inf
        best = int(np.argmin(distance[: num_kept if number < num_kept else None]))
        is_taken[best] = True
        lacking -= here[best]
    return np.sort(order[is_taken])


def expected_mean(cdf_of_each: ArrayLike) -> float:
    """Mean true frequency in [0, 1] of images with these posteriors, to within half a bin.

    Parameters
    ----------
    cdf_of_each : array_like of float, shape (n, NUM_BINS - 1)

    Returns
    -------
    float

    Examples
    --------
    >>> uniform = np.arange(1, NUM_BINS) / NUM_BINS
    >>> round(expected_mean([uniform, uniform]), 3)
    0.5
    """
    rows = np.asarray(cdf_of_each, dtype=np.float64)
    return float(np.mean(1 - (np.sum(rows, axis=1) + 0.5) / NUM_BINS))
