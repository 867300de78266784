"""Networks with random weights as ONNX files: a small one, and one of the shape and size of ResNet-50."""

from collections.abc import Sequence

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

SIDE = 224
BOTTLENECKS = ((3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2))
"""Of each stage of ResNet-50: blocks, width, stride."""


class Graph:
    """Grows layer by layer; a convolution carries what its normalization would do in weights and bias."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.rng = np.random.default_rng(0)

    def add(self, operator: str, inputs: Sequence[str], **attributes: object) -> str:
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def constant(self, shape: tuple[int, ...], scale: float) -> str:
        name = f"c{len(self.constants)}"
        values = (self.rng.standard_normal(shape, dtype=np.float32) * scale).astype(np.float32)
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def convolved(
        self, image: str, channels: tuple[int, int], side: int, stride: int = 1, is_last: bool = False
    ) -> str:
        weights = self.constant((channels[1], channels[0], side, side), (2 / (channels[0] * side**2)) ** 0.5)
        inputs = [image, weights, self.constant((channels[1],), 0.01)]
        pads = [side // 2] * 4
        output = self.add("Conv", inputs, kernel_shape=[side, side], strides=[stride, stride], pads=pads)
        return output if is_last else self.add("Relu", [output])

    def classified(self, image: str, num_channels: int, num_classes: int) -> bytes:
        pooled = self.add("Flatten", [self.add("GlobalAveragePool", [image])])
        weights = self.constant((num_channels, num_classes), num_channels**-0.5)
        self.nodes.append(helper.make_node("MatMul", [pooled, weights], ["logits"]))
        graph = helper.make_graph(
            self.nodes,
            "random",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", num_classes])],
            initializer=self.constants,
        )
        parsed = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        parsed.ir_version = 10
        return bytes(parsed.SerializeToString())


def small(num_classes: int) -> bytes:
    """Three convolutions, 15 million multiplications an image."""
    graph = Graph()
    image = graph.convolved("image", (3, 16), 7, stride=4)
    image = graph.convolved(image, (16, 32), 3, stride=2)
    return graph.classified(graph.convolved(image, (32, 64), 3, stride=2), 64, num_classes)


def resnet50(num_classes: int) -> bytes:
    """25 million weights, 4.1 billion multiplications an image."""
    graph = Graph()
    image = graph.convolved("image", (3, 64), 7, stride=2)
    image = graph.add("MaxPool", [image], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    num_channels = 64
    for num_blocks, width, stride in BOTTLENECKS:
        for number in range(num_blocks):
            image = _bottleneck(graph, image, (num_channels, width), stride if number == 0 else 1)
            num_channels = 4 * width
    return graph.classified(image, num_channels, num_classes)


def _bottleneck(graph: Graph, image: str, channels: tuple[int, int], stride: int) -> str:
    num_channels, width = channels
    inside = graph.convolved(image, (num_channels, width), 1)
    inside = graph.convolved(inside, (width, width), 3, stride)
    inside = graph.convolved(inside, (width, 4 * width), 1, is_last=True)
    if num_channels != 4 * width or stride > 1:
        image = graph.convolved(image, (num_channels, 4 * width), 1, stride, is_last=True)
    return graph.add("Relu", [graph.add("Add", [inside, image])])
