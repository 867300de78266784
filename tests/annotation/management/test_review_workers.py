"""Whom rules find, on the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation import quality
from annotation.models import Batch, QualityReview, Worker, WorkerDecision
from tests.annotation.quality import crowd

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    batch = crowd.batch()
    crowd.ordinary(batch)
    return batch


def said(batch: Batch, *rules: str) -> list[str]:
    output = StringIO()
    call_command("review_workers", study=batch.study.slug, apply=list(rules), stdout=output)
    return output.getvalue().splitlines()


def test_it_prints_whom_each_rule_finds_and_decides_nothing(batch: Batch) -> None:
    lazy = crowd.join(batch, "lazy", crowd.nothing)
    controls, line = said(batch)
    name = Worker.pseudonym_in(batch.study_id, lazy.pk)
    assert controls.startswith(f"{name} control_accuracy exclude from frequencies: proposed; positive_right=0")
    assert line.startswith(f"{name} straightlining exclude from frequencies: proposed; num_everything=0 num_nothing=6")
    assert not WorkerDecision.objects.exists()
    assert QualityReview.objects.get().content is not None


def test_it_decides_what_it_is_told_to_apply_once(batch: Batch) -> None:
    lazy = crowd.join(batch, "lazy", crowd.nothing)
    assert ": decided;" in said(batch, "straightlining")[1]
    assert ": holds already;" in said(batch, "straightlining")[1]
    assert quality.excluded_workers(batch.study_id) == {lazy.pk}


def test_a_good_crowd_and_an_unknown_study_are_said_to_be_so(batch: Batch) -> None:
    assert said(batch) == ["No rule finds anybody."]
    with pytest.raises(CommandError, match="There is no study 'nowhere'"):
        call_command("review_workers", study="nowhere")
