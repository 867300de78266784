import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation import bitmaps


@given(st.integers(1, 200).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))))
def test_what_is_packed_is_unpacked(case: tuple[int, set[int]]) -> None:
    size, chosen = case
    assert bitmaps.positions(bitmaps.pack(chosen, size), size) == sorted(chosen)


@pytest.mark.parametrize("position", [-1, 48])
def test_a_position_outside_the_grid_is_refused(position: int) -> None:
    with pytest.raises(ValueError, match="outside 0 to 47"):
        bitmaps.pack([position], 48)


def test_postgres_reads_the_same_bits(db: None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT get_bit(%s, 9), get_bit(%s, 8)", [bitmaps.pack([9], 12)] * 2)
        assert cursor.fetchone() == (1, 0)
