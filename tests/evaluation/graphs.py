"""Tiny ONNX files, made on the spot."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

SHAPE = (3, 4, 4)


def levels(num_classes: int) -> list[int]:
    """A grey level for each class, evenly spread."""
    return [round(255 * (number + 0.5) / num_classes) for number in range(num_classes)]


def linear(
    num_classes: int,
    *,
    shape: Sequence[int | str] = ("n", *SHAPE),
    element: int = TensorProto.FLOAT,
    outputs: Sequence[str] = ("logits",),
    order: Sequence[int] | None = None,
) -> bytes:
    """Tells the class of a flat grey image by its level; `order` says which class each output is."""
    grey = np.array(levels(num_classes), dtype=np.float32)[list(order or range(num_classes))] / 255
    size = int(np.prod([side for side in shape[1:] if isinstance(side, int)]))
    weights = np.tile(2 * grey / size, (size, 1)).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["numbers"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["products"]),
        *(helper.make_node("Sub", ["products", "offsets"], [output]) for output in outputs),
    ]
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array((grey**2).astype(np.float32), "offsets"),
    ]
    return file(
        nodes,
        inputs=[helper.make_tensor_value_info("image", element, list(shape))],
        outputs=[helper.make_tensor_value_info(name, TensorProto.FLOAT, [shape[0], num_classes]) for name in outputs],
        constants=constants,
    )


def greedy(num_numbers: int) -> bytes:
    """A few hundred bytes that ask for so many numbers of four bytes each before they answer."""
    return file(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
            helper.make_node("ReduceSum", ["zeros"], ["sum"], keepdims=0),
            helper.make_node("Flatten", ["image"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["products"]),
            helper.make_node("Add", ["products", "sum"], ["logits"]),
        ],
        inputs=[helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", *SHAPE])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])],
        constants=[
            numpy_helper.from_array(np.zeros((48, 3), np.float32), "weights"),
            numpy_helper.from_array(np.array([num_numbers]), "shape"),
        ],
    )


def endless() -> bytes:
    """Counts to 2⁶² before it answers."""
    values = {"i": TensorProto.INT64, "go_in": TensorProto.BOOL, "x_in": TensorProto.FLOAT}
    body = helper.make_graph(
        [helper.make_node("Identity", ["go_in"], ["go_out"]), helper.make_node("Add", ["x_in", "x_in"], ["x_out"])],
        "body",
        [
            helper.make_tensor_value_info(name, element, None if name == "x_in" else [])
            for name, element in values.items()
        ],
        [
            helper.make_tensor_value_info(f"{name}_out", element, None)
            for name, element in (("go", TensorProto.BOOL), ("x", TensorProto.FLOAT))
        ],
    )
    return file(
        [
            helper.make_node("Flatten", ["image"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["start"]),
            helper.make_node("Loop", ["count", "go", "start"], ["logits"], body=body),
        ],
        inputs=[helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", *SHAPE])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3])],
        constants=[
            numpy_helper.from_array(np.zeros((48, 3), np.float32), "weights"),
            numpy_helper.from_array(np.array(2**62), "count"),
            numpy_helper.from_array(np.array(True), "go"),
        ],
    )


def file(nodes: Sequence[NodeProto], *, inputs: Any, outputs: Any, constants: Any = (), domains: Any = ()) -> bytes:
    graph = helper.make_graph(list(nodes), "graph", list(inputs), list(outputs), initializer=list(constants))
    opsets = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in domains)]
    parsed = helper.make_model(graph, opset_imports=opsets)
    parsed.ir_version = 10
    return bytes(parsed.SerializeToString())
