"""Where in an ONNX graph the features are: what goes into the last layer, which makes a number per class of it."""

from collections.abc import Iterator
from typing import Any

from evaluation.errors import InvalidClassifier

LAYERS = {"Gemm", "MatMul", "Conv"}
AFTER_THE_LAYER = {
    "Softmax", "LogSoftmax", "Sigmoid", "Identity", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Add", "Sub",
    "Mul", "Div", "Clip",
}  # fmt: skip


def features_of(graph: Any, output: str) -> str:
    """The name of the tensor that the last layer before this output is fed with."""
    makers = {name: node for node in graph.node for name in node.output}
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {name for node in graph.node if node.op_type == "Constant" for name in node.output}
    name = output
    while True:
        node = makers.get(name)
        if node is None:
            raise InvalidClassifier(f"{_nothing()} its output is made without one.")
        inputs = [each for each in node.input if each and each not in constants]
        if node.op_type in LAYERS:
            break
        if node.op_type not in AFTER_THE_LAYER or len(inputs) != 1:
            raise InvalidClassifier(f"{_nothing()} its output comes from the operator {node.op_type!r}.")
        name = inputs[0]
    if len(inputs) != 1:
        raise InvalidClassifier(f"{_nothing()} its last one has no weights of its own.")
    if not any(each.op_type in LAYERS for each in _before(inputs[0], makers)):
        raise InvalidClassifier(f"{_nothing()} its only one works on the pixels themselves.")
    return str(inputs[0])


def _before(name: str, makers: dict[str, Any]) -> Iterator[Any]:
    """All nodes that the tensor comes from."""
    waiting, seen = [name], set[str]()
    while waiting:
        current = waiting.pop()
        node = makers.get(current)
        if node is None or current in seen:
            continue
        seen.add(current)
        yield node
        waiting.extend(node.input)


def _nothing() -> str:
    return "The classifier has no features to compare images by: they are what a last layer is fed with, and"
