"""Models of annotation for judgements selected / not selected: how right each worker is, what each candidate shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, logit

from annotation.stats.counts import checked_share
from annotation.stats.judgements import Judgements

# Right and wrong answers added to every worker's: the crowd is believed a little until it is known, no rate is 0 or 1.
PRIOR = (2.0, 1.0)


@dataclass(frozen=True)
class DawidSkene:
    """What the model believes after EM; it stands beside the raw frequency, never in its place.

    `posterior` is the probability that each candidate shows its class, shape (num_candidates,); `right` and `wrong`
    are each worker's expected answers, prior included, to candidates that show it and to those that don't, shape
    (2, num_workers), so that a rate is right / (right + wrong). `trace` is the log-posterior after each E step.
    """

    posterior: NDArray[np.float64]
    prevalence: float
    right: NDArray[np.float64]
    wrong: NDArray[np.float64]
    log_likelihood: float
    trace: tuple[float, ...]

    @property
    def sensitivity(self) -> NDArray[np.float64]:
        """Probability that a worker selects a candidate that shows the class, shape (num_workers,)."""
        return np.asarray(self.right[0] / (self.right[0] + self.wrong[0]))

    @property
    def specificity(self) -> NDArray[np.float64]:
        """Probability that a worker passes over a candidate that does not, shape (num_workers,)."""
        return np.asarray(self.right[1] / (self.right[1] + self.wrong[1]))

    @property
    def num_iterations(self) -> int:
        """E steps made."""
        return len(self.trace)

    def intervals(self, *, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bounds of sensitivity (row 0) and specificity (row 1), shape (2, num_workers) each.

        Beta quantiles of the expected answers; a little too narrow where the candidates' truth is in doubt.
        """
        tail = (1 - checked_share(confidence, "confidence")) / 2
        return betaincinv(self.right, self.wrong, tail), betaincinv(self.right, self.wrong, 1 - tail)


def two_coin(
    judgements: Judgements,
    *,
    prior: tuple[float, float] = PRIOR,
    num_iterations: int = 100,
    tolerance: float = 1e-7,
) -> DawidSkene:
    r"""Dawid and Skene's model: each worker has a sensitivity and a specificity.

    Candidate i shows its class, :math:`t_i = 1`, with probability :math:`\pi`; worker w selects it with probability
    :math:`s_w` if it does and :math:`1 - c_w` if not, independently given :math:`t_i`. EM maximises the likelihood
    times a prior :math:`\mathrm{Beta}(1 + r, 1 + e)` on every :math:`s_w` and :math:`c_w`, as if each worker had
    given r right and e wrong answers more, and :math:`\mathrm{Beta}(2, 2)` on :math:`\pi`. It begins at the raw
    frequencies. There is one :math:`\pi` for all candidates: fit a class by itself where classes differ much.

    Parameters
    ----------
    judgements : Judgements
    prior : (float, float)
        The answers r and e, both positive.
    num_iterations : int
        At most, at least 1.
    tolerance : float
        EM stops when a step gains less log-posterior than this per judgement; 0 or less makes every iteration.

    Returns
    -------
    DawidSkene
        A candidate without judgements has the prevalence as its posterior.

    Raises
    ------
    ValueError
        If there are no judgements, no iterations, or the prior is not positive.

    References
    ----------
    Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM algorithm",
    Applied Statistics 28, equations 2.3 to 2.5.

    Examples
    --------
    Two workers agree on four candidates; the third selects everything:

    >>> from annotation.stats.judgements import from_table
    >>> answers = [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
    >>> found = two_coin(from_table(np.repeat(range(3), 4), np.tile(range(4), 3), np.ravel(answers)))
    >>> found.posterior.round(1), found.specificity.round(1)
    (array([0.9, 0.9, 0.1, 0.1]), array([0.8, 0.8, 0.4]))
    """
    return _em(judgements, _Model(2, *prior), num_iterations, tolerance)


def one_coin(
    judgements: Judgements,
    *,
    prior: tuple[float, float] = PRIOR,
    num_iterations: int = 100,
    tolerance: float = 1e-7,
) -> DawidSkene:
    r"""The same with one accuracy per worker, :math:`s_w = c_w`: fewer answers suffice to know it.

    Parameters, result and errors are those of `two_coin`; sensitivity and specificity are equal.

    References
    ----------
    Zhang, Chen, Zhou and Jordan (2016), "Spectral methods meet EM: a provably optimal algorithm for crowdsourcing".

    Examples
    --------
    >>> from annotation.stats.judgements import from_table
    >>> answers = [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
    >>> found = one_coin(from_table(np.repeat(range(3), 4), np.tile(range(4), 3), np.ravel(answers)))
    >>> found.sensitivity.round(1)
    array([0.8, 0.8, 0.6])
    """
    return _em(judgements, _Model(1, *prior), num_iterations, tolerance)


@dataclass(frozen=True)
class _Model:
    num_coins: int
    prior_right: float
    prior_wrong: float

    def __post_init__(self) -> None:
        if not (self.prior_right > 0 and self.prior_wrong > 0):
            raise ValueError(f"prior is {(self.prior_right, self.prior_wrong)}; both its answers must be positive")

    def answers(self, right: NDArray[np.float64], wrong: NDArray[np.float64]) -> NDArray[np.float64]:
        """M step: expected answers with the prior's, shape (2, 2, num_workers): right and wrong, present and absent."""
        # Differences of large sums may come out a hair below 0.
        both = np.maximum(np.stack([right, wrong]), 0)
        if self.num_coins == 1:
            both = np.broadcast_to(both.sum(axis=1, keepdims=True), both.shape)
        return both + np.array([self.prior_right, self.prior_wrong])[:, None, None]

    def log_prior(self, prevalence: float, rates: NDArray[np.float64]) -> float:
        of_workers = np.array([self.prior_right, self.prior_wrong]) @ np.log(rates[:, : self.num_coins]).sum(
            axis=(1, 2)
        )
        return float(of_workers + np.log(prevalence) + np.log1p(-prevalence))


def _em(judgements: Judgements, model: _Model, num_iterations: int, tolerance: float) -> DawidSkene:
    if num_iterations < 1:
        raise ValueError(f"num_iterations is {num_iterations}; it must be at least 1")
    given = judgements.per_worker(np.ones(judgements.num_candidates))
    num_judgements = np.sum(given)
    if not num_judgements:
        raise ValueError("judgements holds none; the model needs at least one")
    posterior = _raw_frequencies(judgements, np.sum(given[0]) / num_judgements)
    trace: list[float] = []
    while len(trace) < num_iterations:
        selected, passed_over = judgements.per_worker(posterior)
        right = np.stack([selected, given[1] - passed_over])
        answers = model.answers(right, np.stack([passed_over, given[0] - selected]))
        rates = answers / answers.sum(axis=0)
        prevalence = float((posterior.sum() + 1) / (len(posterior) + 2))
        posterior, likelihood = _expect(judgements, given, prevalence, rates)
        trace.append(likelihood + model.log_prior(prevalence, rates))
        if len(trace) > 1 and trace[-1] - trace[-2] < tolerance * num_judgements:
            break
    return DawidSkene(posterior, prevalence, answers[0], answers[1], likelihood, tuple(trace))


def _raw_frequencies(judgements: Judgements, mean: float) -> NDArray[np.float64]:
    one = np.ones(judgements.num_workers)
    num_seen = judgements.per_candidate(one, one)
    frequency = np.full(len(num_seen), mean)
    return np.divide(judgements.per_candidate(one, 0 * one), num_seen, out=frequency, where=num_seen > 0)


def _expect(
    judgements: Judgements, given: tuple[NDArray[np.float64], ...], prevalence: float, rates: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """E step: posterior of each candidate, and log-likelihood; `rates` as `answers`, right and wrong adding to 1."""
    (hit, rejection), (miss, false_alarm) = np.log(rates)
    odds = logit(prevalence) + judgements.per_candidate(hit - false_alarm, miss - rejection)
    # log(p exp(x) + (1 - p) exp(y)) = y + log(1 - p) + log(1 + exp(odds)); the y of all judgements add up by worker.
    smaller = np.exp(-np.abs(odds))
    likelihood = np.sum(np.maximum(odds, 0) + np.log1p(smaller)) + len(odds) * np.log1p(-prevalence)
    posterior = np.where(odds > 0, 1, smaller) / (1 + smaller)
    return posterior, float(likelihood + given[0] @ false_alarm + given[1] @ rejection)
