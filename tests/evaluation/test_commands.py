import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotation import storage
from annotation.models import Candidate
from evaluation import runs, tasks
from evaluation.management.commands import request_runs
from evaluation.models import Classifier, Run
from tests.evaluation import graphs, scored

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A classifier's file, its preprocessing and its classes."""
    (tmp_path / "linear.onnx").write_bytes(graphs.linear(3))
    (tmp_path / "preprocessing.json").write_text(json.dumps({"size": [4, 4]}))
    (tmp_path / "classes.txt").write_text("g0\ng1\n\ng2\n")
    (tmp_path / "classes.json").write_text('["g0", "g1", "g2"]')
    return tmp_path


def register(files: Path, **options: Any) -> str:
    out = io.StringIO()
    given = {"study": "greys", "name": "linear", "preprocessing": str(files / "preprocessing.json"), "stdout": out}
    call_command("register_classifier", str(files / "linear.onnx"), **(given | options))
    return out.getvalue()


@pytest.mark.parametrize(
    "classes", [{"classes": "g0,g1, g2"}, {"classes_file": "classes.txt"}, {"classes_file": "classes.json"}]
)
def test_a_classifier_is_registered_from_its_files(files: Path, classes: dict[str, str]) -> None:
    scored.study()
    given = {name: str(files / value) if name == "classes_file" else value for name, value in classes.items()}
    assert "Registered linear" in register(files, **given)
    assert Classifier.objects.get().class_ids == ["g0", "g1", "g2"]


def test_a_refused_classifier_is_an_error_with_the_reason(files: Path) -> None:
    scored.study()
    with pytest.raises(CommandError, match="missing: g2"):
        register(files, classes="g0,g1")
    (files / "preprocessing.json").write_text("{")
    with pytest.raises(CommandError):
        register(files, classes="g0,g1,g2")


def test_only_timm_knows_its_own_preprocessing(files: Path) -> None:
    scored.study()
    with pytest.raises(CommandError, match="Name the preprocessing"):
        register(files, classes="g0,g1,g2", preprocessing=None)


def test_an_unknown_study_is_named(files: Path) -> None:
    with pytest.raises(CommandError, match="no study 'nowhere'"):
        register(files, study="nowhere", classes="g0")
    with pytest.raises(CommandError, match="no study 'nowhere'"):
        call_command("request_runs", study="nowhere")


def test_every_classifier_runs_on_every_frozen_set(sent: list[int]) -> None:
    study = scored.study()
    for name in ("a", "b"):
        scored.classifier(study, name)
    scored.frozen_set(study, name="original")
    scored.frozen_set(study, name="easier")
    scored.frozen_set(study, name="easiest", is_frozen=False)
    call_command("request_runs", study="greys", shard_size=3, stdout=io.StringIO())
    found = Run.objects.values_list("classifier__name", "test_set__name")
    assert sorted(found) == [("a", "easier"), ("a", "original"), ("b", "easier"), ("b", "original")]
    assert sorted(sent) == sorted([*Run.objects.values_list("pk", flat=True)] * 2)


def test_a_kind_of_condition_is_requested_at_each_of_its_settings(sent: list[int]) -> None:
    study = scored.study()
    scored.classifier(study)
    scored.frozen_set(study)
    call_command("request_runs", study="greys", conditions=["clean", "fog", "snow:2"], stdout=io.StringIO())
    found = list(Run.objects.order_by("id").values_list("condition", flat=True))
    assert found == ["clean", *(f"fog:{severity}" for severity in range(1, 6)), "snow:2"]
    with pytest.raises(CommandError, match="severity is '9'"):
        call_command("request_runs", study="greys", conditions=["clean", "snow:9"], stdout=io.StringIO())


def test_what_cannot_be_run_is_told_and_the_rest_is_requested(sent: list[int]) -> None:
    study = scored.study()
    for name in ("a", "b"):
        scored.classifier(study, name)
    scored.frozen_set(study, name="original")
    without_pictures = scored.frozen_set(study, name="easier")
    Candidate.objects.filter(pk__in=without_pictures.images.values("candidate")).update(image=None)
    out, errors = io.StringIO(), io.StringIO()
    call_command("request_runs", study="greys", stdout=out, stderr=errors)
    assert "2 runs requested." in out.getvalue()
    assert "Not requested (2): The pictures of 6 images of greys/easier@r1 are not here" in errors.getvalue()
    assert {run.test_set.name for run in Run.objects.all()} == {"original"}
    with pytest.raises(CommandError, match="No run was requested"):
        call_command("request_runs", study="greys", conditions=["pgd:linf,8"], stdout=out, stderr=errors)
    assert "follows the gradient" in errors.getvalue()


def test_runs_can_be_requested_of_single_classifiers(sent: list[int]) -> None:
    study = scored.study()
    for name in ("a", "b", "c"):
        scored.classifier(study, name)
    scored.frozen_set(study)
    call_command("request_runs", study="greys", names=["c", "a"], stdout=io.StringIO())
    assert sorted(Run.objects.values_list("classifier__name", flat=True)) == ["a", "c"]
    with pytest.raises(CommandError, match="no classifier 'd' that can be run"):
        call_command("request_runs", study="greys", names=["d"], stdout=io.StringIO())


def test_what_is_missing_before_runs_is_told() -> None:
    study = scored.study()
    with pytest.raises(CommandError, match="no frozen test set"):
        call_command("request_runs", study="greys")
    scored.frozen_set(study)
    with pytest.raises(CommandError, match="no classifier"):
        call_command("request_runs", study="greys")


def consumer_in_between(monkeypatch: pytest.MonkeyPatch, work: Any) -> None:
    """Where the command would sleep, a consumer works."""
    monkeypatch.setattr(request_runs.time, "sleep", lambda seconds: work())


def test_waiting_shows_progress_until_all_have_ended(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    study = scored.study()
    scored.classifier(study)
    scored.frozen_set(study)
    consumer_in_between(monkeypatch, lambda: tasks.score_shard(sent.pop(0)))
    out = io.StringIO()
    call_command("request_runs", study="greys", shard_size=3, wait=True, stdout=out)
    lines = out.getvalue().splitlines()
    assert "0 of 6 images, 0 of 1 runs ended" in lines[1]
    assert "3 of 6 images" in lines[2]
    assert lines[2].endswith("waiting for a consumer of the queue gpu"), "nobody is at work"
    assert "6 of 6 images, 1 of 1 runs ended" in lines[3]


def test_waiting_for_a_run_that_fails_ends_in_an_error(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    study = scored.study()
    scored.classifier(study)
    scored.frozen_set(study)
    consumer_in_between(
        monkeypatch, lambda: runs.fail(run=Run.objects.get(), reason="the disk was full", now=timezone.now())
    )
    errors = io.StringIO()
    with pytest.raises(CommandError, match="1 of 1 runs failed"):
        call_command("request_runs", study="greys", wait=True, stdout=io.StringIO(), stderr=errors)
    assert "grey reader on greys/original@r1 failed: the disk was full" in errors.getvalue()


def test_waiting_tells_how_fast_it_goes_and_how_long_it_takes(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    study, at = scored.study(), timezone.now()
    scored.classifier(study)
    scored.frozen_set(study)
    monkeypatch.setattr(timezone, "now", lambda: at)  # however long it takes until it is told

    def work() -> None:
        if Run.objects.get().shards.filter(num_done=2).exists():
            runs.cancel(run=Run.objects.get(), now=at)
            return
        shard = runs.claim(run=Run.objects.get(), consumer="one", now=at)
        assert shard is not None
        runs.renew(shard=shard, consumer="one", now=at - timedelta(seconds=2))
        runs.renew(shard=shard, consumer="one", now=at, num_done=2)

    consumer_in_between(monkeypatch, work)
    out, errors = io.StringIO(), io.StringIO()
    call_command("request_runs", study="greys", wait=True, stdout=out, stderr=errors)
    assert "2 of 6 images, 0 of 1 runs ended, 1 images/s, 0:00:04 left" in out.getvalue()
    assert "1 runs were cancelled" in errors.getvalue()


def test_runs_are_cancelled_all_or_some() -> None:
    study = scored.study()
    test_set = scored.frozen_set(study)
    first, _, third = (
        runs.request(classifier=scored.classifier(study, name), test_set=test_set, now=timezone.now())
        for name in ("a", "b", "c")
    )
    out = io.StringIO()
    call_command("cancel_runs", study="greys", run=[first.pk], stdout=out)
    call_command("cancel_runs", study="greys", classifier="b", stdout=out)
    third.refresh_from_db()
    assert third.state == Run.State.OPEN
    call_command("cancel_runs", study="greys", stdout=out)
    assert out.getvalue() == "1 runs cancelled.\n" * 3
    assert set(Run.objects.values_list("state", flat=True)) == {Run.State.CANCELLED}


def test_a_run_that_ends_meanwhile_keeps_no_other_from_being_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    study = scored.study()
    test_set = scored.frozen_set(study)
    for name in ("a", "b"):
        runs.request(classifier=scored.classifier(study, name), test_set=test_set, now=timezone.now())
    cancel = runs.cancel

    def late(*, run: Run, now: Any) -> None:
        if run.classifier.name == "a":
            runs.fail(run=run, reason="the disk was full", now=now)
        cancel(run=run, now=now)

    monkeypatch.setattr(runs, "cancel", late)
    out = io.StringIO()
    call_command("cancel_runs", study="greys", stdout=out)
    assert out.getvalue() == "1 runs cancelled.\n"


def test_what_can_not_be_cancelled_is_told() -> None:
    run = scored.run()
    runs.fail(run=run, reason="the disk was full", now=timezone.now())
    with pytest.raises(CommandError, match="has failed already"):
        call_command("cancel_runs", study="greys", run=[run.pk])
    with pytest.raises(CommandError, match="no run 404"):
        call_command("cancel_runs", study="greys", run=[404])
    with pytest.raises(CommandError, match="no study 'nowhere'"):
        call_command("cancel_runs", study="nowhere")


def test_a_file_that_a_row_names_and_the_storage_lacks_is_said() -> None:
    row, out = scored.classifier(scored.study()), io.StringIO()
    call_command("check_storage", stdout=out)
    assert "All 1 files are there." in out.getvalue()
    Path(storage.path_of("classifiers", row.file_sha256) or "").unlink()
    with pytest.raises(CommandError, match="1 of 1 files are missing"):
        call_command("check_storage", stdout=out)
    assert f"missing: {storage.key_of('classifiers', row.file_sha256)}" in out.getvalue()


def test_a_damaged_file_is_found_by_reading_it() -> None:
    row, out = scored.classifier(scored.study()), io.StringIO()
    path = Path(storage.path_of("classifiers", row.file_sha256) or "")
    path.chmod(0o600)
    path.write_bytes(b"something else")
    call_command("check_storage", stdout=out)
    with pytest.raises(CommandError, match="1 of 1 files are missing or damaged"):
        call_command("check_storage", read=True, stdout=out)
    assert "was damaged in the storage" in out.getvalue()
