"""Money is stored in the currency's smallest unit, of which not every currency has a hundred."""

from decimal import Decimal

from annotation.errors import CannotLaunch

BOTH = "Give both the pay and its currency, or neither: then workers are not paid."
# Currencies whose smallest unit is not a hundredth (ISO 4217).
WHOLE = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def num_decimals(currency: str) -> int:
    """How many digits an amount has behind the point."""
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def minor_units(amount: Decimal, currency: str) -> int:
    """0.30 EUR as 30 cents; an amount that the currency has no coin for is refused."""
    if not currency:
        if amount:
            raise CannotLaunch(BOTH)
        return 0
    digits = num_decimals(currency)
    units = amount.scaleb(digits)
    if not units.is_finite() or units != units.to_integral_value():
        raise CannotLaunch(f"{amount} {currency} can't be paid: {currency} has {digits} digits behind the point.")
    return int(units)


def decimal_of(minor_units: int, currency: str) -> Decimal:
    """30 EUR cents as 0.30."""
    return Decimal(minor_units).scaleb(-num_decimals(currency))


def written(minor_units: int, currency: str) -> str:
    """For messages: 30 cents as 0.30 EUR."""
    return f"{decimal_of(minor_units, currency):,f} {currency}"
