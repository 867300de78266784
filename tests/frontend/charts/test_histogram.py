import re

from frontend import charts


def test_the_histogram_shows_shares_of_each_origin() -> None:
    chart = charts.frequency_histogram([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])
    rows = chart.to_dict()["data"]["values"]
    assert [row["share"] for row in rows[:5]] == [0, 0.1, 0.2, 0.3, 0.4]
    assert rows[5] == {"bin": "0–20", "origin": "pool", "share": 0.4, "images": "4 of 10"}
    assert charts.render(chart, "svg").startswith(b"<svg")


def test_an_empty_histogram_can_be_drawn() -> None:
    assert charts.render(charts.frequency_histogram([0] * 5, [0] * 5), "svg").startswith(b"<svg")


def test_all_of_the_narrow_one_is_to_be_seen_on_a_phone() -> None:
    drawn = charts.render(charts.frequency_histogram([1] * 5, [2] * 5, is_narrow=True), "svg")
    found = re.search(rb'width="(\d+)', drawn)
    assert found is not None
    assert 200 < int(found[1]) <= 290
