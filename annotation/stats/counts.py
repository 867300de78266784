"""Checks shared by the statistics: a selection frequency comes in as two counts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def checked_counts(
    num_selected: ArrayLike,
    num_seen: ArrayLike,
    *,
    least_seen: int = 1,
    names: tuple[str, str] = ("num_selected", "num_seen"),
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both counts as integers of one shape.

    Parameters
    ----------
    num_selected, num_seen : array_like of whole numbers, shapes that broadcast
        Judgements that selected the image, and all judgements of it.
    least_seen : int
        The smallest number of judgements allowed; 0 where an image nobody saw has a meaning.
    names : (str, str)
        What messages call the two.

    Returns
    -------
    (ndarray of int64, ndarray of int64)
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
    ValueError: num_selected is 11; it must lie between 0 and num_seen, here 10
    """
    selected, seen = np.broadcast_arrays(_whole(num_selected, names[0]), _whole(num_seen, names[1]))
    if np.any(seen < least_seen):
        raise ValueError(f"{names[1]} is {seen[seen < least_seen][0]}; it must be at least {least_seen}")
    wrong = (selected < 0) | (selected > seen)
    if np.any(wrong):
        found, allowed = selected[wrong][0], seen[wrong][0]
        raise ValueError(f"{names[0]} is {found}; it must lie between 0 and {names[1]}, here {allowed}")
    return selected, seen


def checked_share(value: float, name: str) -> float:
    """A fraction strictly between 0 and 1, such as a confidence.

    Examples
    --------
    >>> checked_share(95, "confidence")
    Traceback (most recent call last):
    ...
    ValueError: confidence is 95; it must lie strictly between 0 and 1
    """
    if not 0 < value < 1:
        raise ValueError(f"{name} is {value}; it must lie strictly between 0 and 1")
    return value


def unique_counts(
    num_selected: NDArray[np.int64], num_seen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The different pairs of counts, where each image's pair stands among them, and how often each occurs.

    Whatever depends on an image through its counts alone costs as much as there are different pairs,
    not as there are images.

    Returns
    -------
    (ndarray of int64, ndarray of int64, ndarray of int64, ndarray of int64)
        `num_selected` and `num_seen` of each pair, shape (num_pairs,); the pair of each image, shape (n,);
        images per pair, shape (num_pairs,).

    Examples
    --------
    >>> k, n, pair, num_images = unique_counts(np.array([3, 0, 3]), np.array([5, 5, 5]))
    >>> k.tolist(), n.tolist(), pair.tolist(), num_images.tolist()
    ([0, 3], [5, 5], [1, 0, 1], [1, 2])
    """
    width = int(num_selected.max(initial=0)) + 1
    keys, pair, num_images = np.unique(
        num_seen.ravel() * width + num_selected.ravel(), return_inverse=True, return_counts=True
    )
    return keys % width, keys // width, pair.astype(np.int64), num_images.astype(np.int64)


def _whole(values: ArrayLike, name: str) -> NDArray[np.int64]:
    found = np.asarray(values)
    if found.size == 0:
        return found.astype(np.int64)
    if found.dtype.kind not in "iuf":
        raise ValueError(f"{name} is of type {found.dtype}; it must hold whole numbers")
    fractional = ~np.isfinite(found) | (found != np.floor(found))
    if np.any(fractional):
        raise ValueError(f"{name} is {found[fractional][0]}; it must be a whole number")
    return found.astype(np.int64)
