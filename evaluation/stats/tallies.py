"""All that a correction needs of a test set: images and right answers per pair of counts; and samples of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from annotation.stats.counts import unique_counts
from annotation.stats.judgements import Judgements
from annotation.stats.mixture_step import PairCounts
from evaluation.stats.scored_images import ScoredImages


@dataclass(frozen=True)
class Tally:
    """Images per pair of counts, and right answers among them, shape (..., num_pairs, num_classifiers).

    With leading axes it holds as many samples, over the same pairs.
    """

    pairs: PairCounts
    num_correct: NDArray[np.float64]

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Of each classifier, in [0, 1]."""
        return np.asarray(self.num_correct.sum(axis=-2) / self.pairs.num_images.sum(axis=-1)[..., None])


def tally(images: ScoredImages) -> Tally:
    """The images as they are.

    Examples
    --------
    >>> from evaluation.stats.scored_images import scored_images
    >>> found = tally(scored_images([5, 0, 5], 5, [1, 0, 0]))
    >>> found.pairs.num_images, found.num_correct.tolist()
    (array([1., 2.]), [[0.0], [1.0]])
    """
    membership, pairs = _membership(images)
    num_images = membership @ images.stands_for
    num_correct = membership @ (images.stands_for[:, None] * images.is_correct)
    return Tally(PairCounts(pairs.num_selected, pairs.num_seen, num_images), num_correct)


def resampled_images(images: ScoredImages, *, num_replicates: int, rng: np.random.Generator) -> Tally:
    """Bootstrap samples: images drawn with replacement.

    Where images stand for others, their number per pair is known from the pool, and they are drawn within pairs.

    Parameters
    ----------
    images : ScoredImages
    num_replicates : int
    rng : numpy.random.Generator

    Returns
    -------
    Tally
        With one leading axis of that length.

    References
    ----------
    Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 6.

    Examples
    --------
    >>> from evaluation.stats.scored_images import scored_images
    >>> images = scored_images([5, 0, 5], 5, [1, 0, 0])
    >>> resampled_images(images, num_replicates=4, rng=np.random.default_rng(0)).pairs.num_images.sum(axis=-1)
    array([3., 3., 3., 3.])
    """
    membership, pairs = _membership(images)
    if images.is_a_sample:
        groups = np.split(membership.indices, membership.indptr[1:-1])
    else:
        groups = [np.arange(len(images.num_seen))]
    rows = []
    for _ in range(num_replicates):
        drawn = np.concatenate([rng.choice(group, len(group)) for group in groups])
        times = images.stands_for * np.bincount(drawn, minlength=len(images.num_seen))
        weighted = csr_matrix((times[membership.indices], membership.indices, membership.indptr), membership.shape)
        rows.append((membership @ times, weighted @ images.is_correct))
    return _stacked(pairs.num_selected, pairs.num_seen, rows)


def reweighted_images(images: ScoredImages, weight: NDArray[np.float64]) -> Tally:
    """The images as if some counted for more and others for less.

    Parameters
    ----------
    images : ScoredImages
    weight : ndarray of float, shape (num_samples, n)
        Of each image, of mean 1.

    Returns
    -------
    Tally
        With one leading axis of length num_samples.

    Examples
    --------
    >>> from evaluation.stats.scored_images import scored_images
    >>> images = scored_images([5, 0, 5], 5, [1, 0, 0])
    >>> reweighted_images(images, np.array([[1.5, 1, 0.5]])).num_correct[0].tolist()
    [[0.0], [1.5]]
    """
    membership, pairs = _membership(images)
    rows = []
    for each in weight:
        times = images.stands_for * each
        weighted = csr_matrix((times[membership.indices], membership.indices, membership.indptr), membership.shape)
        rows.append((membership @ times, weighted @ images.is_correct))
    return _stacked(pairs.num_selected, pairs.num_seen, rows)


def reweighted_workers(images: ScoredImages, judgements: Judgements, weight: NDArray[np.float64]) -> Tally:
    r"""The images as they would be counted if some workers said more and others less.

    With worker weights :math:`v_w`, an image selected k times of n counts as selected
    :math:`n \sum v_w x_w / \sum v_w` times of n, over its own workers, :math:`x_w` being 1 where they selected it. That
    is no whole number, so the image is shared out between the two beside it, in such a way that the mean is kept.

    Parameters
    ----------
    images : ScoredImages
    judgements : Judgements
        Of the same images, in that order.
    weight : ndarray of float, shape (num_samples, num_workers or more)
        Of each worker, positive.

    Returns
    -------
    Tally
        With one leading axis of length num_samples, over all pairs from 0 to n of each n.

    Raises
    ------
    ValueError
        If the judgements are not those that were counted.

    Examples
    --------
    >>> from annotation.stats.judgements import from_table
    >>> from evaluation.stats.scored_images import scored_images
    >>> judgements = from_table([0, 1, 0, 1], [0, 0, 1, 1], [True, True, True, False])
    >>> images = scored_images([2, 1], 2, [1, 0])
    >>> reweighted_workers(images, judgements, np.array([[1, 1], [3, 1]])).pairs.num_images.tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.5, 1.5]]
    """
    one = np.ones(judgements.num_workers)
    given = judgements.per_candidate(one, 0 * one), judgements.per_candidate(one, one)
    if not all(np.array_equal(*both) for both in zip(given, (images.num_selected, images.num_seen), strict=True)):
        raise ValueError("judgements are not those that num_selected and num_seen of the images count")
    groups = [np.flatnonzero(images.num_seen == n) for n in np.unique(images.num_seen)]
    sizes = [int(images.num_seen[group[0]]) for group in groups]
    pairs = np.concatenate([np.arange(n + 1) for n in sizes]), np.repeat(sizes, np.add(sizes, 1))
    rows = []
    for each_weight in weight[:, : judgements.num_workers]:
        share = judgements.per_candidate(each_weight, 0 * one) / judgements.per_candidate(each_weight, each_weight)
        near = [
            images.stands_for[group][:, None] * _between(n * share[group], n)
            for group, n in zip(groups, sizes, strict=True)
        ]
        correct = [each.T @ images.is_correct[group] for group, each in zip(groups, near, strict=True)]
        rows.append((np.concatenate([each.sum(axis=0) for each in near]), np.concatenate(correct)))
    return _stacked(*pairs, rows)


def _between(count: NDArray[np.float64], num: int) -> NDArray[np.float64]:
    """Each count shared out between the whole numbers beside it, shape (n, num + 1)."""
    return np.maximum(0, 1 - np.abs(count[:, None] - np.arange(num + 1)))


def _membership(images: ScoredImages) -> tuple[csr_matrix, PairCounts]:
    """A row per pair with a 1 for each image that has it, and the pairs with their images."""
    k, n, pair, num_images = unique_counts(images.num_selected, images.num_seen)
    shape = len(k), len(pair)
    return csr_matrix((np.ones(len(pair)), (pair, np.arange(len(pair)))), shape=shape), PairCounts(k, n, num_images)


def _stacked(
    num_selected: NDArray[np.int64],
    num_seen: NDArray[np.int64],
    samples: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> Tally:
    num_images, num_correct = (np.stack(each) for each in zip(*samples, strict=True))
    return Tally(PairCounts(num_selected, num_seen, num_images), num_correct)
