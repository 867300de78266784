"""Test sets: drawn from selection frequencies, then frozen under the hash of their manifest."""

from annotation.strategies import MatchedFrequency, MatchedPosterior, Threshold, TopImages
from annotation.testsets.building import build, build_all, import_original, read_parameters, rebuild
from annotation.testsets.figures import Figures, figures_of, summary
from annotation.testsets.freezing import freeze
from annotation.testsets.given import GivenImage, import_given
from annotation.testsets.judged import judgements_of
from annotation.testsets.manifests import authors_of, manifest_bytes, manifest_of

__all__ = [
    "Figures",
    "GivenImage",
    "MatchedFrequency",
    "MatchedPosterior",
    "Threshold",
    "TopImages",
    "authors_of",
    "build",
    "build_all",
    "figures_of",
    "freeze",
    "import_given",
    "import_original",
    "judgements_of",
    "manifest_bytes",
    "manifest_of",
    "read_parameters",
    "rebuild",
    "summary",
]
