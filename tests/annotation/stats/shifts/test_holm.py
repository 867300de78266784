import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.stats.shifts.holm import holm


def test_holm_gives_the_published_steps() -> None:
    """The example of Aickin and Gensler (1996): p-values in, adjusted ones out."""
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_keeps_the_order_and_never_lowers_a_value(values: list[float]) -> None:
    adjusted = holm(values)
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(adjusted[order]) >= 0)
    assert np.all(adjusted >= np.array(values))
    assert float(adjusted.min()) == pytest.approx(min(1.0, min(values) * len(values)))


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([2.0])
