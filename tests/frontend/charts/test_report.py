"""What holds for every chart of a report."""

import csv
import io
import json

import pytest

from evaluation.reports.content import Content
from frontend import charts
from tests.frontend.charts import cast
from tests.frontend.charts.cast import HOSTILE
from tests.report_content import content as made

NAMES = [each.name for each in charts.available(made())]


@pytest.fixture
def content() -> Content:
    return made()


@pytest.fixture
def hostile() -> Content:
    return cast.renamed(made(), dict.fromkeys(("classifier 2", "easier", "class 3"), HOSTILE))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("theme", list(charts.THEMES))
def test_every_chart_follows_the_schema_with_every_choice(content: Content, name: str, theme: str) -> None:
    chart = next(each for each in charts.available(content) if each.name == name)
    choices: list[dict[str, str]] = [{key: value} for key, values in chart.choices.items() for value in values]
    for choice in choices or [{}]:
        found = charts.draw(name, content, theme=theme, **choice).to_dict(validate=True)
        assert found["config"]["background"] == charts.THEMES[theme].background
        assert "usermeta" in found


@pytest.mark.parametrize("image_format", list(charts.CONTENT_TYPES))
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("theme", list(charts.THEMES))
def test_every_chart_becomes_every_file(content: Content, name: str, theme: str, image_format: str) -> None:
    drawn = charts.render(charts.draw(name, content, theme=theme), image_format)
    assert drawn.startswith(cast.SIGNATURES[image_format])


def test_an_unknown_format_is_refused_with_those_that_are_known(content: Content) -> None:
    with pytest.raises(ValueError, match="image_format is 'gif'; it must be one of svg, png, pdf, json"):
        charts.render(charts.draw("key", content), "gif")


@pytest.mark.parametrize(
    ("name", "choice", "says"),
    [
        ("nothing", {}, "no chart 'nothing'; it has: key"),
        ("key", {"scale": "cubic"}, "no scale 'cubic'; it has: probit, linear, logit"),
        ("key", {"test_set": "easier"}, "no test set 'easier'; it has: none to choose"),
        ("key", {"theme": "purple"}, "no theme 'purple'; there are: light, dark"),
    ],
)
def test_what_there_is_not_is_refused(content: Content, name: str, choice: dict[str, str], says: str) -> None:
    with pytest.raises(charts.NoSuchChart, match=says):
        charts.draw(name, content, **choice)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_of_simulated_judgements_says_so_itself(name: str) -> None:
    said = charts.render(charts.draw(name, made(is_simulated=True)), "svg")
    assert b"Simulated judgements" in said
    assert b"Simulated judgements" not in charts.render(charts.draw(name, made()), "svg")


@pytest.mark.parametrize("name", NAMES)
def test_names_like_markup_stay_text_in_the_picture(hostile: Content, name: str) -> None:
    assert HOSTILE in json.dumps(hostile)
    drawn = charts.render(charts.draw(name, hostile), "svg").decode()
    assert "<script" not in drawn
    assert HOSTILE not in drawn
    json.loads(charts.render(charts.draw(name, hostile), "json"))


@pytest.mark.parametrize("name", NAMES)
def test_rows_become_a_table_that_reads_back(hostile: Content, name: str) -> None:
    rows = charts.rows(name, hostile)
    read = list(csv.DictReader(io.StringIO(charts.as_csv(rows), newline="")))
    assert len(read) == len(rows) > 0
    assert [list(row) for row in read] == [list(row) for row in rows]
    assert read[0] == {key: "" if value is None else str(value) for key, value in rows[0].items()}


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_explained_and_told(content: Content, name: str) -> None:
    chart = next(each for each in charts.available(content) if each.name == name)
    assert chart.caption.endswith(".")
    assert chart.alt.endswith(".")
    assert chart.title


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1", " =1", "＝1"])
def test_a_text_like_a_formula_is_set_off(text: str) -> None:
    assert list(csv.reader(io.StringIO(charts.as_csv([{"a": text, "b": -1.5}]), newline=""))) == [
        ["a", "b"],
        [f"'{text}", "-1.5"],
    ]


def test_quotes_and_lines_in_a_name_stay_in_their_cell() -> None:
    name = 'a "b", c\r\nd'
    assert list(csv.reader(io.StringIO(charts.as_csv([{"a": name, "b": 1}]), newline="")))[1] == [name, "1"]


def test_what_there_is_no_data_for_is_not_offered() -> None:
    content = made(1, ("original", "calibrated"))
    content |= {"frequency": [], "classes": None, "conditions": []}
    assert [each.name for each in charts.available(content)] == ["key", "ranks", "waterfall"]


@pytest.mark.parametrize("num_classifiers", [1, 2, 3])
def test_whatever_is_offered_of_little_can_be_drawn(num_classifiers: int) -> None:
    content = made(num_classifiers, ("original", "calibrated"), num_classes=1, num_images=10)
    for chart in charts.available(content):
        for theme in charts.THEMES:
            assert charts.render(charts.draw(chart.name, content, theme=theme), "svg").startswith(b"<svg")
        assert charts.rows(chart.name, content)
