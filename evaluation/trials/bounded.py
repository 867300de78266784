"""The trial as the one who asks sees it: a child with bounds, and what became of it in words."""

import json
import os
import signal
import subprocess
import sys
import threading
from hashlib import sha256

from django.conf import settings

from evaluation.errors import InvalidClassifier
from evaluation.preprocessing import Preprocessing

SECONDS = 60.0
MEMORY = 2 * 1024**3
"""Bytes for what the classifier computes; what reads a file holds it several times over beside that."""
TIMES_THE_FILE = 6
CHILD = "evaluation.trials.child"
OUT_OF_MEMORY = "memory"
"""What a child says that was refused memory."""
NUM_REMEMBERED = 1000
KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR")
"""All that the child is told of the environment, where keys and passwords are."""

_one_at_a_time = threading.Lock()  # so that many uploads at once don't add up to what one may not have
_passed: set[str] = set()


def try_out(content: bytes, *, runtime: str, preprocessing: Preprocessing, num_classes: int) -> None:
    """Load the classifier and run it on grey images, on the CPU; `InvalidClassifier` says what went wrong.

    What has passed in this process is not tried again.
    """
    asked = {
        "runtime": runtime,
        "preprocessing": preprocessing.to_json(),
        "num_classes": num_classes,
        "threads": settings.SCORING_THREADS,
        "memory": memory_for(content),
        "cpu_seconds": round(SECONDS * max(2, settings.SCORING_THREADS)),
    }
    head = json.dumps(asked).encode()
    key = sha256(head + sha256(content).digest()).hexdigest()
    with _one_at_a_time:
        if key in _passed:
            return
        _check(_answer(head + b"\n" + content), memory_for(content))
        if len(_passed) < NUM_REMEMBERED:
            _passed.add(key)


def memory_for(content: bytes) -> int:
    """Bytes that trying this file out may take."""
    return MEMORY + TIMES_THE_FILE * len(content)


def _answer(question: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  # our own module
            [sys.executable, "-m", CHILD],
            input=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            cwd=settings.BASE_DIR,
            env={name: os.environ[name] for name in KEPT if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidClassifier(
            f"Loading the file and running it on two grey images took more than {SECONDS:g} s, so it was stopped. "
            "A file that never comes to an end, or is that slow, is not taken."
        ) from error


def _check(child: subprocess.CompletedProcess[bytes], memory: int) -> None:
    if child.returncode == 0 and child.stdout:
        found = json.loads(child.stdout)
        if found.get("ran_out_of") == OUT_OF_MEMORY:
            raise InvalidClassifier(_too_large(memory))
        if found.get("refused"):
            raise InvalidClassifier(str(found["refused"]))
        return
    raise InvalidClassifier(
        f"The file stopped the process that tried it out ({_end_of(child.returncode)}). Either it is damaged, or it "
        f"needs more than the {_gigabytes(memory)} of memory that a file of its size may take."
    )


def _too_large(memory: int) -> str:
    return (
        "Loading the file and running it on two grey images needs too much memory: a file of its size may take "
        f"{_gigabytes(memory)}."
    )


def _gigabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1024**3:.1f} GiB"


def _end_of(code: int) -> str:
    if code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit status {code}"
