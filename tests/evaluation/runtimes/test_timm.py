"""Networks of timm, where it is installed."""

import numpy as np
import pytest

from evaluation import runtimes
from evaluation.errors import InvalidClassifier
from evaluation.runtimes.timm import own_preprocessing

torch = pytest.importorskip("torch")
timm = pytest.importorskip("timm")
save = pytest.importorskip("safetensors.torch").save


def test_a_network_by_name_answers_as_timm_and_brings_its_preprocessing() -> None:
    network = timm.create_model("test_vit", pretrained=False, num_classes=5).eval()
    content = save(network.state_dict(), metadata={"architecture": "test_vit"})
    prepared = own_preprocessing(content)
    runtime = runtimes.get("timm").load(content, input_shape=prepared.input_shape, num_classes=5)
    batch = np.random.default_rng(0).normal(size=(2, *prepared.input_shape)).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(runtime.predict(batch), expected, rtol=1e-4, atol=1e-5)


def test_a_name_that_timm_does_not_have_is_refused() -> None:
    content = save({"weight": torch.zeros(1)}, metadata={"architecture": "no_such_network"})
    with pytest.raises(InvalidClassifier, match="timm has no network 'no_such_network'"):
        runtimes.get("timm").load(content, input_shape=(3, 8, 8), num_classes=2)
