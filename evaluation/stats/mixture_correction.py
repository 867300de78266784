"""Accuracy at the original's *true* selection frequencies, by mixtures of beta-binomials."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from annotation.stats.beta_binomial import BetaBinomialMixture, log_binomial
from annotation.stats.mixture_fit import MAX_COMPONENTS, fit_pairs
from annotation.stats.mixture_step import PairCounts, em_step

# EM stops when a step gains less likelihood per image; going on moves a correction by a fraction of its error.
TOLERANCE = 1e-6
MAX_ROUNDS, STEPS_A_ROUND = 25, 4
# Keeps a slope at 0 where all new images have the same counts and nothing shows it.
SLOPE_PENALTY = 1e-4


@dataclass(frozen=True)
class MixtureCorrection:
    r"""True frequencies of both sets by mixtures, and a smooth curve of accuracy over the true frequency.

    1. Mixtures of beta-binomials are fitted to the counts of the original, giving the density :math:`p_1(f)` of its
       true frequencies, and to those of the new images, giving :math:`p_2(f)`.
    2. A classifier's accuracy given the true frequency is :math:`g(f) = \sum_m \beta_m B_m(f)` with the Bernstein
       polynomials :math:`B_m(f) = \binom Dm f^m(1-f)^{D-m}`. What is seen is its mean over the posterior of f given
       the counts: :math:`E[\text{correct} \mid k, n] = \sum_m \beta_m M_{kn,m}`, where :math:`M_{kn,m}` is the
       probability under :math:`p_2(f \mid k, n)` of being selected by m of D further workers, a beta-binomial.
       :math:`\beta` is the least-squares fit to the new images, with a penalty on its second differences.
    3. The answer is :math:`\int g(f)\,p_1(f)\,df = \sum_m \beta_m P_1(m \mid D)`, again a beta-binomial.

    It is unbiased as far as mixtures and curve fit. Counts of n judgements show n moments of true frequencies; what
    lies beyond is the mixture's guess.

    Parameters
    ----------
    num_components : int
        Of each mixture, from 1 to 5; `annotation.stats.mixture_fit.choose_mixture` helps to choose.
    degree : int
        Of the polynomial, D, at least 1.
    penalty : float
        On the sum of squared second differences of :math:`\beta`, not negative: so many images' worth of smoothness.
    start : (BetaBinomialMixture, BetaBinomialMixture), optional
        Fits to similar counts to start from; what `near` gives.

    References
    ----------
    Engstrom et al. (2020), section 4.2 and its appendix, with splines in place of polynomials.

    Examples
    --------
    >>> k, n = np.arange(6), np.full(6, 5)
    >>> original = PairCounts(k, n, np.array([5, 10, 20, 40, 80, 160]))
    >>> new = PairCounts(k, n, np.array([60, 50, 50, 50, 50, 55]))
    >>> weights = MixtureCorrection(num_components=1).weights(original, new)
    >>> round(float(weights @ new.num_images), 6), bool(weights[5] > weights[0])
    (1.0, True)
    """

    num_components: int = 2
    degree: int = 5
    penalty: float = 1.0
    start: tuple[BetaBinomialMixture, BetaBinomialMixture] | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.num_components <= MAX_COMPONENTS:
            raise ValueError(f"num_components is {self.num_components}; it must lie between 1 and {MAX_COMPONENTS}")
        if self.degree < 1:
            raise ValueError(f"degree is {self.degree}; it must be at least 1")
        if not self.penalty >= 0:
            raise ValueError(f"penalty is {self.penalty}; it must not be negative")

    def weights(self, original: PairCounts, new: PairCounts) -> NDArray[np.float64]:
        """Of a new image of each pair, shape (..., num_pairs); times the numbers of images they add up to 1."""
        starts = self.start or self._fits(original, new)
        of_original, of_new = _climbed(starts[0], original), _climbed(starts[1], new)
        further = _further_judgements(of_new, new, self.degree)
        wanted = np.exp(of_original.log_probability(np.arange(self.degree + 1), self.degree))
        normal = np.einsum("...pl,...p,...pm->...lm", further, new.num_images, further)
        normal += _roughness(self.degree, self.penalty)
        solved = np.linalg.solve(normal, np.broadcast_to(wanted, normal.shape[:-1])[..., None])
        return np.asarray((further @ solved)[..., 0])

    def near(self, original: PairCounts, new: PairCounts) -> "MixtureCorrection":
        """Itself, starting from the fits to these counts: for samples of the same images."""
        return replace(self, start=self._fits(original, new))

    def _fits(self, original: PairCounts, new: PairCounts) -> tuple[BetaBinomialMixture, BetaBinomialMixture]:
        first, second = (fit_pairs(each, self.num_components, TOLERANCE).mixture for each in (original, new))
        return first, second


def _climbed(mixture: BetaBinomialMixture, pairs: PairCounts) -> BetaBinomialMixture:
    """EM from a mixture to that of each sample of the pairs."""
    leading = pairs.num_images.shape[:-1]
    parameters = (mixture.weight, mixture.a, mixture.b)
    mixture = BetaBinomialMixture(*(np.broadcast_to(each, (*leading, each.shape[-1])) for each in parameters))
    least = STEPS_A_ROUND * TOLERANCE * pairs.num_images.sum(axis=-1)
    reached = pairs.log_likelihood(mixture)
    for _ in range(MAX_ROUNDS):
        for _ in range(STEPS_A_ROUND):
            mixture = em_step(mixture, pairs)
        before, reached = reached, pairs.log_likelihood(mixture)
        if np.all(reached - before < least):
            break
    return mixture


def _further_judgements(mixture: BetaBinomialMixture, pairs: PairCounts, num: int) -> NDArray[np.float64]:
    """Chance that m of `num` further workers select an image with these counts, shape (..., num_pairs, num + 1)."""
    m = np.arange(num + 1)
    share = mixture.responsibility(pairs.num_selected, pairs.num_seen)[..., None]
    a = (mixture.a[..., None] + pairs.num_selected)[..., None]
    b = (mixture.b[..., None] + pairs.num_seen - pairs.num_selected)[..., None]
    chance = np.exp(log_binomial(m, np.array(num)) + betaln(a + m, b + num - m) - betaln(a, b))
    return np.asarray(np.sum(share * chance, axis=-3))


def _roughness(degree: int, penalty: float) -> NDArray[np.float64]:
    """The quadratic form of squared second differences, and a trace of first ones."""
    slope, bend = (np.diff(np.eye(degree + 1), order, axis=0) for order in (1, 2))
    return np.asarray(penalty * bend.T @ bend + SLOPE_PENALTY * slope.T @ slope)
