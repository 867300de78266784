"""Dollars as the protocol writes them, and the platform's fee."""

from decimal import Decimal

from annotation.platforms.paid import PlatformRefused

CURRENCY = "USD"
MANY_PLACES = 10
PERCENT, PERCENT_OF_MANY = 20, 40
LEAST_FEE = 1


def check_currency(currency: str) -> None:
    if currency != CURRENCY:
        raise PlatformRefused(f"MTurk pays in {CURRENCY} only, not in {currency}.")


def dollars(minor_units: int) -> str:
    if minor_units < 0:
        raise PlatformRefused("A payment can't be negative.")
    return f"{minor_units // 100}.{minor_units % 100:02}"


def minor_units(amount: str) -> int:
    return int(Decimal(amount) * 100)


def fee(*, pay_minor_units: int, num_places: int) -> int:
    """20 % of each place's pay, 40 % where there are ten places or more, to the nearest cent and at least one.

    As the platform's pricing page (requester.mturk.com/pricing) has said since 21 July 2015. Another 5 points for its
    "Masters" are not here: Twinset never asks for them. A bonus costs the same as one place of that pay.
    """
    percent = PERCENT_OF_MANY if num_places >= MANY_PLACES else PERCENT
    return max((percent * pay_minor_units + 50) // 100, LEAST_FEE) * num_places
