"""The parameters of strategies as options of a command, from their own description."""

from argparse import ArgumentTypeError, BooleanOptionalAction
from collections.abc import Callable, Mapping
from typing import Any

from django.core.management.base import CommandParser

from annotation.errors import CannotBuild
from annotation.models import Strategy
from annotation.strategies import STRATEGIES, Parameters, ParameterSpec, all_parameters, taken_by, takers_of
from annotation.testsets import read_parameters


def add_parameters(parser: CommandParser) -> None:
    """An option for each; what several strategies take is given once."""
    for spec in all_parameters().values():
        option, help = f"--{spec.name.replace('_', '-')}", f"{spec.help} {_takers(spec)}(default: {spec.default})"
        if spec.kind is bool:
            parser.add_argument(option, action=BooleanOptionalAction, default=spec.default, help=help)
        else:
            parser.add_argument(option, type=_reader(spec), default=str(spec.default), help=help)


def parameters_of(options: Mapping[str, Any]) -> dict[Strategy, Parameters]:
    """Those of every strategy."""
    return {strategy: read_parameters(strategy, taken_by(strategy, options)) for strategy in STRATEGIES}


def _takers(spec: ParameterSpec) -> str:
    names = [strategy.label for strategy in takers_of(spec)]
    return "" if len(names) == len(STRATEGIES) else f"({', '.join(names)}) "


def _reader(spec: ParameterSpec) -> Callable[[str], Any]:
    """Text of the command line as the parameter; a number out of range is told as the verb tells it."""

    def read(text: str) -> Any:
        try:
            return spec.read(int(text) if spec.kind is int else text)
        except (ValueError, CannotBuild) as error:
            raise ArgumentTypeError(f"{text!r}: {error}") from error

    return read
