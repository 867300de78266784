"""Matching on judgements and looking at others: what Engstrom and others call the held-out check, from counts only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom

from annotation.stats.counts import checked_counts, checked_share, unique_counts

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Split:
    """Each image's judgements in two parts, drawn at random: counts of shape (n,)."""

    first_selected: NDArray[np.int64]
    first_seen: NDArray[np.int64]
    second_selected: NDArray[np.int64]
    second_seen: NDArray[np.int64]


@dataclass(frozen=True)
class HeldOutCheck:
    """Mean frequencies in [0, 1] of original and new images, matched on one part of the judgements.

    `matched` is the mean on the part that was matched on, the same for both; `original` and `new` are those on the
    part held out; `gap` is new minus original with its interval. `share_matched` is the share of original images
    whose matched count occurs in the pool at all; the others are left out.
    """

    matched: float
    original: float
    new: float
    gap: float
    low: float
    high: float
    share_matched: float


def split(num_selected: ArrayLike, num_seen: ArrayLike, *, num_first: ArrayLike, rng: np.random.Generator) -> Split:
    """Draw `num_first` of each image's judgements; the rest is held out.

    Only counts are needed: the number selected among those drawn without replacement is hypergeometric.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shape (n,)
        Judgements that selected each image, and all judgements of it.
    num_first : int, or array_like of int, shape (n,)
        From 1 to one less than the judgements of the image; one number is for all of them.
    rng : numpy.random.Generator

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If a count is impossible, or `num_first` leaves an image no judgement on one side.

    Examples
    --------
    >>> found = split([0, 5, 3], 5, num_first=2, rng=np.random.default_rng(0))
    >>> (found.first_selected + found.second_selected).tolist(), found.second_seen.tolist()
    ([0, 5, 3], [3, 3, 3])
    """
    k, n = _splittable(num_selected, num_seen, num_first, ("num_selected", "num_seen"))
    first_seen = np.broadcast_to(np.asarray(num_first, dtype=np.int64), k.shape).copy()
    first = rng.hypergeometric(k, n - k, first_seen)
    return Split(first, first_seen, k - first, n - first_seen)


def held_out_check(
    original: tuple[ArrayLike, ArrayLike],
    pool: tuple[ArrayLike, ArrayLike],
    *,
    num_first: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
    num_replicates: int = 1000,
) -> HeldOutCheck:
    r"""Match pool images to original ones on `num_first` judgements each, and compare both on the judgements held out.

    Matching by a noisy frequency picks pool images that were lucky: if the pool is worse than the original, its
    matched images fall back on judgements that had no say in the choice. New images are drawn so that each count
    j of `num_first` is as frequent as among the originals. Nothing is in fact drawn: over random parts and random
    draws, an image of k of n lands in cell j with the hypergeometric probability :math:`P_{kn}(j)` and then has the
    held-out frequency :math:`(k-j)/(n-m)`, so that with :math:`h_j` the originals' share of cell j

    .. math:: \text{new} = \sum_j h_j\,\frac{\sum_i P_i(j)\,(k_i-j)/(n_i-m)}{\sum_i P_i(j)}, \qquad i \in \text{pool}.

    The interval is the percentile bootstrap over original and over pool images. It says nothing of chance in which
    workers were asked, and nothing of the images one draw of a test set happens to take.

    Parameters
    ----------
    original, pool : (array_like of int, array_like of int)
        `num_selected` and `num_seen` of each image.
    num_first : int
        Judgements of each image to match on, m: from 1 to one less than the fewest of an image.
    rng : numpy.random.Generator
        Draws the replicates.
    confidence : float
        Coverage in (0, 1).
    num_replicates : int

    Returns
    -------
    HeldOutCheck

    Raises
    ------
    ValueError
        If there are no images, a count is impossible, `num_first` leaves nothing on one side, or no original image
        has a counterpart in the pool.

    References
    ----------
    Engstrom, Ilyas, Santurkar, Tsipras, Steinhardt and Madry (2020), "Identifying Statistical Bias in Dataset
    Replication", where this shows that matched images had been lucky.

    Examples
    --------
    A pool of images that fewer people select:

    >>> pool = np.random.default_rng(1).binomial(10, 0.6, 5000)
    >>> found = held_out_check(([7, 9] * 500, 10), (pool, 10), num_first=5, rng=np.random.default_rng(0))
    >>> print(f"matched {found.matched:.2f}, held out {found.original:.2f} and {found.new:.2f}")
    matched 0.80, held out 0.80 and 0.60
    """
    tail = (1 - checked_share(confidence, "confidence")) / 2
    old, new = (_Cells.of(each, num_first, name) for each, name in ((original, "original"), (pool, "pool")))
    estimate = _means(old, new, old.num_images[None], new.num_images[None])
    replicates = _means(old, new, old.resampled(rng, num_replicates), new.resampled(rng, num_replicates))
    if not estimate[3][0] > 0:
        raise ValueError("pool holds no image with a count of the original's; nothing can be matched")
    low, high = np.nanquantile(replicates[2] - replicates[1], [tail, 1 - tail])
    matched, kept, fallen, share = (float(each[0]) for each in estimate)
    return HeldOutCheck(matched, kept, fallen, fallen - kept, float(low), float(high), share)


@dataclass(frozen=True)
class GapOfMeans:
    """One mean frequency minus another, in [-1, 1], with its 95 % interval."""

    gap: float
    low: float
    high: float


def gap_of_means(
    first: tuple[ArrayLike, ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> GapOfMeans | None:
    r"""How far the mean frequencies of two lots of images lie apart, when the second has as much of each class.

    With :math:`w_c` the share of class c among the first lot's images, over the classes that both have,

    .. math:: \sum_c w_c(\bar f_{1c} - \bar f_{2c}) \pm z\sqrt{\sum_c w_c^2(s_{1c}^2/n_{1c} + s_{2c}^2/n_{2c})}

    so that a class does not count for more because more of its images were judged. Each image of a class weighs the
    same, however often it was judged. A class of one image is taken to vary as the others do within themselves, or,
    where no class has two, as all images do.

    Parameters
    ----------
    first, second : (array_like of int, array_like of int, array_like of int)
        `num_selected`, `num_seen` and the class of each image, each of shape (n,).

    Returns
    -------
    GapOfMeans or None
        None where either has fewer than two images of classes that both have.

    Raises
    ------
    ValueError
        If a count is impossible.

    References
    ----------
    Cochran (1977), "Sampling Techniques", sections 5.3 and 5A.12; Welch (1938), "The significance of the difference
    between two means when the population variances are unequal".

    Examples
    --------
    A class with many originals and one with few, of either of which the set has as many:

    >>> original = ([9] * 40 + [4, 6] * 3, [10] * 46, [0] * 40 + [1] * 6)
    >>> found = gap_of_means(([9] * 10 + [5] * 10, [10] * 20, [0] * 10 + [1] * 10), original)
    >>> print(f"{found.gap:.2f} [{found.low:.3f}, {found.high:.3f}]")
    0.00 [-0.044, 0.044]
    """
    lots = [(*checked_counts(k, n), np.asarray(group, dtype=np.int64)) for k, n, group in (first, second)]
    both = np.intersect1d(lots[0][2], lots[1][2])
    frequencies, groups = [], []
    for k, n, group in lots:
        is_met = np.isin(group, both)
        frequencies.append((k / n)[is_met])
        groups.append(np.searchsorted(both, group[is_met]))
    if min(len(each) for each in frequencies) < 2:
        return None
    weight = np.bincount(groups[0]) / len(groups[0])
    means = [_stratified(f, group, weight) for f, group in zip(frequencies, groups, strict=True)]
    return _interval(means[0][0] - means[1][0], float(np.sqrt(means[0][1] + means[1][1])))


def gap_of_pairs(first: tuple[ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike]) -> GapOfMeans | None:
    r"""How far the mean frequencies of the same images lie apart by two parts of their judgements.

    With :math:`d_i` the difference of image i, :math:`\bar d \pm z\,s_d/\sqrt n`: images differ from each other much
    more than from themselves, which two independent lots would have to reckon with.

    Parameters
    ----------
    first, second : (array_like of int, array_like of int)
        `num_selected` and `num_seen` of each image in the same order, each of shape (n,).

    Returns
    -------
    GapOfMeans or None
        First minus second; None of fewer than two images.

    Raises
    ------
    ValueError
        If a count is impossible or the lengths differ.

    References
    ----------
    Student (1908), "The probable error of a mean", with the normal quantile.

    Examples
    --------
    >>> found = gap_of_pairs(([4, 3, 2, 5], [5] * 4), ([5, 3, 3, 5], [5] * 4))
    >>> print(f"{found.gap:.2f} [{found.low:.2f}, {found.high:.2f}]")
    -0.10 [-0.21, 0.01]
    """
    (k, n), (other_k, other_n) = (checked_counts(*counts) for counts in (first, second))
    if k.shape != other_k.shape:
        raise ValueError(f"first and second hold {len(k)} and {len(other_k)} images; give the same ones")
    if len(k) < 2:
        return None
    differences = k / n - other_k / other_n
    return _interval(float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(len(k))))


def _stratified(
    frequency: NDArray[np.float64], group: NDArray[np.int64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    """The mean when each group has its weight, and the square of its standard error."""
    num_images = np.bincount(group)
    mean = np.bincount(group, weights=frequency) / num_images
    squares = np.bincount(group, weights=(frequency - mean[group]) ** 2)
    freedom = num_images - 1
    shared = squares.sum() / freedom.sum() if freedom.any() else frequency.var(ddof=1)
    variance = np.divide(squares, freedom, out=np.full(len(mean), shared), where=freedom > 0)
    return float(weight @ mean), float(weight**2 @ (variance / num_images))


def _interval(gap: float, error: float) -> GapOfMeans:
    """Of a normal estimate; what rounding leaves of no gap is no gap."""
    told = round(gap, 12)
    return GapOfMeans(told, told - Z_95 * error, told + Z_95 * error)


@dataclass(frozen=True)
class _Cells:
    """Per different pair of counts: images, chance of each cell, and that chance times the held-out frequency."""

    num_images: NDArray[np.int64]
    chance: NDArray[np.float64]
    held_out: NDArray[np.float64]

    @classmethod
    def of(cls, counts: tuple[ArrayLike, ArrayLike], num_first: int, name: str) -> "_Cells":
        k, n = _splittable(*counts, num_first, (f"num_selected of {name}", f"num_seen of {name}"))
        if not k.size:
            raise ValueError(f"{name} holds no image; it needs at least one")
        k, n, _, num_images = unique_counts(k, n)
        cell = np.arange(num_first + 1)
        chance = hypergeom.pmf(cell, n[:, None], k[:, None], num_first)
        return cls(num_images, chance, chance * (k[:, None] - cell) / (n[:, None] - num_first))

    def resampled(self, rng: np.random.Generator, num_replicates: int) -> NDArray[np.int64]:
        total = self.num_images.sum()
        return rng.multinomial(total, self.num_images / total, size=num_replicates)


def _means(
    old: _Cells, new: _Cells, num_old: NDArray[np.int64], num_new: NDArray[np.int64]
) -> tuple[NDArray[np.float64], ...]:
    """Matched, original's and new mean, and the share of originals matched, per row of numbers of images."""
    originals, candidates = num_old @ old.chance, num_new @ new.chance
    is_met = candidates > 0
    kept = np.where(is_met, originals, 0)
    of_new = np.divide(num_new @ new.held_out, candidates, out=np.zeros_like(candidates), where=is_met)
    total = kept.sum(axis=1)
    cell = np.arange(kept.shape[1]) / (kept.shape[1] - 1)
    sums = [kept @ cell, np.where(is_met, num_old @ old.held_out, 0).sum(axis=1), (kept * of_new).sum(axis=1)]
    means = [np.divide(each, total, out=np.full(len(total), np.nan), where=total > 0) for each in sums]
    return *means, total / originals.sum(axis=1)


def _splittable(
    num_selected: ArrayLike, num_seen: ArrayLike, num_first: ArrayLike, names: tuple[str, str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    k, n = checked_counts(num_selected, num_seen, names=names)
    first = np.broadcast_to(np.asarray(num_first), k.shape) if k.size else np.atleast_1d(num_first)
    most = n - 1 if k.size else np.full(first.shape, np.iinfo(np.int64).max)
    wrong = (first < 1) | (first > most)
    if np.any(wrong):
        place = int(np.argmax(np.where(wrong, np.iinfo(np.int64).max - most, -1)))
        raise ValueError(
            f"num_first is {first.flat[place]}; it must lie between 1 and {most.flat[place]}, one less than {names[1]}"
        )
    return k, n
