"""Files from outside: every bad one is refused with what was expected and what was found."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from evaluation.errors import InvalidClassifier
from evaluation.runtimes import get
from evaluation.runtimes import onnx as runtime_module
from evaluation.runtimes.onnx import OnnxRuntime
from tests.evaluation import graphs


def load(content: bytes, shape: tuple[int, ...] = graphs.SHAPE, num_classes: int = 3) -> OnnxRuntime:
    return OnnxRuntime.load(content, input_shape=shape, num_classes=num_classes)


def refused(content: bytes, reason: str, **expected: int) -> None:
    with pytest.raises(InvalidClassifier, match=reason):
        load(content, **expected)  # type: ignore[arg-type]


def edited(**changes: object) -> onnx.ModelProto:
    return onnx.load_model_from_string(graphs.linear(3, **changes))  # type: ignore[arg-type]


def greys(*levels: float) -> np.ndarray:
    return np.stack([np.full(graphs.SHAPE, level / 255, np.float32) for level in levels])


def external(tensor: TensorProto, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)


def test_a_good_file_tells_the_classes_apart() -> None:
    logits = load(graphs.linear(3)).predict(greys(*graphs.levels(3)))
    assert (logits.shape, logits.dtype) == ((3, 3), np.float32)
    np.testing.assert_array_equal(logits.argmax(axis=1), [0, 1, 2])


@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_file_with_a_fixed_batch_gets_batches_of_that_size(size: int) -> None:
    logits = load(graphs.linear(3, shape=(size, *graphs.SHAPE))).predict(greys(40, 130, 210, 40, 130))
    np.testing.assert_array_equal(logits.argmax(axis=1), [0, 1, 2, 0, 1])


@pytest.mark.parametrize("element", [TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.UINT8])
def test_the_batch_is_given_in_the_type_the_file_takes(element: int) -> None:
    runtime = load(graphs.linear(3, element=element))
    assert runtime.predict(greys(40)).dtype == np.float32
    assert runtime.takes_whole_numbers is (element == TensorProto.UINT8)


def test_of_several_outputs_the_one_named_logits_is_taken() -> None:
    assert load(graphs.linear(3, outputs=("features", "probabilities", "logits"))).output.name == "logits"
    assert load(graphs.linear(3, outputs=("features", "probabilities"))).output.name == "probabilities"
    refused(graphs.linear(3, outputs=("a", "b")), "the one named 'logits' or 'probabilities'.*'a' .*'b'")


@pytest.mark.parametrize("content", [b"", b"\x00", b"not a network", b"\x89PNG\r\n\x1a\n", b"\xff" * 100])
def test_what_is_no_onnx_file_is_refused(content: bytes) -> None:
    refused(content, "not an ONNX file|ONNX file is not valid|Expected one input")


def test_a_file_cut_short_anywhere_is_refused() -> None:
    whole = graphs.linear(3)
    for length in range(0, len(whole), 7):
        with pytest.raises(InvalidClassifier):
            load(whole[:length])


def test_a_file_above_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_module, "MAX_BYTES", 10)
    refused(graphs.linear(3), "at most 10 are taken")


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "weights.bin", ""])
def test_numbers_in_another_file_are_refused(location: str) -> None:
    parsed = edited()
    external(parsed.graph.initializer[0], location)
    refused(parsed.SerializeToString(), "keeps its numbers in another file")


def test_numbers_in_another_file_are_found_in_attributes_and_subgraphs() -> None:
    hidden = numpy_helper.from_array(np.zeros(3, np.float32), "hidden")
    external(hidden, "../secret")
    constant = helper.make_node("Constant", [], ["c"], value=hidden)
    branch = helper.make_graph([constant], "branch", [], [helper.make_tensor_value_info("c", 1, [3])])
    for node in (constant, helper.make_node("If", ["flag"], ["d"], then_branch=branch, else_branch=branch)):
        parsed = edited()
        parsed.graph.node.append(node)
        refused(parsed.SerializeToString(), r"'hidden' keeps its numbers in another file \('../secret'\)")


def test_an_operator_from_elsewhere_is_refused_in_subgraphs_too() -> None:
    foreign = helper.make_node("ReadFile", [], ["c"], domain="com.evil")
    branch = helper.make_graph([foreign], "branch", [], [helper.make_tensor_value_info("c", 1, [3])])
    for node in (foreign, helper.make_node("If", ["flag"], ["d"], then_branch=branch, else_branch=branch)):
        parsed = edited()
        parsed.opset_import.append(helper.make_opsetid("com.evil", 1))
        parsed.graph.node.append(node)
        refused(parsed.SerializeToString(), "operator 'ReadFile' of 'com.evil'")


def test_a_file_that_also_reads_as_another_format_is_run_as_onnx() -> None:
    """Bytes 4 to 8 say "ORTM": left to itself, ONNX Runtime would skip the format that was checked."""
    content = b"\x08\x0a\x12\x04ORTM" + graphs.linear(3)
    assert content[4:8] == b"ORTM"
    assert load(content).predict(greys(40)).shape == (1, 3)


def two_inputs() -> bytes:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("a", "b", "c")]
    return graphs.file([helper.make_node("Add", ["a", "b"], ["c"])], inputs=values[:2], outputs=values[2:])


def text_input() -> bytes:
    text = helper.make_tensor_value_info("text", TensorProto.STRING, ["n", 3])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 3])
    cast = helper.make_node("Cast", ["text"], ["out"], to=TensorProto.FLOAT)
    return graphs.file([cast], inputs=[text], outputs=[out])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (graphs.linear(3, shape=("n", 3, 8, 8)), "makes images of any × 3 × 4 × 4; the file's input is .*3 × 8 × 8"),
        (graphs.linear(3, shape=("n", 48)), "the file's input is .*48"),
        (graphs.linear(5), "each of 3 classes.*'logits' .*any × 5"),
        (graphs.linear(3, element=TensorProto.INT64), "Expected an input of FLOAT.*INT64"),
        (two_inputs(), "Expected one input.*found 2: 'a'.*'b'"),
        (text_input(), "Expected an input of FLOAT.*STRING"),
    ],
)
def test_a_wrong_shape_is_refused_with_both_shapes(content: bytes, reason: str) -> None:
    refused(content, reason)


def test_dictionaries_as_output_are_refused() -> None:
    parsed = edited()
    kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [3]))
    parsed.graph.output[0].type.CopyFrom(kind)
    with pytest.raises(InvalidClassifier):
        load(parsed.SerializeToString())


def test_a_file_that_the_runtime_cannot_load_is_refused() -> None:
    parsed = edited()
    parsed.ir_version = 99
    refused(parsed.SerializeToString(), "not valid|can't load")


def test_a_classifier_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_module, "MAX_SECONDS", 0.2)
    with pytest.raises(TimeoutError, match=r"stopped after 0.2 s on 1 images"):
        load(graphs.endless()).predict(greys(40))


def test_an_unknown_runtime_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidClassifier, match="no runtime 'pickle'; there are: onnx"):
        get("pickle")


CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


@pytest.mark.parametrize(
    ("device", "available", "expected"),
    [
        ("auto", [CPU], [CPU]),
        ("auto", [CUDA, CPU], [(CUDA, {"device_id": 0}), CPU]),
        ("cpu", [CUDA, CPU], [CPU]),
        ("cuda:1", [CUDA, CPU], [(CUDA, {"device_id": 1}), CPU]),
    ],
)
def test_a_gpu_is_taken_where_there_is_one(
    device: str, available: list[str], expected: list[object], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SCORING_DEVICE = device
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    assert runtime_module.providers() == expected


def test_a_gpu_that_is_asked_for_and_is_not_there_is_said(settings: Any) -> None:
    settings.SCORING_DEVICE = "cuda"
    refused(graphs.linear(3), "this ONNX Runtime has no CUDA; install onnxruntime-gpu")


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_no_cpu_takes_the_place_of_a_gpu_that_is_asked_for_and_can_not_be_used(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SCORING_DEVICE = "cuda"
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    refused(graphs.linear(3), "ONNX Runtime can't use it")
