"""A mixture of beta-binomials: what the true selection frequencies of a study look like, and each image's own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln, gammaln, logsumexp

from annotation.stats.counts import checked_counts, checked_share, unique_counts
from annotation.stats.intervals import FrequencyInterval

# Halving [0, 1] so often finds a quantile to 1e-12.
NUM_HALVINGS = 40


@dataclass(frozen=True)
class BetaBinomialMixture:
    r"""True frequencies are drawn from :math:`\sum_c w_c\,\mathrm{Beta}(a_c, b_c)`, judgements from each with its own.

    An image of true frequency f judged n times is selected k times with probability
    :math:`\binom nk f^k(1-f)^{n-k}`; with f drawn from component c that is

    .. math:: P_c(k \mid n) = \binom nk \frac{B(a_c+k,\; b_c+n-k)}{B(a_c, b_c)}.

    Parameters
    ----------
    weight, a, b : ndarray of float, shape (num_components,)
        Shares of the components, summing to 1, and their beta parameters, all positive.

    References
    ----------
    Engstrom, Ilyas, Santurkar, Tsipras, Steinhardt and Madry (2020), "Identifying Statistical Bias in Dataset
    Replication": their parametric correction fits such mixtures.

    Examples
    --------
    >>> mixture = BetaBinomialMixture(np.array([1.0]), np.array([1.0]), np.array([1.0]))
    >>> np.exp(mixture.log_probability([0, 1, 2], 2)).round(3)
    array([0.333, 0.333, 0.333])
    >>> found = mixture.posterior(7, 10)
    >>> print(f"{found.frequency:.3f} [{found.low:.3f}, {found.high:.3f}]")
    0.667 [0.390, 0.891]
    """

    weight: NDArray[np.float64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]

    @property
    def num_components(self) -> int:
        """How many betas are mixed."""
        return len(self.weight)

    @property
    def mean(self) -> float:
        """The mean true frequency, in [0, 1]."""
        return float(self.weight @ (self.a / (self.a + self.b)))

    def log_probability(self, num_selected: ArrayLike, num_seen: ArrayLike) -> NDArray[np.float64]:
        """Natural logarithm of the probability of k of n, of the shape of the counts; 0 where n is 0.

        Of many mixtures at once, with parameters of shape (..., num_components): that shape in front of the counts'.
        """
        k, n = checked_counts(num_selected, num_seen, least_seen=0)
        joint = log_joint(self, k, n)
        return np.asarray(logsumexp(joint, axis=-1 - k.ndim) + log_binomial(k, n))

    def posterior(self, num_selected: ArrayLike, num_seen: ArrayLike, *, confidence: float = 0.95) -> FrequencyInterval:
        """Mean and equal-tailed credible interval of each image's true frequency, given its counts.

        The posterior is again a mixture of betas, Beta(a + k, b + n − k), each weighted by how well it explains the
        counts; an image nobody has seen gets the mixture itself.

        Parameters
        ----------
        num_selected, num_seen : array_like of int, shapes that broadcast
            Judgements that selected the image, k, and all judgements of it, n >= 0.
        confidence : float
            Probability of the interval, in (0, 1).

        Returns
        -------
        FrequencyInterval
            `frequency` is the posterior mean.

        Raises
        ------
        ValueError
            If a count is no whole number, k is not in [0, n], n is negative, or the confidence is outside (0, 1).
        """
        k, n = checked_counts(num_selected, num_seen, least_seen=0)
        tail = (1 - checked_share(confidence, "confidence")) / 2
        unique_k, unique_n, pair, _ = unique_counts(k, n)
        share = self.responsibility(unique_k, unique_n)
        a, b = self.a[:, None] + unique_k, self.b[:, None] + unique_n - unique_k
        columns = (np.sum(share * a / (a + b), axis=0), _quantile(share, a, b, tail), _quantile(share, a, b, 1 - tail))
        return FrequencyInterval(*(column[pair].reshape(k.shape) for column in columns))

    def responsibility(self, num_selected: NDArray[np.int64], num_seen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Probability that counts, shape (n,), stem from each component; shape (..., num_components, n)."""
        joint = log_joint(self, num_selected, num_seen)
        return np.asarray(np.exp(joint - logsumexp(joint, axis=-2, keepdims=True)))


def log_joint(
    mixture: BetaBinomialMixture, num_selected: NDArray[np.int64], num_seen: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Log of weight times probability for each component, without the binomial coefficient.

    Many mixtures at once have parameters of shape (..., num_components) and the result (..., num_components, n).

    Examples
    --------
    >>> uniform = BetaBinomialMixture(np.array([1.0]), np.array([1.0]), np.array([1.0]))
    >>> np.exp(log_joint(uniform, np.array([1]), np.array([2]))).round(4)
    array([[0.1667]])
    """
    column = (Ellipsis, *[None] * num_selected.ndim)
    a, b = mixture.a[column], mixture.b[column]
    return np.log(mixture.weight)[column] + betaln(a + num_selected, b + num_seen - num_selected) - betaln(a, b)


def log_binomial(num_selected: NDArray[np.int64], num_seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Log of n over k.

    Examples
    --------
    >>> float(np.exp(log_binomial(np.array(2), np.array(4))).round(9))
    6.0
    """
    return np.asarray(gammaln(num_seen + 1) - gammaln(num_selected + 1) - gammaln(num_seen - num_selected + 1))


def _quantile(
    share: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], probability: float
) -> NDArray[np.float64]:
    """Quantile of each column's mixture of betas, by halving."""
    low, high = np.zeros(share.shape[1]), np.ones(share.shape[1])
    for _ in range(NUM_HALVINGS):
        middle = (low + high) / 2
        is_below = np.sum(share * betainc(a, b, middle), axis=0) < probability
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2
