"""Whether workers agree more than chance would have them: Krippendorff's alpha from counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.counts import checked_counts, checked_share, unique_counts


@dataclass(frozen=True)
class Agreement:
    """Alpha with its interval, and the raw agreement beside it.

    Alpha is nan where all judgements are the same, both are where none is paired. `raw` is the share of pairs of
    judgements of the same image that agree, in [0, 1]; `num_units` are the images judged at least twice, the only
    ones that say anything.
    """

    alpha: float
    low: float
    high: float
    raw: float
    num_units: int


def krippendorff_alpha(
    num_selected: ArrayLike,
    num_seen: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    num_replicates: int = 1000,
) -> Agreement:
    r"""Alpha of judgements selected / not selected, any number of them missing.

    Image u was selected :math:`k_u` times of :math:`n_u`. Over the images with :math:`n_u \ge 2`, let
    :math:`o = \sum_u k_u(n_u-k_u)/(n_u-1)` be the mismatching coincidences, :math:`n_1 = \sum_u k_u`,
    :math:`n_0 = \sum_u (n_u-k_u)`, :math:`N = n_0+n_1`. Then

    .. math:: \alpha = 1 - (N-1)\,\frac{o}{n_0 n_1}, \qquad \text{raw agreement} = 1 - 2o/N.

    1 is perfect agreement, 0 what chance would give with the same share of selections. The interval is the
    percentile bootstrap over images; replicates in which all judgements are the same have no alpha and are left out.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shape (n,)
        Judgements that selected each image, and all judgements of it; 0 or 1 of them are allowed and say nothing.
    rng : numpy.random.Generator
        Draws the replicates.
    confidence : float
        Coverage in (0, 1).
    num_replicates : int
        At least 1.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If a count is impossible, the confidence is outside (0, 1) or there are no replicates.

    References
    ----------
    Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", sections A to C.

    Examples
    --------
    His example of two observers and ten units, given as how many of the two said 1:

    >>> found = krippendorff_alpha([1, 2, 1, 0, 0, 1, 0, 0, 1, 0], 2, rng=np.random.default_rng(0))
    >>> print(f"{found.alpha:.3f}, raw {found.raw:.1f}")
    0.095, raw 0.6
    """
    k, n = checked_counts(num_selected, num_seen, least_seen=0)
    tail = (1 - checked_share(confidence, "confidence")) / 2
    if num_replicates < 1:
        raise ValueError(f"num_replicates is {num_replicates}; it must be at least 1")
    k, n, _, num_images = unique_counts(k[n >= 2], n[n >= 2])
    num_units = int(num_images.sum())
    if not num_units:
        return Agreement(np.nan, np.nan, np.nan, np.nan, 0)
    alpha, raw = _alpha_and_raw(k, n, num_images[None])
    replicates, _ = _alpha_and_raw(k, n, rng.multinomial(num_units, num_images / num_units, size=num_replicates))
    known = replicates[~np.isnan(replicates)]
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) and not np.isnan(alpha[0]) else (np.nan, np.nan)
    return Agreement(float(alpha[0]), float(low), float(high), float(raw[0]), num_units)


def krippendorff_alpha_by_class(
    num_selected: ArrayLike,
    num_seen: ArrayLike,
    class_of_each: ArrayLike,
    *,
    rng: np.random.Generator,
    num_replicates: int = 1000,
) -> dict[int, Agreement]:
    """Alpha of each class by itself, with 95 % intervals, in ascending order of the classes.

    Alpha asks how well judgements tell images of one class apart. Over several classes it also counts that classes
    differ in their share of selections, so it may be higher overall than in any class.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shapes that broadcast to (n,)
    class_of_each : array_like of int, shape (n,)
        The target class of each image, any whole number.
    rng : numpy.random.Generator
    num_replicates : int

    Returns
    -------
    dict of int to Agreement

    Raises
    ------
    ValueError
        If a count is impossible, or the lengths differ.

    Examples
    --------
    >>> found = krippendorff_alpha_by_class([0, 5, 1, 2], 5, [7, 7, 8, 8], rng=np.random.default_rng(0))
    >>> {number: round(each.alpha, 2) for number, each in found.items()}
    {7: 1.0, 8: -0.07}
    """
    classes = np.asarray(class_of_each, dtype=np.int64)
    k, n = checked_counts(num_selected, num_seen, least_seen=0)
    if k.shape != classes.shape:
        raise ValueError(f"class_of_each has shape {classes.shape}; it must be that of the counts, {k.shape}")
    order = np.argsort(classes, kind="stable")
    found, starts = np.unique(classes[order], return_index=True)
    members = np.split(order, starts[1:])
    return {
        int(number): krippendorff_alpha(k[each], n[each], rng=rng, num_replicates=num_replicates)
        for number, each in zip(found, members, strict=False)
    }


def _alpha_and_raw(
    k: NDArray[np.int64], n: NDArray[np.int64], num_images: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Alpha and raw agreement per row of `num_images`, shape (rows, num_pairs)."""
    mismatches = num_images @ (k * (n - k) / (n - 1))
    num_ones, num_zeros = (num_images @ counts.astype(np.float64) for counts in (k, n - k))
    total, product = num_ones + num_zeros, num_ones * num_zeros
    alpha = np.full(len(product), np.nan)
    np.divide((total - 1) * mismatches, product, out=alpha, where=product > 0)
    return 1 - alpha, 1 - 2 * mismatches / total
