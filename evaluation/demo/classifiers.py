"""Eight classifiers of clearly different strength, trained on the demonstration's digits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skl2onnx import to_onnx
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from evaluation.demo.digits import SIDE, Digits

OPSET = 18


@dataclass(frozen=True)
class Trained:
    name: str
    onnx: bytes
    estimator: Any

    def predict(self, pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Labels (n,) of pixels (n, 64), by scikit-learn itself: what the ONNX file must agree with."""
        return np.asarray(self.estimator.predict(as_input(pixels)), dtype=np.int64)


def as_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)


def preprocessing() -> dict[str, Any]:
    """What the classifiers expect, in the words of `register_classifier`."""
    return {"size": [SIDE, SIDE], "resample": "nearest", "colour": "L", "layout": "FLAT", "scale": 1 / 255}


def train(digits: Digits) -> Iterator[Trained]:
    """Train each on the training part and convert it to ONNX."""
    inputs = as_input(digits.pixels[digits.train])
    labels = digits.labels[digits.train]
    for name, estimator in _estimators():
        estimator.fit(inputs, labels)
        graph = to_onnx(estimator, inputs[:1], options={id(estimator): {"zipmap": False}}, target_opset=OPSET)
        yield Trained(name, graph.SerializeToString(), estimator)


def _estimators() -> list[tuple[str, Any]]:
    return [
        ("tree-depth-4", DecisionTreeClassifier(max_depth=4, random_state=0)),
        ("tree-depth-6", DecisionTreeClassifier(max_depth=6, random_state=0)),
        ("gaussian-naive-bayes", GaussianNB(var_smoothing=1e-3)),
        ("forest-of-5", RandomForestClassifier(n_estimators=5, max_depth=6, random_state=0)),
        ("linear-discriminant", LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)),
        ("logistic-regression", LogisticRegression(C=0.1, max_iter=2000)),
        ("neural-network-64", MLPClassifier((64,), max_iter=600, random_state=0)),
        ("nearest-neighbours-3", KNeighborsClassifier(3)),
    ]
