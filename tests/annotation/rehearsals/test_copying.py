"""The copy that is rehearsed: all that is judged, nothing that was said of it, and the study itself untouched."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import candidates, examples, grids, rehearsals, studies
from annotation.errors import CannotLaunch
from annotation.models import Candidate, Exclusion, Origin, Study
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    row = cast.study("twin", [researcher], name="Twin of the bows", seed=7, guidelines="Toys count.", contact="Rosa")
    bow, ribbon = cast.target_class(row, "n1", "bow"), cast.target_class(row, "n2", "ribbon")
    studies.set_nearest_classes(study=row, nearest={"n1": "n2", "n2": "n1"})
    for of in (bow, ribbon):
        for number in range(60):
            cast.candidate(of, Origin.ORIGINAL if number < 12 else Origin.POOL)
    cast.example(bow, cast.png(1), caption="A bow.")
    grids.compose(study=row, now=cast.NOW)
    return row


def copy(study: Study, by: Any = None) -> Study:
    return rehearsals.copy(study=study, by=by, now=cast.NOW)


def pictures(study: Study) -> list[Any]:
    rows = Candidate.objects.filter(study=study).order_by("id")
    return list(rows.values_list("target_class__class_id", "image", "origin", "source", "licence", "taken_at"))


def shown(study: Study) -> list[Any]:
    images = dict(Candidate.objects.filter(study=study).values_list("pk", "image"))
    return [
        ([images[pk] for pk in grid.candidate_ids], bytes(grid.measured), bytes(grid.negative_controls))
        for grid in study.grids.order_by("target_class__number", "number")
    ]


def test_it_shows_the_same_pictures_in_the_same_grids(study: Study) -> None:
    made = copy(study)
    assert pictures(made) == pictures(study)
    assert shown(made) == shown(study)
    assert {grid.target_class.study_id for grid in made.grids.all()} == {made.pk}


def test_it_says_what_it_is_and_has_the_same_texts_and_people(study: Study, researcher: User, admin: User) -> None:
    made = copy(study, admin)
    assert (made.slug, made.name) == ("twin-rehearsal", "Rehearsal of Twin of the bows")
    assert (made.seed, made.guidelines, made.contact) == (7, "Toys count.", "Rosa")
    assert set(made.researchers.all()) == {researcher, admin}
    of = made.target_classes.values_list("class_id", "name", "nearest__class_id", "nearest__study")
    assert list(of) == [("n1", "bow", "n2", made.pk), ("n2", "ribbon", "n1", made.pk)]
    (taught,) = made.examples.all()
    assert (taught.target_class.class_id, taught.caption) == ("n1", "A bow.")
    assert examples.draw_practice(study=made, seed=0) == []


def test_again_it_is_another_one(study: Study) -> None:
    assert [copy(study).slug for _ in range(3)] == ["twin-rehearsal", "twin-rehearsal-2", "twin-rehearsal-3"]
    long = cast.study("x" * 80)
    cast.candidate(cast.target_class(long))
    assert [len(copy(long).slug) for _ in range(2)] == [80, 80]


def test_what_takes_no_part_is_not_copied(study: Study) -> None:
    first = study.candidates.order_by("id").values_list("pk", flat=True)[:3]
    candidates.exclude(
        candidates=Candidate.objects.filter(pk__in=list(first)), reason=Exclusion.Reason.UNUSABLE, now=cast.NOW
    )
    assert copy(study).candidates.count() == study.candidates.count() - 3


def test_the_study_itself_is_untouched(study: Study) -> None:
    before = (pictures(study), shown(study), study.batches.count(), study.is_simulated)
    made = copy(study)
    batch = rehearsals.launch(study=made, plan=rehearsals.plan_of(study), now=cast.NOW)
    study.refresh_from_db()
    assert (pictures(study), shown(study), study.batches.count(), study.is_simulated) == before
    assert not study.is_rehearsal
    assert (made.is_simulated, made.is_rehearsal) == (True, True)
    assert (batch.platform, batch.is_simulated) == ("simulated", True)


def test_a_rehearsal_is_not_rehearsed(study: Study) -> None:
    made = copy(study)
    rehearsals.launch(study=made, plan=rehearsals.plan_of(study), now=cast.NOW)
    with pytest.raises(CannotLaunch, match="is a rehearsal itself"):
        copy(made)


def test_a_study_that_people_work_on_is_not_rehearsed_on(study: Study) -> None:
    cast.batch(study, list(study.grids.all()))
    with pytest.raises(CannotLaunch, match="People work on this study"):
        rehearsals.launch(study=study, plan=rehearsals.plan_of(study), now=cast.NOW)


def test_a_longer_study_takes_no_more_queries(study: Study, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(45):
        copy(study)
