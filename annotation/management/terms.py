"""The terms of a batch as options of a command."""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser

from annotation.hits import Terms
from annotation.models.money import minor_units
from annotation.platforms.base import WORKFORCES


def add_terms(parser: CommandParser, *, assignments_help: str) -> None:
    parser.add_argument("--assignments", type=int, default=10, help=assignments_help)
    parser.add_argument("--lease-minutes", type=int, default=30, help="how long a claim holds")
    parser.add_argument("--platform", choices=list(WORKFORCES), default="local")
    parser.add_argument("--pay", type=amount, default=Decimal(0), help="for each accepted grid, such as 0.30")
    parser.add_argument("--currency", default="", metavar="ISO", help="of the pay, such as EUR")
    parser.add_argument("--simulated", action="store_true", help="mark everything that comes of it as simulated")


def terms_of(options: Mapping[str, Any]) -> Terms:
    return Terms(
        num_assignments=options["assignments"],
        lease_seconds=options["lease_minutes"] * 60,
        platform=options["platform"],
        is_simulated=options["simulated"],
        pay_minor_units=minor_units(options["pay"], options["currency"]),
        currency=options["currency"],
    )


def amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{text!r} is no amount, such as 0.30") from error
