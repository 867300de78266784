import io
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from annotation import assignments
from annotation.models import Assignment, Batch, Grid, SelectionFrequency, Study
from annotation.platforms import local
from tests import cast

pytestmark = pytest.mark.django_db


def output(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def study() -> Study:
    target_class = cast.target_class(cast.study("birds"))
    for _ in range(5):
        cast.candidate(target_class)
    return target_class.study


def test_composing_says_what_it_did_and_what_is_missing(study: Study) -> None:
    said, warned = output("compose_grids", "--study", "birds")
    assert "Composed 1 grids. Next: launch_hits --study birds" in said
    assert "no nearest class is set" in warned
    assert "nothing to compose" in output("compose_grids", "--study", "birds")[0]


def test_the_number_of_positions_can_be_chosen(study: Study) -> None:
    call_command("compose_grids", "--study", "birds", "--positions", "8", stdout=io.StringIO(), stderr=io.StringIO())
    assert sorted(grid.num_positions for grid in Grid.objects.all()) == [1, 2, 2]


def test_few_people_get_grids_without_controls(study: Study) -> None:
    said, warned = output("compose_grids", "--study", "birds", "--positions", "3", "--controls", "0")
    assert "Composed 2 grids" in said
    assert warned == ""


def test_launching_prints_a_link_that_leads_to_the_batch(study: Study) -> None:
    output("compose_grids", "--study", "birds")
    said, _ = output("launch_hits", "--study", "birds", "--assignments", "4", "--simulated")
    batch = Batch.objects.get(study=study)
    assert "Launched 1 HITs with 4 slots each." in said
    assert local.read_invitation(said.rstrip("/\n").rpartition("/join/")[2]) == batch.study.invitations.get().pk
    assert batch.is_simulated
    assert Assignment.objects.filter(hit__batch=batch).count() == 4


@pytest.mark.parametrize("command", ["launch_hits", "top_up_hits"])
def test_only_ones_own_people_are_launched_in_one_step(study: Study, command: str) -> None:
    output("compose_grids", "--study", "birds")
    with pytest.raises(CommandError, match="Draft a launch for mturk"):
        output(command, "--study", "birds", "--platform", "mturk", "--pay", "0.30", "--currency", "USD")
    assert not Batch.objects.filter(platform="mturk").exists()


def test_grids_are_launched_with_pay(study: Study) -> None:
    output("compose_grids", "--study", "birds")
    output("launch_hits", "--study", "birds", "--pay", "0.30", "--currency", "EUR")
    batch = Batch.objects.get(study=study)
    assert (batch.pay_minor_units, batch.currency) == (30, "EUR")


def test_launching_again_launches_only_what_is_new(study: Study) -> None:
    output("compose_grids", "--study", "birds")
    output("launch_hits", "--study", "birds")
    with pytest.raises(CommandError, match="run compose_grids first"):
        call_command("launch_hits", "--study", "birds")
    cast.candidate(study.target_classes.get())
    output("compose_grids", "--study", "birds")
    output("launch_hits", "--study", "birds")
    assert [batch.hits.count() for batch in study.batches.all()] == [1, 1]


def test_an_invitation_prints_a_link_that_leads_to_the_study(study: Study) -> None:
    terms = ["--max-workers", "5", "--expires-at", "2126-12-31T18:30"]
    said, _ = output("invite_workers", "--study", "birds", "--name", "Students", *terms)
    invitation = study.invitations.get()
    assert local.read_invitation(said.rstrip("/\n").rpartition("/join/")[2]) == invitation.pk
    assert (invitation.name, invitation.max_workers) == ("Students", 5)
    assert invitation.expires_at == datetime(2126, 12, 31, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--max-workers", "0", "invites nobody"),
        ("--expires-at", "soon", "is no time"),
        ("--expires-at", "2020-01-01", "over before it begins"),
        ("--name", " ", "to whom is it sent"),
        ("--study", "unicorns", "no study 'unicorns'"),
    ],
)
def test_an_impossible_invitation_is_explained(study: Study, option: str, value: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("invite_workers", "--study", "birds", "--name", "Students", option, value)
    assert not study.invitations.exists()


def test_counting_says_how_much_was_counted(study: Study) -> None:
    output("compose_grids", "--study", "birds")
    output("launch_hits", "--study", "birds")
    worker = cast.worker()
    held = assignments.claim(batch=study.batches.get(), worker=worker, now=cast.NOW)
    assert held is not None
    assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=[0], not_seen=[], now=cast.NOW)
    assert "zero: 1 assignments counted" in output("recompute_frequencies", "--study", "birds")[0]
    assert SelectionFrequency.objects.filter(num_seen=1).count() == 5


@pytest.mark.parametrize("name", ["compose_grids", "launch_hits", "recompute_frequencies"])
def test_an_unknown_study_is_named(db: None, name: str) -> None:
    with pytest.raises(CommandError, match="no study 'unicorns'"):
        call_command(name, "--study", "unicorns")


@pytest.mark.parametrize(
    ("option", "value"), [("--assignments", "0"), ("--lease-minutes", "0"), ("--pay", "0.30"), ("--pay", "much")]
)
def test_impossible_terms_are_explained(study: Study, option: str, value: str) -> None:
    output("compose_grids", "--study", "birds")
    with pytest.raises(CommandError, match=r"choose|both the pay|no amount"):
        call_command("launch_hits", "--study", "birds", option, value)
