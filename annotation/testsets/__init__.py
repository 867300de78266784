"""Test sets: drawn from selection frequencies, then frozen under the hash of their manifest."""

from annotation.strategies import MatchedFrequency, Threshold, TopImages
from annotation.testsets.building import build, import_original, read_parameters, rebuild
from annotation.testsets.freezing import freeze
from annotation.testsets.manifests import manifest_bytes, manifest_of

__all__ = [
    "MatchedFrequency",
    "Threshold",
    "TopImages",
    "build",
    "freeze",
    "import_original",
    "manifest_bytes",
    "manifest_of",
    "read_parameters",
    "rebuild",
]
