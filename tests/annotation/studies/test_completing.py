"""Classes that a study has get what they lack; nothing that is there changes without a word."""

import pytest

from annotation import studies
from annotation.errors import InvalidStudy
from annotation.models import Study, TargetClass
from annotation.studies import LinkSpec, TargetClassSpec
from tests import cast

pytestmark = pytest.mark.django_db
MORE = LinkSpec("More", "https://example.org/bow")
BOW = TargetClassSpec("n01", "bow", ("longbow",), "a weapon", (MORE,), ("weapon",))


@pytest.fixture
def study() -> Study:
    return cast.study()


def complete(study: Study, *specs: TargetClassSpec) -> studies.Completed:
    return studies.complete_target_classes(study=study, classes=specs)


def told(row: TargetClass) -> tuple[object, ...]:
    row.refresh_from_db()
    return row.name, row.synonyms, row.definition, row.links, row.wider_words


def test_what_a_class_lacks_is_filled_in(study: Study) -> None:
    row = cast.target_class(study, "n01", "bow")
    done = complete(study, BOW)
    assert (done.added, done.completed, done.other_names) == ((), ("n01",), ())
    links = [{"text": "More", "url": "https://example.org/bow"}]
    assert told(row) == ("bow", ["longbow"], "a weapon", links, ["weapon"])


def test_what_a_class_has_stays(study: Study) -> None:
    complete(study, BOW)
    row = study.target_classes.get()
    before = told(row)
    other = TargetClassSpec("n01", "bow", ("ribbon",), "a knot", (LinkSpec("B", "https://b.org"),), ("knot",))
    assert complete(study, other).completed == ()
    assert told(row) == before


def test_a_name_stays_and_the_other_one_is_told(study: Study) -> None:
    row = cast.target_class(study, "n01", "crossbow")
    assert complete(study, BOW).other_names == (("n01", "crossbow", "bow"),)
    row.refresh_from_db()
    assert row.name == "crossbow"


def test_a_name_that_the_class_has_as_a_synonym_is_nothing_to_tell(study: Study) -> None:
    complete(study, BOW)
    assert complete(study, TargetClassSpec("n01", "longbow")).other_names == ()


def test_a_class_called_by_its_id_gets_a_name(study: Study) -> None:
    row = cast.target_class(study, "n01", "n01")
    assert complete(study, BOW).completed == ("n01",)
    assert told(row)[0] == "bow"
    assert complete(study, TargetClassSpec("n01", "n01")).other_names == ()


def test_classes_that_are_missing_are_added_behind(study: Study) -> None:
    cast.target_class(study, "n09", "crane")
    assert complete(study, TargetClassSpec("n05", "tie"), BOW).added == ("n05", "n01")
    assert list(study.target_classes.order_by("number").values_list("class_id", "number")) == [
        ("n09", 0), ("n05", 1), ("n01", 2),
    ]  # fmt: skip


def test_a_list_is_taken_whole_or_not_at_all(study: Study) -> None:
    turned = TargetClassSpec("n02", "bow", synonyms=["\N{RIGHT-TO-LEFT OVERRIDE}wob"])
    wrong = ((TargetClassSpec("n02", "b\x07ow"), "control character"), (turned, r"U\+202E"), (BOW, "listed twice"))
    for spec, words in wrong:
        with pytest.raises(InvalidStudy, match=words):
            complete(study, BOW, spec)
    assert not study.target_classes.exists()


@pytest.mark.parametrize("words", [("",), ("a\nb",), ("x" * 201,), ("dog",) * 101])
def test_wider_words_are_few_short_lines(study: Study, words: tuple[str, ...]) -> None:
    with pytest.raises(InvalidStudy, match="wider word"):
        studies.add_target_classes(study=study, classes=[TargetClassSpec("n01", "bow", wider_words=words)])


def test_a_nearest_class_can_be_taken_back(study: Study) -> None:
    bow = cast.target_class(study, "n01", "bow")
    cast.target_class(study, "n02", "tie")
    studies.set_nearest_classes(study=study, nearest={"n01": "n02"})
    studies.set_nearest_classes(study=study, nearest={"n01": None})
    bow.refresh_from_db()
    assert bow.nearest is None
    with pytest.raises(InvalidStudy, match="is empty"):
        studies.set_nearest_classes(study=study, nearest={"n01": ""})


def test_a_copy_has_its_wider_words_and_its_own_nearest_classes(study: Study) -> None:
    complete(study, BOW, TargetClassSpec("n02", "tie"))
    studies.set_nearest_classes(study=study, nearest={"n01": "n02"})
    made, ids = studies.copy(study=study, slug="other", name="Other", now=cast.NOW)
    row = made.target_classes.get(class_id="n01")
    assert row.wider_words == ["weapon"]
    assert (row.nearest.class_id, row.nearest.study_id) == ("n02", made.pk)
    assert sorted(ids.values()) == sorted(made.target_classes.values_list("pk", flat=True))
