"""The photos that a place remembers, packed into a text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.sources.flickr.places import Place, packed, unpacked


@given(st.sets(st.integers(0, 10**20 - 1), max_size=300))
def test_what_is_packed_comes_back(numbers: set[int]) -> None:
    assert unpacked(packed(numbers)) == numbers


def test_a_number_takes_few_characters() -> None:
    numbers = {50_000_000_000 + number * 5_000_000 for number in range(2000)}
    assert len(packed(numbers)) < 2000 * 6


@given(st.text(max_size=40))
@settings(max_examples=200)
def test_a_text_that_was_never_packed_is_refused_or_read_without_harm(text: str) -> None:
    try:
        assert isinstance(unpacked(text), set)
    except ValueError:
        assert True


@pytest.mark.parametrize("text", ["A", "AAA", "é", "gA==\n", "gA=="])
def test_half_a_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"characters|length|end"):
        unpacked(text)


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=50),
    st.lists(st.tuples(st.none() | st.integers(0, 2**33), st.none() | st.integers(0, 2**33)), min_size=1, max_size=5),
    st.lists(st.integers(0, 10**12), max_size=20),
    st.booleans(),
)
def test_a_place_that_is_written_is_read_again(
    query: str, windows: list[tuple[int | None, int | None]], here: list[int], is_over: bool
) -> None:
    place = Place(class_id="n1", query=query, windows=tuple(windows), here=tuple(here), is_over=is_over, seen="AQI=")
    assert Place.read(place.written()) == place
