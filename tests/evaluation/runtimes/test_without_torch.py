"""What the torch runtimes say where torch is not installed, and how timm's own preprocessing is understood."""

import sys

import pytest

from evaluation import runtimes
from evaluation.errors import InvalidClassifier
from evaluation.preprocessing import Preprocessing
from evaluation.runtimes.timm import from_data_config

CONFIG = {
    "input_size": (3, 224, 192),
    "interpolation": "bicubic",
    "mean": (0.485, 0.456, 0.406),
    "std": (0.229, 0.224, 0.225),
    "crop_pct": 0.95,
    "crop_mode": "center",
}


@pytest.mark.parametrize("name", ["torch", "timm"])
def test_it_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        InvalidClassifier, match=r"needs torch, which is not installed here: pip install 'twinset\[torch\]'"
    ):
        runtimes.get(name).load(b"", input_shape=(3, 4, 4), num_classes=2)


def test_the_preprocessing_is_that_of_timms_configuration() -> None:
    assert from_data_config(CONFIG) == Preprocessing(
        size=(224, 192),
        resample="bicubic",
        crop_fraction=0.95,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
    )
    grey = from_data_config(CONFIG | {"input_size": (1, 28, 28), "mean": (0.5,), "std": (0.5,)})
    assert grey.colour == "L"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"crop_mode": "squash"}, "crop mode 'squash'"),
        ({"input_size": (4, 8, 8)}, "4 channels"),
        ({"interpolation": "random"}, "resample is 'random'"),
    ],
)
def test_what_would_be_prepared_otherwise_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidClassifier, match=reason):
        from_data_config(CONFIG | change)
