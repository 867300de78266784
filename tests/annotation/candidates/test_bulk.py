"""Many excluded at once: what was shown, no more and no less, and undone for exactly those."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import candidates, duplicates
from annotation.candidates import bulk
from annotation.candidates.bulk import EVERYTHING, Confirmation, Preview
from annotation.candidates.criteria import Criteria
from annotation.errors import CannotExclude, NumberChanged
from annotation.models import BulkExclusion, Candidate, Exclusion, TestSet
from tests import cast
from tests.annotation.candidates.pool_rows import Pool, pool
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db
UNUSABLE, WRONG_CLASS = Exclusion.Reason.UNUSABLE, Exclusion.Reason.WRONG_CLASS
LATER = cast.NOW + timedelta(days=1)
OF_ONE = Criteria(target_classes=("1",))


@pytest.fixture
def some() -> Pool:
    pool("another")
    return pool()


def exclude(some: Pool, criteria: Criteria = OF_ONE, seen: Preview | None = None, **more: Any) -> BulkExclusion:
    seen = seen or bulk.preview(some.study, criteria)
    confirmed = Confirmation(seen.num_included, seen.fingerprint, more.pop("words", ""))
    said = {"reason": WRONG_CLASS, "now": cast.NOW, "by": None} | more
    return bulk.exclude_many(study=some.study, criteria=criteria, confirmed=confirmed, **said)


def out(some: Pool) -> dict[int, tuple[str, int | None]]:
    rows = Exclusion.objects.filter(candidate__study=some.study)
    return {row.candidate_id: (row.reason, row.bulk_id) for row in rows}


def test_a_preview_counts_and_changes_nothing(some: Pool) -> None:
    before = out(some)
    found = bulk.preview(some.study, Criteria(target_classes=("1", "2")))
    of_these = [row for row in some.rows if row.target_class.class_id in ("1", "2")]
    included = [row for row in of_these if row.pk not in before]
    assert (found.num_included, found.num_excluded) == (len(included), len(of_these) - len(included))
    assert found.num_measured == sum(row.selection_frequencies.exists() for row in included)
    assert {each.class_id: each.num_included for each in found.classes} == {
        class_id: sum(row.target_class.class_id == class_id for row in included) for class_id in ("1", "2")
    }
    assert set(found.sample) <= {row.pk for row in included}
    assert (found.num_frozen, out(some)) == (0, before)


def test_a_preview_says_what_is_in_a_frozen_set_which_stays_as_it_is() -> None:
    whole = whole_study()
    found = bulk.preview(whole.study, Criteria(origin="pool"))
    assert (found.num_included, found.num_frozen) == (2, 2)
    assert found.frozen_sets == [whole.test_set.citation]
    before = TestSet.objects.get(pk=whole.test_set.pk).images.count()
    exclude(Pool(whole.study, []), Criteria(origin="pool"))
    assert TestSet.objects.get(pk=whole.test_set.pk).images.count() == before


def test_all_that_were_shown_are_out_with_who_when_and_why(some: Pool, researcher: User) -> None:
    before = out(some)
    made = exclude(some, by=researcher, reason=UNUSABLE)
    rows = Exclusion.objects.filter(bulk=made)
    assert {row.candidate_id for row in rows} == {
        row.pk for row in some.rows if row.target_class.class_id == "1" and row.pk not in before
    }
    assert {(row.reason, row.excluded_by, row.excluded_at, row.stage) for row in rows} == {
        (UNUSABLE, researcher, cast.NOW, "")
    }
    assert (made.num_excluded, made.criteria, made.made_by) == (rows.count(), {"target_classes": ["1"]}, researcher)
    assert {pk: said for pk, said in out(some).items() if pk in before} == before


def test_another_number_than_was_shown_excludes_nothing(some: Pool) -> None:
    before, seen = out(some), bulk.preview(some.study, OF_ONE)
    cast.candidate(some.study.target_classes.get(class_id="1"))
    with pytest.raises(NumberChanged, match="others are at work") as refused:
        exclude(some, seen=seen)
    assert refused.value.num_included == seen.num_included + 1
    assert (out(some), BulkExclusion.objects.count()) == (before, 0)


def test_as_many_others_as_were_shown_are_not_excluded(some: Pool) -> None:
    seen = bulk.preview(some.study, OF_ONE)
    one = Candidate.objects.filter(pk=seen.sample[0])
    candidates.exclude(candidates=one, reason=UNUSABLE, now=cast.NOW)
    cast.candidate(some.study.target_classes.get(class_id="1"))
    before = out(some)
    with pytest.raises(NumberChanged, match="but not the same ones: others are at work"):
        exclude(some, seen=seen)
    assert (out(some), BulkExclusion.objects.count()) == (before, 0)
    assert exclude(some).num_excluded == seen.num_included


def test_nothing_to_exclude_is_no_exclusion(some: Pool) -> None:
    with pytest.raises(CannotExclude, match="nothing to exclude"):
        exclude(some, Criteria(state="excluded"), words=EVERYTHING)
    assert not BulkExclusion.objects.exists()


@pytest.mark.parametrize("criteria", [Criteria(), Criteria(state="included")])
def test_everything_goes_out_only_by_the_words_for_it(some: Pool, criteria: Criteria) -> None:
    with pytest.raises(CannotExclude, match="Nothing says which"):
        exclude(some, criteria)
    exclude(some, criteria, words=f" {EVERYTHING.capitalize()} ")
    assert len(out(some)) == len(some.rows)
    assert Candidate.objects.included().exclude(study=some.study).exists()


def test_undone_it_is_as_it_was(some: Pool, researcher: User) -> None:
    before, made = out(some), exclude(some)
    undone = bulk.undo(bulk=made, now=LATER, by=researcher)
    assert out(some) == before
    assert (undone.undone_by, undone.undone_at, undone.num_taken_back) == (researcher, LATER, made.num_excluded)


def test_what_a_person_has_said_since_stays(some: Pool, researcher: User) -> None:
    made = exclude(some)
    first, second = Exclusion.objects.filter(bulk=made).order_by("candidate_id")[:2]
    said = {"reason": UNUSABLE, "now": LATER, "by": researcher}
    assert candidates.exclude(candidates=Candidate.objects.filter(pk=first.candidate_id), **said) == 0
    duplicates.let_in(candidate=second.candidate, by=researcher, now=LATER)
    undone = bulk.undo(bulk=made, now=LATER, by=researcher)
    assert undone.num_taken_back == made.num_excluded - 2
    assert out(some)[first.candidate_id] == (UNUSABLE, None)
    assert second.candidate_id not in out(some)


def test_of_two_that_overlap_each_takes_back_its_own(some: Pool) -> None:
    first, before = exclude(some), out(some)
    second = exclude(some, Criteria(target_classes=("1", "2")))
    bulk.undo(bulk=second, now=LATER, by=None)
    assert out(some) == before
    bulk.undo(bulk=first, now=LATER, by=None)
    assert not Exclusion.objects.filter(bulk__isnull=False).exists()


def test_it_is_undone_once(some: Pool, researcher: User) -> None:
    made = exclude(some)
    bulk.undo(bulk=made, now=LATER, by=researcher)
    again = exclude(some)
    with pytest.raises(CannotExclude, match="undone by rosa before"):
        bulk.undo(bulk=made, now=LATER, by=None)
    assert Exclusion.objects.filter(bulk=again).count() == again.num_excluded


def test_what_a_stage_excluded_stays_the_stage_s(some: Pool) -> None:
    row = Candidate.objects.filter(study=some.study, target_class__class_id="1", exclusion=None).order_by("pk")[:1]
    only = Candidate.objects.filter(pk__in=[each.pk for each in row])
    candidates.exclude(candidates=only, reason=Exclusion.Reason.DUPLICATE, now=cast.NOW, stage="duplicates")
    bulk.undo(bulk=exclude(some), now=LATER, by=None)
    assert Exclusion.objects.get(candidate=only.get()).stage == "duplicates"
