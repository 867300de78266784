"""Lists taken into a study: what is new, what is completed, and what a person is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotation import studies
from annotation.errors import InvalidStudy
from annotation.models import Study
from annotation.sources.classes import ClassRecord, WordNet
from tests import cast

pytestmark = pytest.mark.django_db
PAGE = ("Wikipedia: Bow", "https://en.wikipedia.org/wiki/Bow")


@pytest.fixture
def study() -> Study:
    row = cast.study()
    for class_id, name in (("n02879718", "bow"), ("n03126707", "crane"), ("n02012849", "crane")):
        cast.target_class(row, class_id, name)
    return row


@pytest.fixture(scope="module")
def wordnet(wordnet_dir: Path) -> Iterator[WordNet]:
    with WordNet(wordnet_dir) as database:
        yield database


def nearest_of(study: Study) -> dict[str, str | None]:
    return dict(study.target_classes.values_list("class_id", "nearest__class_id"))


def test_a_list_adds_and_completes(study: Study) -> None:
    records = [
        ClassRecord("n02879718", "crossbow", definition="a weapon", nearest=("n99999999", "n01440764")),
        ClassRecord("n01440764", "tench"),
    ]
    report = studies.import_classes(study=study, records=records)
    assert report.summary == "1 class added, 1 class completed, nearest class set for 1 class."
    assert report.notes == ["n02879718 stays 'bow'; the list calls it 'crossbow'."]
    assert nearest_of(study)["n02879718"] == "n01440764"


def test_pages_go_to_classes_without_links(study: Study) -> None:
    report = studies.import_pages(study=study, pages={"bow": [PAGE], "n09": [PAGE]})
    assert (report.num_completed, report.notes) == (
        1,
        ["1 class of the list passed over: the study does not have them."],
    )
    assert study.target_classes.get(name="bow").links == [{"text": PAGE[0], "url": PAGE[1]}]
    again = studies.import_pages(study=study, pages={"bow": [("B", "https://b.org")]})
    assert again.summary == "No class changed: none lacked anything that is in it."


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a.org/\u2028b", "http://["])
def test_a_page_that_is_no_web_address_changes_nothing(study: Study, address: str) -> None:
    with pytest.raises(InvalidStudy):
        studies.import_pages(study=study, pages={"n02879718": [PAGE], "n03126707": [("More", address)]})
    assert study.target_classes.get(name="bow").links == []


def test_the_first_listed_that_the_study_has_is_nearest(study: Study) -> None:
    listed = {"n02879718": ("n02879718", "n1", "n03126707", "n02012849"), "n03126707": ("n1",), "n5": ("n02879718",)}
    report = studies.import_nearest(study=study, nearest=listed)
    assert report.num_nearest == 1
    assert report.notes == [
        "1 class of the list passed over: the study does not have them.",
        "n03126707 (crane): none of the classes listed as near is in the study.",
    ]
    assert nearest_of(study) == {"n02879718": "n03126707", "n03126707": None, "n02012849": None}


def test_a_list_of_other_classes_is_refused(study: Study) -> None:
    for change in (studies.import_nearest, studies.import_pages):
        with pytest.raises(InvalidStudy, match="none of the classes that are listed"):
            change(study=study, **{"nearest" if change is studies.import_nearest else "pages": {"n1": ()}})


def test_wordnet_completes_what_it_knows_and_names_what_is_called_by_its_id(study: Study, wordnet: WordNet) -> None:
    cast.target_class(study, "n01440764", "n01440764")
    cast.target_class(study, "dragon", "dragon")
    study.target_classes.filter(name="bow").update(name="hunting bow", definition="shoots arrows")
    report = studies.complete_from_wordnet(study=study, wordnet=wordnet)
    assert (report.num_completed, report.notes) == (4, ["Not in WordNet 3.0: dragon."])
    tench, bow = (study.target_classes.get(class_id=each) for each in ("n01440764", "n02879718"))
    assert (tench.name, tench.synonyms) == ("tench", ["Tinca tinca"])
    assert (bow.name, bow.synonyms, bow.definition) == ("hunting bow", ["bow"], "shoots arrows")
    assert studies.complete_from_wordnet(study=study, wordnet=wordnet).num_completed == 0


def test_wordnet_finds_the_nearest_class_among_those_it_knows(study: Study, wordnet: WordNet) -> None:
    cast.target_class(study, "dragon", "dragon")
    report = studies.nearest_by_wordnet(study=study, wordnet=wordnet)
    assert (report.num_nearest, report.notes) == (3, ["Not in WordNet 3.0: dragon."])
    assert nearest_of(study) == {
        "n02879718": "n03126707", "n03126707": "n02879718", "n02012849": "n03126707", "dragon": None,
    }  # fmt: skip


def test_wordnet_says_when_it_knows_none(wordnet: WordNet) -> None:
    study = cast.study("digits")
    cast.target_class(study, "0", "zero")
    for change in (studies.complete_from_wordnet, studies.nearest_by_wordnet):
        with pytest.raises(InvalidStudy, match="No class of this study has the id of a WordNet"):
            change(study=study, wordnet=wordnet)
