import io

import pytest
from django.core.management import CommandError, call_command

from annotation import bitmaps, candidates, frequencies
from annotation.models import (
    Assignment,
    Candidate,
    Exclusion,
    FrequencyTally,
    Origin,
    SelectionFrequency,
    Study,
    TestSet,
)
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    row = cast.study(seed=11)
    target_class = cast.target_class(row)
    for count in (1, 5, 7, 8, 9):
        cast.measured(target_class, Origin.ORIGINAL, count)
        cast.measured(target_class, Origin.POOL, count)
    return row


def test_building_makes_the_original_and_four_new_sets(study: Study) -> None:
    output = io.StringIO()
    call_command("build_test_sets", study=study.slug, images_per_class=3, stdout=output)
    assert [(each.name, each.seed, each.images.count()) for each in TestSet.objects.order_by("pk")] == [
        ("original", 0, 5),
        ("calibrated", 11, 3),
        ("recalibrated", 11, 3),
        ("easier", 11, 3),
        ("easiest", 11, 3),
    ]
    assert "digits-twin/easiest@r1: 3 images" in output.getvalue()


def test_building_prints_every_shortage(study: Study) -> None:
    output = io.StringIO()
    call_command("build_test_sets", study=study.slug, images_per_class=4, threshold="4/5", stdout=output)
    assert "class 0: 2 missing, only 2 candidates reach a selection frequency of 4/5" in output.getvalue()


def test_a_refused_parameter_leaves_no_set_behind(study: Study) -> None:
    with pytest.raises(CommandError, match="images_per_class must lie between 1"):
        call_command("build_test_sets", study=study.slug, images_per_class=0)
    with pytest.raises(CommandError, match="threshold must be a fraction"):
        call_command("build_test_sets", study=study.slug, threshold="much")
    assert not TestSet.objects.exists()


def test_rebuilding_keeps_the_images_that_still_fit_and_each_recipe(study: Study) -> None:
    call_command("build_test_sets", study=study.slug, images_per_class=2, threshold="4/5", stdout=io.StringIO())
    easier = TestSet.objects.get(name="easier")
    gone, stays = easier.images.values_list("candidate_id", flat=True)
    rows = Candidate.objects.filter(pk=gone)
    candidates.exclude(candidates=rows, reason=Exclusion.Reason.UNCLEAR, now=cast.NOW)
    output = io.StringIO()
    call_command("build_test_sets", study=study.slug, rebuild=True, stdout=output)
    again = TestSet.objects.get(name="easier", revision=2)
    assert (again.kept_from, again.parameters) == (easier, easier.parameters)
    assert list(again.images.values_list("candidate_id", flat=True)) == [stays]
    assert "digits-twin/easier@r2: 1 images" in output.getvalue()
    assert TestSet.objects.filter(name="original").count() == 1
    output = io.StringIO()
    call_command("build_test_sets", study=study.slug, rebuild=True, stdout=output)
    assert "digits-twin/easier@r2: 1 images; nothing has changed since, so no other revision" in output.getvalue()


def test_without_sets_there_is_nothing_to_rebuild(study: Study) -> None:
    with pytest.raises(CommandError, match="build them without --rebuild"):
        call_command("build_test_sets", study=study.slug, rebuild=True)


def test_freezing_takes_the_latest_revisions(study: Study) -> None:
    for seed in (1, 2):
        call_command("build_test_sets", study=study.slug, images_per_class=3, seed=seed, stdout=io.StringIO())
    output = io.StringIO()
    call_command("freeze_test_sets", study=study.slug, stdout=output)
    frozen = TestSet.objects.filter(frozen_at__isnull=False)
    assert {(each.name, each.revision) for each in frozen} == {
        ("original", 1),
        ("calibrated", 2),
        ("recalibrated", 2),
        ("easier", 2),
        ("easiest", 2),
    }
    assert output.getvalue().count("frozen, sha256 ") == 5


def test_an_empty_set_is_named_and_the_others_are_frozen(study: Study) -> None:
    call_command("build_test_sets", study=study.slug, min_originals=50, stdout=io.StringIO())
    with pytest.raises(CommandError, match="calibrated@r1 has no images"):
        call_command("freeze_test_sets", study=study.slug, stdout=io.StringIO())
    assert TestSet.objects.filter(frozen_at__isnull=False).count() == 3


@pytest.mark.parametrize("command", ["build_test_sets", "freeze_test_sets"])
def test_an_unknown_study_is_an_error(db: None, command: str) -> None:
    with pytest.raises(CommandError, match="no study 'nowhere'"):
        call_command(command, study="nowhere")


def test_there_must_be_something_to_freeze(study: Study) -> None:
    with pytest.raises(CommandError, match="build them with build_test_sets"):
        call_command("freeze_test_sets", study=study.slug)


def test_judgements_not_counted_yet_are_counted_first(study: Study) -> None:
    target_class = study.target_classes.get()
    newcomer = cast.candidate(target_class)
    batch = cast.batch(study, [cast.grid(target_class, [newcomer])], num_assignments=6)
    for number, assignment in enumerate(Assignment.objects.filter(hit__batch=batch)):
        assignment.worker = cast.worker(f"w{number}")
        assignment.claimed_at = assignment.lease_expires_at = assignment.submitted_at = cast.NOW
        assignment.seen = assignment.selected = bitmaps.pack([0], 1)
        assignment.save()
    output = io.StringIO()
    call_command("build_test_sets", study=study.slug, images_per_class=1, stdout=output)
    assert "class 0: 106 assignments counted" in output.getvalue()
    assert TestSet.objects.get(name="easiest").images.get().candidate == newcomer


def test_another_filter_draws_by_its_own_frequencies_and_is_named(study: Study) -> None:
    rules = frequencies.FilterRules(leaves_out_excluded=False)
    everyone = frequencies.define_filter(study=study, slug="everyone", name="Everyone", rules=rules, now=cast.NOW)
    best = study.candidates.filter(origin=Origin.POOL).order_by("id")[0]  # of the standard counts it is the last
    for row in list(SelectionFrequency.objects.all()):
        num_selected = 10 if row.candidate_id == best.pk else 0
        SelectionFrequency.objects.create(
            judgement_filter=everyone, candidate_id=row.candidate_id, num_selected=num_selected, num_seen=10
        )
    FrequencyTally.objects.create(
        judgement_filter=everyone,
        target_class=best.target_class,
        num_assignments=100,
        num_counted=100,
        counted_at=cast.NOW,
    )
    for options in ({}, {"filter": "everyone"}):
        call_command("build_test_sets", study=study.slug, images_per_class=1, stdout=io.StringIO(), **options)
    standard, other = TestSet.objects.filter(name="easiest").order_by("revision")
    assert (standard.images.get().num_selected, "judgement_filter" in standard.parameters) == (9, False)
    assert (other.images.get().candidate, other.parameters["judgement_filter"]) == (best, "everyone")
    originals = TestSet.objects.filter(name="original").order_by("revision")
    assert [each.parameters for each in originals] == [{}, {"judgement_filter": "everyone"}]


def test_a_filter_that_is_not_there_is_refused(study: Study) -> None:
    with pytest.raises(CommandError, match="no judgement filter 'mine'"):
        call_command("build_test_sets", study=study.slug, filter="mine")
