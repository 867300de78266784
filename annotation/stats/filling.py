"""What a test set still lacks, bin by bin, and how many more candidates should fill it at the rates seen so far."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

STRENGTH = 10.0
"""So many candidates at the rates of the whole study stand beside those of a class."""


def shortfall(wanted: ArrayLike, available: ArrayLike, *, borrows: bool) -> NDArray[np.int64]:
    r"""Images that each bin lacks once everything that is there has been used.

    Without borrowing :math:`\max(w_b - v_b, 0)`. With it, short bins take what higher bins have left over, the highest
    short bin first: as `annotation.stats.sampling.draw_from_bins` does, whose numbers these are.

    Parameters
    ----------
    wanted, available : array_like of int, shape (..., num_bins)
        Images wanted of, and candidates that lie in, each bin; not negative.
    borrows : bool
        Whether a short bin may take images of higher bins.

    Returns
    -------
    ndarray of int64, shape (..., num_bins)

    Raises
    ------
    ValueError
        If a number is negative or the shapes differ.

    References
    ----------
    Recht, Roelofs, Schmidt and Shankar (2019), "Do ImageNet Classifiers Generalize to ImageNet?", appendix B.

    Examples
    --------
    >>> shortfall([2, 3, 1], [0, 1, 2], borrows=False), shortfall([2, 3, 1], [0, 1, 2], borrows=True)
    (array([2, 2, 0]), array([2, 1, 0]))
    """
    demand, supply = _numbers(wanted, available, ("wanted", "available"))
    missing = np.maximum(demand - supply, 0)
    if borrows:
        spare = np.zeros(demand.shape[:-1], dtype=np.int64)
        for number in reversed(range(demand.shape[-1])):
            taken = np.minimum(missing[..., number], spare)
            missing[..., number] -= taken
            spare += np.maximum(supply - demand, 0)[..., number] - taken
    return missing


def shares_of_classes(num_valid: ArrayLike, num_settled: ArrayLike) -> NDArray[np.float64]:
    r"""Which share of new candidates of each class should land in each bin.

    A class has few candidates, so its own rates are drawn towards those of the whole study, q, as if s = 10 candidates
    more had been seen at them: :math:`(v_{cb} + s\,q_b) / (n_c + s)`, the mean of a Dirichlet posterior.

    Parameters
    ----------
    num_valid : array_like of int, shape (num_classes, num_bins)
        Candidates that can be used, in each bin.
    num_settled : array_like of int, shape (num_classes,)
        All candidates of which it is known whether they can be used: judged by enough workers, or excluded.

    Returns
    -------
    ndarray of float, shape (num_classes, num_bins)
        Fractions whose sum over the bins is at most 1; all 0 where nothing is settled in the whole study.

    Raises
    ------
    ValueError
        If a number is negative, or a class has more valid candidates than settled ones.

    References
    ----------
    Gelman, Carlin, Stern, Dunson, Vehtari and Rubin (2013), "Bayesian Data Analysis", section 3.4.

    Examples
    --------
    >>> shares_of_classes([[10, 0], [20, 10]], [20, 60]).round(3)
    array([[0.458, 0.042],
           [0.339, 0.161]])
    """
    valid, settled = np.asarray(num_valid, dtype=np.int64), np.asarray(num_settled, dtype=np.int64)
    if valid.ndim != 2 or settled.shape != valid.shape[:1]:
        raise ValueError(f"num_valid and num_settled have shapes {valid.shape} and {settled.shape}; give one per class")
    if np.any(valid < 0) or np.any(valid.sum(axis=1) > settled):
        raise ValueError("num_valid must not be negative, nor more than num_settled in a class")
    if not settled.sum():
        return np.zeros(valid.shape)
    of_study = valid.sum(axis=0) / settled.sum()
    return np.asarray((valid + STRENGTH * of_study) / (settled[:, None] + STRENGTH))


def candidates_to_fill(missing: ArrayLike, shares: ArrayLike, *, borrows: bool) -> NDArray[np.float64]:
    r"""How many new candidates should fill what is missing, on average.

    N candidates bring :math:`N q_b` to each bin. Without borrowing all of :math:`N q_b \ge m_b` must hold; with it
    images of a bin can fill every bin below, so that :math:`N \sum_{j \ge b} q_j \ge \sum_{j \ge b} m_j` is enough.
    This is an average: about half the time somewhat more are needed.

    Parameters
    ----------
    missing : array_like of int, shape (..., num_bins)
        As `shortfall` gives it.
    shares : array_like of float, shape (..., num_bins)
        Share of new candidates that land in each bin, in [0, 1].
    borrows : bool
        Whether a short bin may take images of higher bins.

    Returns
    -------
    ndarray of float, shape (...,)
        Whole numbers; inf where something is missing of which no candidate has ever been seen.

    Raises
    ------
    ValueError
        If a number is negative, a share is outside [0, 1], or the shapes differ.

    References
    ----------
    Hall (1935), "On Representatives of Subsets": why sums from a bin upwards are enough.

    Examples
    --------
    >>> candidates_to_fill([2, 0, 1], [0.5, 0.1, 0.05], borrows=False)
    array(20.)
    >>> candidates_to_fill([3, 0, 0], [0.1, 0.1, 0.2], borrows=True)
    array(8.)
    """
    lacking, rates = np.asarray(missing, dtype=np.int64), np.asarray(shares, dtype=np.float64)
    if lacking.shape != rates.shape or np.any(lacking < 0):
        raise ValueError(f"missing and shares have shapes {lacking.shape} and {rates.shape}, and no negative number")
    if np.any(~((rates >= 0) & (rates <= 1))):
        raise ValueError("shares must lie between 0 and 1")
    if borrows:
        lacking = np.cumsum(lacking[..., ::-1], axis=-1)[..., ::-1]
        rates = np.cumsum(rates[..., ::-1], axis=-1)[..., ::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(lacking > 0, lacking / rates, 0.0)
    # A rounding error must not ask for one candidate more.
    return np.asarray(np.ceil(needed.max(axis=-1, initial=0.0) - 1e-9))


def _numbers(first: ArrayLike, second: ArrayLike, names: tuple[str, str]) -> tuple[NDArray[np.int64], ...]:
    x, y = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    if x.shape != y.shape or x.ndim < 1:
        raise ValueError(f"{names[0]} and {names[1]} have shapes {x.shape} and {y.shape}; give one number per bin")
    if np.any(x < 0) or np.any(y < 0):
        raise ValueError(f"{names[0]} and {names[1]} must not be negative")
    return x, y
