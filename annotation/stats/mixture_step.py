"""One EM step of a mixture of beta-binomials, which never loses likelihood."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma, zeta

from annotation.stats.beta_binomial import BetaBinomialMixture

# A beta narrower or wider than these says nothing that counts of people could show.
SMALLEST_PARAMETER, LARGEST_PARAMETER = 0.01, 10_000.0
# The smallest step tried is a four-thousandth of Newton's.
NUM_HALVINGS = 12


@dataclass(frozen=True)
class PairCounts:
    """The different pairs of counts of a study and how many images have each; arrays of shape (num_pairs,).

    `num_images` need not be whole where images stand for others, and has the shape (..., num_pairs) where many
    samples of the same pairs are looked at together.
    """

    num_selected: NDArray[np.int64]
    num_seen: NDArray[np.int64]
    num_images: NDArray[np.int64] | NDArray[np.float64]

    def log_likelihood(self, mixture: BetaBinomialMixture) -> NDArray[np.float64]:
        """Of all images, natural logarithm; one per sample."""
        return np.asarray(np.sum(self.num_images * mixture.log_probability(self.num_selected, self.num_seen), axis=-1))


def em_step(mixture: BetaBinomialMixture, pairs: PairCounts) -> BetaBinomialMixture:
    """The mixture after one E step and one guarded Newton step of (log a, log b) for each component.

    Newton's step is halved until the expected log-likelihood of its component rises; a component that no step
    improves stays. So the likelihood of the counts never falls. Many samples of the same pairs, each with a mixture of
    its own, take the step together.

    Parameters
    ----------
    mixture : BetaBinomialMixture
    pairs : PairCounts

    Returns
    -------
    BetaBinomialMixture

    References
    ----------
    Neal and Hinton (1998), "A view of the EM algorithm that justifies incremental, sparse, and other variants".

    Examples
    --------
    >>> pairs = PairCounts(np.array([0, 5]), np.array([5, 5]), np.array([30, 10]))
    >>> start = BetaBinomialMixture(np.array([1.0]), np.array([1.0]), np.array([1.0]))
    >>> bool(pairs.log_likelihood(em_step(start, pairs)) > pairs.log_likelihood(start))
    True
    """
    share = mixture.responsibility(pairs.num_selected, pairs.num_seen) * pairs.num_images[..., None, :]
    # A component that explains nothing keeps a trace of weight, whose logarithm is finite.
    weight = np.maximum(share.sum(axis=-1), 1e-12)
    best = np.log(np.stack([mixture.a, mixture.b]))
    best_value = _expected(best, share, pairs)
    start, step = best, _newton_step(np.exp(best), share, pairs)
    is_open = np.ones(weight.shape, dtype=np.bool_)
    for halving in range(NUM_HALVINGS + 1):
        trial = np.clip(start + step / 2**halving, np.log(SMALLEST_PARAMETER), np.log(LARGEST_PARAMETER))
        gains = is_open & (_expected(trial, share, pairs) > best_value)
        best = np.where(gains, trial, best)
        is_open &= ~gains
        if not is_open.any():
            break
    return BetaBinomialMixture(weight / weight.sum(axis=-1, keepdims=True), *np.exp(best))


def _expected(
    log_parameters: NDArray[np.float64], share: NDArray[np.float64], pairs: PairCounts
) -> NDArray[np.float64]:
    """The part of the expected log-likelihood that each component's (log a, log b), shape (2, ..., C), decides."""
    a, b = np.exp(log_parameters)[..., None]
    k, rest = pairs.num_selected, pairs.num_seen - pairs.num_selected
    return np.asarray(np.sum(share * (betaln(a + k, b + rest) - betaln(a, b)), axis=-1))


def _newton_step(parameters: NDArray[np.float64], share: NDArray[np.float64], pairs: PairCounts) -> NDArray[np.float64]:
    """Newton's step in (log a, log b), up the gradient where the surface is not concave; at most 2 each way."""
    a, b = parameters
    slope_a, slope_b, slope_total = _sums(digamma, parameters, share, pairs)
    bend_a, bend_b, bend_total = _sums(lambda x: zeta(2.0, x), parameters, share, pairs)
    gradient = np.stack([a * (slope_a + slope_total), b * (slope_b + slope_total)])
    h_aa = a * a * (bend_a + bend_total) + gradient[0]
    h_bb = b * b * (bend_b + bend_total) + gradient[1]
    h_ab = a * b * bend_total
    determinant = h_aa * h_bb - h_ab**2
    is_concave = (h_aa < 0) & (determinant > 0)
    newton = -np.stack([h_bb * gradient[0] - h_ab * gradient[1], h_aa * gradient[1] - h_ab * gradient[0]])
    newton /= np.where(is_concave, determinant, 1.0)
    uphill = gradient / np.maximum(share.sum(axis=-1), 1e-12)
    return np.clip(np.where(is_concave, newton, uphill), -2.0, 2.0)


def _sums(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    parameters: NDArray[np.float64],
    share: NDArray[np.float64],
    pairs: PairCounts,
) -> tuple[NDArray[np.float64], ...]:
    """The three sums of which derivatives by a and b consist: f is digamma for first ones, ζ(2, x) for second ones."""
    a, b = parameters[..., None]
    k, n = pairs.num_selected, pairs.num_seen
    own_a, own_b = function(a + k) - function(a), function(b + n - k) - function(b)
    total = function(a + b) - function(a + b + n)
    return tuple(np.sum(share * part, axis=-1) for part in (own_a, own_b, total))
