"""Images of a test set with their judgements, and which classifier was right on which."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.counts import checked_counts, unique_counts


@dataclass(frozen=True)
class ScoredImages:
    """Counts of judgements, shape (n,), and 1 where a classifier was right, shape (n, num_classifiers).

    `stands_for` says of how many images of the pool each is the only one scored; 1 where all are scored, or where the
    judgements are others than those the image was chosen by.
    """

    num_selected: NDArray[np.int64]
    num_seen: NDArray[np.int64]
    is_correct: NDArray[np.float64]
    stands_for: NDArray[np.float64]

    @property
    def is_a_sample(self) -> bool:
        """Whether images stand for others."""
        return bool(np.any(self.stands_for != 1))


def scored_images(
    num_selected: ArrayLike, num_seen: ArrayLike, is_correct: ArrayLike, *, stands_for: ArrayLike = 1.0
) -> ScoredImages:
    """Checked images of a test set.

    Parameters
    ----------
    num_selected, num_seen : array_like of int, shapes that broadcast to (n,)
        Judgements that selected each image, and all judgements of it.
    is_correct : array_like of bool or float, shape (n,) or (n, num_classifiers)
        1 where the classifier was right, 0 where it was wrong; between them for a mean over classifiers. Every
        correction is linear in it, so that the correction of the mean is the mean of the corrections.
    stands_for : array_like of float, broadcastable to (n,)
        As `stands_for` gives it; positive.

    Returns
    -------
    ScoredImages

    Raises
    ------
    ValueError
        If there is no image, a count is impossible, the lengths differ, a correctness is outside [0, 1], or an image
        stands for none.

    Examples
    --------
    >>> scored_images([3, 5], 5, [True, False]).is_correct.tolist()
    [[1.0], [0.0]]
    """
    k, n = checked_counts(num_selected, num_seen)
    correct = np.asarray(is_correct, dtype=np.float64)
    correct = correct[:, None] if correct.ndim == 1 else correct
    if k.ndim != 1 or not k.size:
        raise ValueError(f"num_selected has shape {k.shape}; it must be one row of at least one image")
    if correct.ndim != 2 or len(correct) != len(k):
        raise ValueError(f"is_correct has shape {correct.shape}; it must be ({len(k)}, number of classifiers)")
    if not np.all((correct >= 0) & (correct <= 1)):
        raise ValueError("is_correct must lie between 0 and 1")
    each = np.broadcast_to(np.asarray(stands_for, dtype=np.float64), k.shape)
    if not np.all(np.isfinite(each) & (each > 0)):
        raise ValueError("stands_for must be positive")
    return ScoredImages(k, n, correct, each)


def stands_for(new: tuple[ArrayLike, ArrayLike], pool: tuple[ArrayLike, ArrayLike]) -> NDArray[np.float64]:
    """How many images of the pool each new image is the scored one of.

    A new test set that was drawn by its counts has the original's counts by construction, so it shows nothing that
    could be corrected. The pool does, and among its images of one count the new ones are a random sample. So each
    stands for the pool's images of its count per new image of it. Nothing can stand for images of a count that no new
    image has.

    Parameters
    ----------
    new, pool : (array_like of int, array_like of int)
        `num_selected` and `num_seen` of each new image, and of each image of the pool, the new ones included.

    Returns
    -------
    ndarray of float, shape (number of new images,)

    Raises
    ------
    ValueError
        If a count is impossible, or the pool has fewer images of a count than the new test set.

    Examples
    --------
    >>> stands_for(([5, 5, 3], 5), ([5, 5, 5, 3, 3, 3, 0], 5))
    array([1.5, 1.5, 3. ])
    """
    new_k, new_n = checked_counts(*new)
    pool_k, pool_n = checked_counts(*pool)
    _, _, pair, _ = unique_counts(np.concatenate([new_k, pool_k]), np.concatenate([new_n, pool_n]))
    of_new, of_pool = pair[: len(new_k)], pair[len(new_k) :]
    num_new, num_pool = (np.bincount(each, minlength=pair.max(initial=-1) + 1) for each in (of_new, of_pool))
    short = num_pool[of_new] < num_new[of_new]
    if np.any(short):
        k, n = new_k[short][0], new_n[short][0]
        raise ValueError(f"pool holds fewer images selected {k} times of {n} than new; new must be part of it")
    return np.asarray(num_pool[of_new] / num_new[of_new])
