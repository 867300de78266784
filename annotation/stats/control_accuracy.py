"""How often a worker is right on controls, shrunk towards the crowd so that a few of them condemn nobody."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv

from annotation.stats.counts import checked_counts, checked_share
from annotation.stats.mixture_fit import fit_mixture

# The crowd counts as much as so many controls of one's own, at least and at most.
LEAST_PRECISION, MOST_PRECISION = 4.0, 50.0


@dataclass(frozen=True)
class ControlAccuracy:
    """Posterior mean accuracy per worker with the bounds of its interval, in [0, 1], shape (num_workers,).

    A worker's posterior is Beta(`right`, `wrong`), their own answers and the crowd's together; `crowd_mean` and
    `crowd_precision` say what the crowd added.
    """

    accuracy: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    right: NDArray[np.float64]
    wrong: NDArray[np.float64]
    crowd_mean: float
    crowd_precision: float

    def probability_below(self, threshold: float) -> NDArray[np.float64]:
        """Posterior probability that each worker's accuracy is below a threshold in (0, 1)."""
        return np.asarray(betainc(self.right, self.wrong, checked_share(threshold, "threshold")))


def control_accuracy(num_right: ArrayLike, num_controls: ArrayLike, *, confidence: float = 0.95) -> ControlAccuracy:
    r"""Accuracy of each worker on controls of one kind, positive or negative, under the crowd's own beta prior.

    The crowd's accuracies are taken to be :math:`\mathrm{Beta}(\mu\nu, (1-\mu)\nu)`, fitted to all workers' counts
    by maximum likelihood (a beta-binomial). A worker right k of n times then has the posterior
    :math:`\mathrm{Beta}(\mu\nu + k,\; (1-\mu)\nu + n - k)`, with mean
    :math:`\frac{\nu}{\nu+n}\mu + \frac{n}{\nu+n}\frac kn`. The precision :math:`\nu` is kept between 4 and 50: a small
    or unanimous crowd is neither ignored nor believed over fifty controls of one's own; :math:`\mu` stays as far from 0
    and 1 as one answer more on either side would keep it.

    Parameters
    ----------
    num_right, num_controls : array_like of int, shape (num_workers,)
        Controls of this kind answered rightly (positive ones selected, negative ones passed over), and all answered;
        0 is allowed, and gives the crowd's own distribution.
    confidence : float
        Probability of the interval, in (0, 1).

    Returns
    -------
    ControlAccuracy

    Raises
    ------
    ValueError
        If a count is impossible, the confidence is outside (0, 1), or nobody answered a control.

    References
    ----------
    Efron and Morris (1975), "Data analysis using Stein's estimator and its generalizations", for shrinkage;
    Griffiths (1973), "Maximum likelihood estimation for the beta-binomial distribution", Biometrics 29.

    Examples
    --------
    Wrong three times of three, and wrong thirty times of thirty, in a crowd that is mostly right:

    >>> found = control_accuracy([0, 0] + [28, 29, 30, 27] * 10, [3, 30] + [30] * 40)
    >>> found.high[:2].round(2)
    array([0.85, 0.24])
    """
    k, n = checked_counts(num_right, num_controls, least_seen=0, names=("num_right", "num_controls"))
    tail = (1 - checked_share(confidence, "confidence")) / 2
    if not n.sum():
        raise ValueError("num_controls holds no control; a crowd's accuracy needs at least one")
    mean, precision = _crowd(k[n > 0], n[n > 0])
    right = np.asarray(mean * precision + k, dtype=np.float64)
    wrong = np.asarray((1 - mean) * precision + n - k, dtype=np.float64)
    low, high = betaincinv(right, wrong, tail), betaincinv(right, wrong, 1 - tail)
    return ControlAccuracy(right / (right + wrong), low, high, right, wrong, mean, precision)


def _crowd(k: NDArray[np.int64], n: NDArray[np.int64]) -> tuple[float, float]:
    fitted = fit_mixture(k, n, num_components=1).mixture
    edge = 1 / (int(n.sum()) + 2)
    mean = float(np.clip(fitted.mean, edge, 1 - edge))
    return mean, float(np.clip(fitted.a[0] + fitted.b[0], LEAST_PRECISION, MOST_PRECISION))
