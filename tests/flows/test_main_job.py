"""The main job, end to end: the demonstration itself, against the test database, with real consumers."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotation.models import Assignment, SelectionFrequency, Study, TestSet
from evaluation.models import Run, RunShard
from tests.flows.conftest import child_environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_a_twin_is_built_from_folders_to_report(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "demo"]
    environment = child_environment(tmp_path / "storage")
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    study = Study.objects.get()
    assert study.is_simulated
    assert "simulated" in outcome.stdout.lower()
    assert 0 < study.duplicate_pairs.count() < 50
    check_labelling(study)
    check_test_sets(study)
    check_scores(study)


def check_labelling(study: Study) -> None:
    assert study.candidates.count() >= 1190
    assert not Assignment.objects.filter(submitted_at__isnull=True).exists()
    assert SelectionFrequency.objects.filter(candidate__exclusion__isnull=True, num_seen=10).count() == (
        study.candidates.included().count()
    )
    assert not Assignment.objects.filter(worker__is_simulated=False).exists()
    assert {fit.origin for fit in study.judgement_filters.get().mixtures.all()} == {"original", "pool"}


def check_test_sets(study: Study) -> None:
    sets = TestSet.objects.filter(study=study)
    assert {each.name for each in sets} == {"original", "calibrated", "recalibrated", "easier", "easiest"}
    for each in sets:
        assert each.is_frozen
        assert each.is_simulated
        missing = sum(shortage["num_missing"] for shortage in each.shortages)
        assert each.images.count() + missing == (360 if each.name == "original" else 300)
        assert missing < 20


def check_scores(study: Study) -> None:
    runs = Run.objects.filter(classifier__study=study)
    assert runs.count() == 40
    assert set(runs.values_list("state", flat=True)) == {"finished"}
    assert all(run.score.num_images == run.test_set.images.count() for run in runs.select_related("score"))
    assert not RunShard.objects.filter(prediction_set=None).exists()
    content: dict[str, Any] = study.reports.get().content
    assert json.dumps(content)
    accuracy = {name: mean_accuracy(runs, name) for name in ("calibrated", "easier", "easiest")}
    assert accuracy["calibrated"] < accuracy["easier"] <= accuracy["easiest"]


def mean_accuracy(runs: Any, name: str) -> float:
    scores = [run.score.accuracy for run in runs.filter(test_set__name=name).select_related("score")]
    return sum(scores) / len(scores)
