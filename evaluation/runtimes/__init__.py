"""Ways to run a classifier, one file each; to add one, copy `onnx.py` and import it here."""

from evaluation.runtimes import onnx, timm, torch
from evaluation.runtimes.base import RUNTIMES, Differentiable, Runtime, get

__all__ = ["RUNTIMES", "Differentiable", "Runtime", "get", "onnx", "timm", "torch"]
