"""What a report is asked about, and which rows answer to it."""

import pytest

from annotation.models import Strategy
from evaluation.errors import CannotReport, NotFinished
from evaluation.reports.selection import Selection, resolve
from tests import cast
from tests.evaluation import reported

pytestmark = pytest.mark.django_db


def test_everything_has_no_key_and_keeps_nothing() -> None:
    assert (Selection().key, Selection().to_json()) == ("", {})
    assert Selection.from_json({}) == Selection()


def test_order_and_repetition_make_no_other_selection() -> None:
    one = Selection(("s/b@r1", "s/a@r1"), ("x", "y"))
    other = Selection(("s/a@r1", "s/b@r1", "s/a@r1"), ("y", "x", "x"))
    assert one == other
    assert one.key == other.key
    assert len(one.key) == 64


def test_whatever_differs_makes_another_key() -> None:
    selections = [
        Selection(), Selection(("a",)), Selection(("b",)), Selection((), ("a",)), Selection((), (), families_once=True)
    ]  # fmt: skip
    assert len({each.key for each in selections}) == 5


def test_it_comes_back_from_what_a_row_keeps() -> None:
    selection = Selection(("s/a@r1",), ("x",), families_once=True)
    assert Selection.from_json(selection.to_json()) == selection


def test_of_everything_the_newest_frozen_sets_are_taken_the_original_first() -> None:
    study, (original, calibrated, easier) = reported.scored_study(reported.SIX)
    newer = reported.frozen_set(study, Strategy.THRESHOLD, revision=2)
    found = resolve(study, Selection())
    assert found.test_sets == (original, calibrated, newer)
    assert [each.name for each in found.classifiers] == sorted(reported.SIX)
    assert easier not in found.test_sets


def test_two_revisions_of_a_set_are_told_apart() -> None:
    study, (original, calibrated, _) = reported.scored_study(reported.SIX)
    newer = reported.frozen_set(study, Strategy.MATCHED_FREQUENCY, revision=2)
    found = resolve(study, Selection((newer.citation, original.citation, calibrated.citation)))
    assert found.names == ("original", "calibrated r1", "calibrated r2")


def test_an_unknown_set_and_one_of_another_study_are_refused() -> None:
    study, _ = reported.scored_study(reported.SIX)
    other = reported.frozen_set(reported.study(slug="another"))
    for citation in ("digits-twin/calibrated@r9", "nonsense", other.citation):
        with pytest.raises(CannotReport, match="digits-twin has no test set"):
            resolve(study, Selection((citation,)))


def test_a_set_that_is_not_frozen_is_refused() -> None:
    study, (original, *_) = reported.scored_study(reported.SIX)
    draft = study.test_sets.create(strategy=Strategy.TOP_IMAGES, name="easiest", revision=1, seed=0, built_at=cast.NOW)
    with pytest.raises(CannotReport, match="digits-twin/easiest@r1 is not frozen"):
        resolve(study, Selection((original.citation, draft.citation)))


def test_two_originals_are_refused() -> None:
    study, (original, calibrated, _) = reported.scored_study(reported.SIX)
    part = study.test_sets.create(
        strategy=Strategy.ORIGINAL, name="part", revision=1, seed=0, built_at=cast.NOW, frozen_at=cast.NOW,
        content_sha256="1",
    )  # fmt: skip
    with pytest.raises(CannotReport, match=r"compares with one original; .* are 2"):
        resolve(study, Selection((original.citation, part.citation, calibrated.citation)))


def test_sets_without_an_original_or_without_a_new_one_are_refused() -> None:
    study, sets = reported.scored_study(reported.SIX)
    for chosen in (sets[:1], sets[1:]):
        with pytest.raises(NotFinished, match="one frozen original with at least one frozen new"):
            resolve(study, Selection(tuple(each.citation for each in chosen)))


def test_unknown_classifiers_are_named() -> None:
    study, _ = reported.scored_study(reported.SIX)
    with pytest.raises(CannotReport, match="has no classifier 'a', 'b'"):
        resolve(study, Selection((), ("b", "forest", "a")))
