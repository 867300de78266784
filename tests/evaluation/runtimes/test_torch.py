"""Programs and weights on torch: the same answers as torch itself, and nothing that could run anything."""

import io
import json
import pickle
from typing import Any

import numpy as np
import pytest

from evaluation import runtimes
from evaluation.errors import InvalidClassifier
from evaluation.runtimes import Differentiable

torch = pytest.importorskip("torch")
save = pytest.importorskip("safetensors.torch").save
networks = pytest.importorskip("tests.evaluation.runtimes.networks")

CONVOLUTIONAL = networks.exported(networks.convolutional())


def loaded(content: bytes, num_classes: int = 3, shape: tuple[int, ...] = networks.SHAPE) -> Any:
    return runtimes.get("torch").load(content, input_shape=shape, num_classes=num_classes)


def refused(content: bytes, reason: str, **more: Any) -> None:
    with pytest.raises(InvalidClassifier, match=reason):
        loaded(content, **more)


@pytest.mark.parametrize("network", [networks.convolutional(), networks.Attention().eval()], ids=["cnn", "attention"])
@pytest.mark.parametrize("batch", [None, 4])
def test_a_program_answers_as_its_network(network: Any, batch: int | None) -> None:
    """For any number of images, also where it was exported for four at once."""
    runtime = loaded(networks.exported(network, batch=batch))
    for number in (1, 4, 7):
        with torch.no_grad():
            expected = network(torch.from_numpy(networks.images(number))).numpy()
        found = runtime.predict(networks.images(number))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        assert found.dtype == np.float32


def test_a_program_in_half_precision_or_of_whole_numbers_gets_what_it_takes() -> None:
    class Levels(torch.nn.Module):
        def forward(self, image: Any) -> Any:
            return image.to(torch.float32).mean((2, 3))

    runtime = loaded(networks.exported(Levels(), dtype=torch.uint8))
    assert runtime.takes_whole_numbers
    batch = np.full((1, *networks.SHAPE), 200, np.float32)
    np.testing.assert_array_equal(runtime.predict(batch), [[200, 200, 200]])
    half = loaded(networks.exported(networks.convolutional().bfloat16(), dtype=torch.bfloat16))
    assert np.isfinite(half.predict(networks.images(2))).all()


@pytest.mark.parametrize("batch", [None, 4])
def test_the_gradient_is_that_of_torch(batch: int | None) -> None:
    network, labels = networks.convolutional(), np.array([0, 2, 1, 1, 0])
    image = torch.from_numpy(networks.images(5)).requires_grad_(True)
    torch.nn.functional.cross_entropy(network(image), torch.from_numpy(labels), reduction="sum").backward()
    runtime = loaded(networks.exported(network, batch=batch))
    found = runtime.gradient(networks.images(5), labels)
    np.testing.assert_allclose(found, image.grad.numpy(), rtol=1e-4, atol=1e-6)
    assert isinstance(runtime, Differentiable)


def test_a_network_that_works_on_its_input_in_place_leaves_the_batch_alone() -> None:
    class InPlace(torch.nn.Module):
        def forward(self, image: Any) -> Any:
            return image.mul_(2).relu_().mean((2, 3))

    runtime, batch = loaded(networks.exported(InPlace())), networks.images(2)
    before = batch.copy()
    first = runtime.predict(batch)
    runtime.gradient(batch, np.array([0, 1]))
    np.testing.assert_array_equal(batch, before)
    np.testing.assert_array_equal(runtime.predict(batch), first)


def test_a_program_that_changes_its_weights_is_refused() -> None:
    def change(program: Any) -> None:
        nodes = program["graph_module"]["graph"]["nodes"]
        weight = {"name": "self", "arg": {"as_tensor": {"name": "p_0_weight"}}, "kind": 1}
        nodes.insert(0, {"target": "torch.ops.aten.relu_.default", "inputs": [weight], "outputs": [{"as_none": True}]})

    refused(networks.edited(CONVOLUTIONAL, "model.json", change), "changes its own weights")


@pytest.mark.parametrize("network", [networks.convolutional(), networks.Attention().eval()], ids=["cnn", "attention"])
def test_mixed_precision_with_channels_last_answers_nearly_alike(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the CPU in place of a GPU, whose path it is."""
    runtime = loaded(networks.exported(network))
    exact = runtime.predict(networks.images(8))
    runtime.is_brief = True
    runtime.network.to(memory_format=torch.channels_last)
    found = runtime.predict(networks.images(8))
    assert found.dtype == np.float32
    assert 0 < np.abs(found - exact).max() < 0.03
    assert runtime.gradient(networks.images(8), np.zeros(8, dtype=int)).dtype == np.float32


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # torch's own, while it takes a program apart
@pytest.mark.parametrize("network", [networks.convolutional(), networks.Attention().eval()], ids=["cnn", "attention"])
def test_a_program_in_basic_operators_answers_as_its_network(network: Any) -> None:
    """`run_decompositions` is how programs are handed to other tools."""
    exported = torch.export.export(
        network, (torch.zeros(2, *networks.SHAPE),), dynamic_shapes=({0: torch.export.Dim("n")},)
    )
    buffer = io.BytesIO()
    torch.export.save(exported.run_decompositions(), buffer)
    with torch.no_grad():
        expected = network(torch.from_numpy(networks.images(5))).numpy()
    np.testing.assert_allclose(loaded(buffer.getvalue()).predict(networks.images(5)), expected, rtol=1e-5, atol=1e-6)


def test_values_are_forgotten_when_nobody_needs_them_any_more() -> None:
    program = loaded(CONVOLUTIONAL).network
    forgotten = [name for step in program.steps for name in step.done_with]
    made = [name for step in program.steps for name in step.outputs]
    assert len(forgotten) == len(set(forgotten))
    assert set(made) - set(forgotten) == {program.output}


def test_a_program_of_other_sizes_is_refused() -> None:
    refused(CONVOLUTIONAL, r"image input of any × 3 × 9 × 9; the program's is any × 3 × 8 × 8", shape=(3, 9, 9))
    refused(CONVOLUTIONAL, r"output of any × 4; the program's is any × 3", num_classes=4)


class Bomb:
    """What runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("something was unpickled",))


def test_sample_inputs_are_never_unpickled() -> None:
    """Every archive has some; torch itself falls back to unpickling anything there."""
    bomb = networks.rewritten(
        CONVOLUTIONAL, lambda name, part: pickle.dumps(Bomb()) if "sample_inputs" in name else part
    )
    np.testing.assert_array_equal(
        loaded(bomb).predict(networks.images(2)), loaded(CONVOLUTIONAL).predict(networks.images(2))
    )
    loaded(networks.rewritten(CONVOLUTIONAL, lambda name, part: None if "sample_inputs" in name else part))


def test_weights_by_pickle_are_refused() -> None:
    def by_pickle(config: Any) -> None:
        config["config"]["0.weight"]["use_pickle"] = True

    refused(networks.edited(CONVOLUTIONAL, "model_weights_config.json", by_pickle), "0.weight is stored by pickle")


@pytest.mark.parametrize("kind", ["custom_obj_0", "opaque_obj_0", "../../models/model.json"])
def test_constants_that_are_no_tensors_are_refused(kind: str) -> None:
    def add(config: Any) -> None:
        config["config"]["constant"] = {"path_name": kind, "is_param": False, "use_pickle": False, "tensor_meta": None}

    refused(networks.edited(CONVOLUTIONAL, "model_constants_config.json", add), "constant is stored by pickle")


def test_expressions_and_guards_in_the_file_are_not_evaluated() -> None:
    """Torch evaluates both as Python."""
    attack = "__import__('pytest').fail('an expression was run')"

    def change(program: Any) -> None:
        program["guards_code"] = [attack]
        for value in program["graph_module"]["graph"]["tensor_values"].values():
            for size in value["sizes"]:
                if "as_expr" in size:
                    size["as_expr"]["expr_str"] = attack

    content = networks.edited(CONVOLUTIONAL, "model.json", change)
    assert loaded(content).predict(networks.images(2)).shape == (2, 3)


@pytest.mark.parametrize(
    "target",
    [
        "torch.ops.aten.from_file.default", "torch.ops.aten.rand.default", "torch.ops.aten.set_.source_Tensor",
        "torch.load", "torch.ops.load_library", "torch.hub.load", "_operator.attrgetter", "builtins.eval",
        "torch.ops.aten.relu.__class__", "torch.ops.aten.relu.default.redispatch", "torch.ops.higher_order.cond",
        "#torch.x", "", "torch.ops.aten._unsafe_index.Tensor",
    ],
)  # fmt: skip
def test_only_operators_on_the_list_are_taken(target: str) -> None:
    def change(program: Any) -> None:
        program["graph_module"]["graph"]["nodes"][0]["target"] = target

    refused(networks.edited(CONVOLUTIONAL, "model.json", change), "not among the operators|has no operator")


@pytest.mark.parametrize(
    "argument",
    [{"as_graph": {}}, {"as_custom_obj": {}}, {"as_operator": "torch.load"}, {}, {"as_int": 1, "as_none": 1}],
)
def test_arguments_of_other_kinds_are_refused(argument: dict[str, Any]) -> None:
    def change(program: Any) -> None:
        program["graph_module"]["graph"]["nodes"][0]["inputs"][0]["arg"] = argument

    refused(networks.edited(CONVOLUTIONAL, "model.json", change), "argument of the kind|is not one of torch.export")


def test_weights_beyond_their_bytes_are_refused() -> None:
    def beyond(config: Any) -> None:
        config["config"]["0.weight"]["tensor_meta"]["sizes"][0]["as_int"] = 10**6

    refused(networks.edited(CONVOLUTIONAL, "model_weights_config.json", beyond), "damaged")


def test_a_program_in_training_mode_is_refused() -> None:
    refused(networks.exported(networks.convolutional().train()), "training mode")
    refused(
        networks.exported(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout()).train()),
        "training mode",
        num_classes=192,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04", b"not a program", pickle.dumps(Bomb()), CONVOLUTIONAL[:-100], CONVOLUTIONAL[:500],
        b"\xff" * 8 + b"{}", (2).to_bytes(8, "little") + b"[]", (2).to_bytes(8, "little") + b"{}",
    ],
    ids=range(9),
)  # fmt: skip
def test_what_is_neither_is_refused(content: bytes) -> None:
    refused(content, "neither|damaged|do not say|has no models")


def test_other_archives_are_refused() -> None:
    refused(
        networks.rewritten(CONVOLUTIONAL, lambda name, part: None if "model.json" in name else part), "has no models"
    )
    refused(networks.rewritten(CONVOLUTIONAL, lambda _, part: part, compression=8), "is compressed")
    deep = networks.rewritten(CONVOLUTIONAL, lambda name, part: b"[" * 10**6 if "model.json" in name else part)
    refused(deep, "damaged")
    other = networks.edited(CONVOLUTIONAL, "model.json", lambda program: program["schema_version"].update(major=9))
    refused(other, "has schema 9")


def mlp_weights() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    sizes = [(5, 192), (5,), (3, 5), (3,)]
    names = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    return {
        name: torch.from_numpy(rng.normal(size=size).astype(np.float32))
        for name, size in zip(names, sizes, strict=True)
    }


def test_weights_name_their_architecture() -> None:
    weights = mlp_weights()
    runtime = loaded(save(weights, metadata={"architecture": "mlp"}))
    flat = networks.images(4).reshape(4, -1)
    first, second = (weights[f"layers.{number}.weight"].numpy() for number in (0, 1))
    hidden = np.maximum(flat @ first.T + weights["layers.0.bias"].numpy(), 0)
    expected = hidden @ second.T + weights["layers.1.bias"].numpy()
    np.testing.assert_allclose(runtime.predict(networks.images(4)), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (None, "do not say what they belong to"),
        ({"architecture": "resnet50"}, "no architecture 'resnet50'; there are: mlp, torchvision/NAME"),
        ({"architecture": "torchvision/os.system"}, "torchvision"),
    ],
)
def test_weights_without_a_known_architecture_are_refused(metadata: dict[str, str] | None, reason: str) -> None:
    refused(save(mlp_weights(), metadata=metadata), reason)


def test_weights_that_do_not_fit_are_refused() -> None:
    weights = mlp_weights() | {"another": torch.zeros(2)}
    refused(save(weights, metadata={"architecture": "mlp"}), "do not fit their architecture")
    whole = save(mlp_weights(), metadata={"architecture": "mlp"})
    refused(whole[:-8], "damaged")
    assert json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])["__metadata__"] == {"architecture": "mlp"}
