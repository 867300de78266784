"""The corrections that docs/statistics.md compares, by the name they have there."""

from evaluation.stats.corrections import Correction, Unadjusted
from evaluation.stats.jackknife import DeleteJackknife
from evaluation.stats.mixture_correction import MixtureCorrection
from evaluation.stats.naive_adjustment import NaiveAdjustment

CORRECTIONS: dict[str, Correction] = {
    "none": Unadjusted(),
    "naive": NaiveAdjustment(),
    "jackknife, order 1": DeleteJackknife(order=1),
    "jackknife, order 2": DeleteJackknife(order=2),
    "mixtures": MixtureCorrection(),
}
