"""Checks shared by the statistics: an accuracy comes in as two counts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def checked_counts(
    num_correct: ArrayLike, num_images: ArrayLike, names: tuple[str, str] = ("num_correct", "num_images")
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Both counts as integers of one shape.

    Parameters
    ----------
    num_correct, num_images : array_like of whole numbers, shapes that broadcast
        Images classified correctly, and images classified.
    names : (str, str)
        What messages call the two.

    Returns
    -------
    (ndarray of int, ndarray of int)
        Of the same shape.

    Raises
    ------
    ValueError
        Names the argument, its first wrong value, and the values allowed.

    Examples
    --------
    >>> checked_counts([7, 9], 10)
    (array([7, 9]), array([10, 10]))
    >>> checked_counts(11, 10)
    Traceback (most recent call last):
    ...
    ValueError: num_correct is 11; it must lie between 0 and num_images, here 10
    """
    k, n = np.broadcast_arrays(_whole(num_correct, names[0]), _whole(num_images, names[1]))
    if np.any(n < 1):
        raise ValueError(f"{names[1]} is {n[n < 1][0]}; it must be at least 1")
    wrong = (k < 0) | (k > n)
    if np.any(wrong):
        raise ValueError(f"{names[0]} is {k[wrong][0]}; it must lie between 0 and {names[1]}, here {n[wrong][0]}")
    return k, n


def checked_confidence(confidence: float) -> float:
    """
    The coverage of an interval, in (0, 1).

    Examples
    --------
    >>> checked_confidence(95)
    Traceback (most recent call last):
    ...
    ValueError: confidence is 95; it must lie strictly between 0 and 1
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must lie strictly between 0 and 1")
    return confidence


def checked_values(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """
    Finite numbers, shape (n,).

    Examples
    --------
    >>> checked_values([0.5, float("nan")], "x")
    Traceback (most recent call last):
    ...
    ValueError: x holds nan; all its values must be finite
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1:
        raise ValueError(f"{name} has shape {found.shape}; it must have one dimension")
    if not np.all(np.isfinite(found)):
        raise ValueError(f"{name} holds {found[~np.isfinite(found)][0]}; all its values must be finite")
    return found


def _whole(values: ArrayLike, name: str) -> NDArray[np.int64]:
    found = np.asarray(values)
    if found.dtype.kind not in "iuf":
        raise ValueError(f"{name} is of type {found.dtype}; it must hold whole numbers")
    fractional = ~np.isfinite(found) | (found != np.floor(found))
    if np.any(fractional):
        raise ValueError(f"{name} is {found[fractional][0]}; it must be a whole number")
    return found.astype(np.int64)
