"""A program's graph, checked when it is read and run operator by operator."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from evaluation.errors import InvalidClassifier
from evaluation.runtimes.programs.archive import DTYPES, Archive
from evaluation.runtimes.programs.arguments import Values, argument, names_in
from evaluation.runtimes.programs.operators import operator_of

Sizes = tuple[int | None, ...]


@dataclass(frozen=True)
class Step:
    """One operator: what it is given, what it makes, and which values nobody needs after it."""

    target: str
    function: Callable[..., Any]
    positional: Sequence[Callable[[Values], Any]]
    named: Mapping[str, Callable[[Values], Any]]
    outputs: Sequence[str | None]
    done_with: Sequence[str]

    def run(self, values: Values) -> None:
        made = self.function(
            *(read(values) for read in self.positional), **{name: read(values) for name, read in self.named.items()}
        )
        if len(self.outputs) <= 1:
            made = (made,) * len(self.outputs)
        for name, value in zip(self.outputs, made, strict=True):
            if name is not None:
                values[name] = value
        for name in self.done_with:
            values.pop(name, None)


class Program(torch.nn.Module):
    """A graph with one image input and one output, and the tensors it was saved with."""

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        try:
            self._read(archive)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise InvalidClassifier(f"The program's graph is not one of torch.export: {error!r:.300}") from error

    def _read(self, archive: Archive) -> None:
        graph, signature = archive.module["graph"], archive.module["signature"]
        self.image = self._inputs(signature["input_specs"], archive.tensors)
        self.output = _output(signature["output_specs"])
        self.image_dtype = DTYPES[graph["tensor_values"][self.image]["dtype"]]
        self.image_sizes = _sizes(graph["tensor_values"][self.image])
        self.output_sizes = _sizes(graph["tensor_values"][self.output])
        self.steps = _steps(graph["nodes"], self.output, set(self.places.values()))

    def _inputs(self, specs: Sequence[Mapping[str, Any]], tensors: Mapping[str, torch.Tensor]) -> str:
        """Registers the tensors; returns the name of the one input that is not among them."""
        self.places: dict[str, str] = {}  # buffer of this module -> name in the graph
        images = []
        for number, spec in enumerate(specs):
            ((kind, entry),) = spec.items()
            if kind == "user_input" and "as_tensor" in entry["arg"]:
                images.append(entry["arg"]["as_tensor"]["name"])
            elif kind in ("parameter", "buffer", "tensor_constant"):
                name = f"tensor_{number}"
                self.register_buffer(name, tensors[entry[f"{kind}_name"]].detach())
                self.places[name] = entry["arg"]["name"]
            else:
                raise InvalidClassifier(f"The program has an input of the kind {kind!r:.40}; only tensors are taken.")
        if len(images) != 1:
            raise InvalidClassifier(f"Expected one input, the image; the program has {len(images)}.")
        return str(images[0])

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        values: Values = {place: getattr(self, name) for name, place in self.places.items()}
        values |= {self.image: image, "": image.device}
        for step in self.steps:
            step.run(values)
        return values[self.output]


def _output(specs: Sequence[Mapping[str, Any]]) -> str:
    kinds = [kind for spec in specs for kind in spec]
    if kinds != ["user_output"] or "as_tensor" not in specs[0]["user_output"]["arg"]:
        raise InvalidClassifier(
            f"Expected one output, a number for each class; the program has {', '.join(kinds) or 'none'}. "
            "One that changes its own buffers was exported in training mode: call eval() first."
        )
    return str(specs[0]["user_output"]["arg"]["as_tensor"]["name"])


def _steps(nodes: Sequence[Mapping[str, Any]], output: str, tensors: set[str]) -> list[Step]:
    """The nodes in order, each forgetting what it was the last to need."""
    steps, needed = [], {output, *tensors}
    for node in reversed(nodes):
        used = {name for each in node["inputs"] for name in names_in(each["arg"])}
        outputs = [_made(each) for each in node["outputs"]]
        done_with = (used | {name for name in outputs if name}) - needed - {""}
        needed |= used
        _refuse_training(node)
        _refuse_changed_weights(node, tensors)
        steps.append(
            Step(
                target=node["target"],
                function=operator_of(node["target"]),
                positional=[argument(each["arg"]) for each in node["inputs"] if each.get("kind") != 2],
                named={each["name"]: argument(each["arg"]) for each in node["inputs"] if each.get("kind") == 2},
                outputs=_flat(outputs, node),
                done_with=sorted(done_with),
            )
        )
    return steps[::-1]


def _made(output: Mapping[str, Any]) -> Any:
    """The name of what a node makes; of several in a list, their names."""
    ((kind, entry),) = output.items()
    if kind == "as_tensor":
        return entry["name"]
    if kind == "as_tensors":
        return tuple(each["name"] for each in entry)
    if kind in ("as_sym_int", "as_sym_bool", "as_sym_float"):
        return entry["as_name"]
    if kind == "as_none":
        return None
    raise InvalidClassifier(f"The program makes a value of the kind {kind!r:.40}, which is not taken.")


def _flat(outputs: list[Any], node: Mapping[str, Any]) -> list[str | None]:
    if any(isinstance(each, tuple) for each in outputs):
        if len(outputs) != 1:
            raise InvalidClassifier(f"{node['target']!r:.100} makes lists among other values, which is not taken.")
        return list(outputs[0])
    return outputs


def _refuse_training(node: Mapping[str, Any]) -> None:
    for each in node["inputs"]:
        is_training = each["name"] in ("train", "training") and each["arg"].get("as_bool")
        if is_training or (each["name"] == "dropout_p" and each["arg"].get("as_float")):
            raise InvalidClassifier(
                "The program was exported in training mode, so that it depends on chance; call eval()."
            )


def _refuse_changed_weights(node: Mapping[str, Any], tensors: set[str]) -> None:
    name = node["target"].split(".")[-2:][0]
    if name.endswith("_") and tensors & set(names_in(node["inputs"][0]["arg"])):
        raise InvalidClassifier(
            "The program changes its own weights, so that its answers would depend on those before."
        )


def _sizes(value: Mapping[str, Any]) -> Sizes:
    """Of a tensor; a size that is not fixed is None. Expressions for it are not read."""
    return tuple(size.get("as_int") for size in value["sizes"])
