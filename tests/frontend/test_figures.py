import pytest

from frontend.templatetags.commands import command
from frontend.templatetags.figures import magnitude, money, percent, percent_value, points


def test_a_fraction_is_written_in_percent() -> None:
    assert percent(0.7221) == "72.2\N{NO-BREAK SPACE}%"
    assert percent_value(0.7221, 2) == "72.21"


@pytest.mark.parametrize(
    ("change", "written"), [(-0.118, "−11.8"), (0.0208, "+2.1"), (0.0, "0.0"), (-0.0001, "0.0"), (None, "–")]
)
def test_a_change_is_written_in_points_with_its_sign(change: float | None, written: str) -> None:
    assert points(change) == written


def test_a_magnitude_has_no_sign() -> None:
    assert (magnitude(-0.118), magnitude(0.02)) == ("11.8", "2.0")


def test_no_value_is_a_dash() -> None:
    assert percent(None) == percent_value(None) == "–"


@pytest.mark.parametrize(
    ("units", "currency", "written"),
    [(360, "EUR", "3.60 EUR"), (5, "EUR", "0.05 EUR"), (1_234_567, "JPY", "1,234,567 JPY"), (1125, "KWD", "1.125 KWD")],
)
def test_money_has_the_digits_of_its_currency(units: int, currency: str, written: str) -> None:
    assert money(units, currency) == written.replace(" ", "\N{NO-BREAK SPACE}")


def test_options_of_a_command_are_not_broken_at_the_end_of_a_line() -> None:
    assert command("manage.py x --study a<b --max-distance 2") == (
        'manage.py x <span class="unbroken">--study</span> a&lt;b <span class="unbroken">--max-distance</span> 2'
    )
