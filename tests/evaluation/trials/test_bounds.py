"""What a file from outside may cost whoever takes it in: real ONNX files that take too much, too long, or die."""

import json
import resource
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from evaluation.errors import InvalidClassifier
from evaluation.models import Classifier
from evaluation.preprocessing import Preprocessing
from evaluation.trials import bounded, try_out
from tests.evaluation import graphs, scored

PREPROCESSING = Preprocessing(size=(4, 4))
GIB = 1024**3


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_passed", set())


def tried(content: bytes) -> None:
    try_out(content, runtime="onnx", preprocessing=PREPROCESSING, num_classes=3)


def test_a_file_that_takes_what_it_may_passes() -> None:
    tried(graphs.greedy(GIB // 4 // 4))  # a quarter of a GiB


def test_a_file_that_takes_too_much_memory_is_refused_and_this_process_keeps_its_own() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidClassifier, match=r"needs too much memory: a file of its size may take 2\.0 GiB"):
        tried(graphs.greedy(GIB))  # 4 GiB, where the machine may well have them
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < GIB


def test_a_file_that_never_comes_to_an_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 8.0)
    started = time.monotonic()
    with pytest.raises(InvalidClassifier, match="took more than 8 s, so it was stopped"):
        tried(graphs.endless())
    assert time.monotonic() - started < 60


def test_a_child_whose_parent_is_gone_ends_by_itself_and_how_it_ended_is_told() -> None:
    asked = {
        "runtime": "onnx",
        "preprocessing": PREPROCESSING.to_json(),
        "num_classes": 3,
        "threads": 1,
        "memory": 2 * GIB,
        "cpu_seconds": 4,
    }
    child = subprocess.run(
        [sys.executable, "-m", bounded.CHILD],
        input=json.dumps(asked).encode() + b"\n" + graphs.endless(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
        env={},
        check=False,
    )
    assert child.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    with pytest.raises(InvalidClassifier, match=r"stopped the process that tried it out \(signal SIG"):
        bounded._check(child, 2 * GIB)


def test_a_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, str]] = []
    run = subprocess.run

    def noting(*args: object, **kwargs: object) -> object:
        given.append(kwargs["env"])  # type: ignore[arg-type]
        return run(*args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setenv("DATABASE_URL", "postgres://somebody:secret@example/db")
    monkeypatch.setattr(subprocess, "run", noting)
    tried(graphs.linear(3))
    assert given
    assert set(given[0]) <= {"PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR"}
    assert "secret" not in "".join(given[0].values())


def test_what_passed_is_not_tried_again_but_under_another_preprocessing_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    tried(graphs.linear(3))
    monkeypatch.setattr(bounded, "_answer", lambda question: pytest.fail("it was tried again"))
    tried(graphs.linear(3))
    with pytest.raises(pytest.fail.Exception, match="tried again"):
        try_out(graphs.linear(3), runtime="onnx", preprocessing=Preprocessing(size=(4, 4), scale=1), num_classes=3)


@pytest.mark.django_db
def test_nothing_of_a_refused_file_is_entered() -> None:
    with pytest.raises(InvalidClassifier, match="too much memory"):
        scored.classifier_of(scored.study(), graphs.greedy(GIB))
    assert not Classifier.objects.exists()
