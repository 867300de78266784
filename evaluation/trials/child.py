"""The process that tries a classifier out: `python -m evaluation.trials.child`, told what to do on standard input.

It bounds itself before it looks at the file, and knows no secret: no environment, no database, no storage.
"""

import json
import os
import re
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from evaluation import runtimes
from evaluation.errors import InvalidClassifier
from evaluation.preprocessing import Preprocessing

NUM_IMAGES = 2
NO_MEMORY = re.compile(r"bad_alloc|(can't|Failed to|not enough memory to) allocate|std::length_error", re.IGNORECASE)
"""How ONNX Runtime and torch say that they were refused memory."""


def main() -> None:
    answer = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    asked = json.loads(sys.stdin.buffer.readline())
    _bound(asked["memory"], asked["cpu_seconds"])
    # A limit on memory and a GPU don't go together: what it maps counts as used.
    settings.configure(SCORING_DEVICE="cpu", SCORING_THREADS=asked["threads"], TORCH_PRECISION="float32")
    os.write(answer, json.dumps(_tried(asked)).encode())


def _bound(memory: int, cpu_seconds: int) -> None:
    """For this process alone. Time on the wall is the parent's to watch; this is for when the parent is gone."""
    with suppress(OSError):  # not on every system, and not in every container: then the kernel chooses
        # Where the whole machine runs out of memory, this process is the one to go.
        Path("/proc/self/oom_score_adj").write_text("1000")
    # Not the address space: threads reserve more of it than they ever use.
    for kind, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CPU, cpu_seconds), (resource.RLIMIT_CORE, 0)):
        _, highest = resource.getrlimit(kind)
        limit = most if highest == resource.RLIM_INFINITY else min(most, highest)
        resource.setrlimit(kind, (limit, limit))


def _tried(asked: dict[str, Any]) -> dict[str, str]:
    try:
        _try(asked, sys.stdin.buffer.read())
    except MemoryError:
        return {"ran_out_of": "memory"}
    except InvalidClassifier as error:
        return {"ran_out_of": "memory"} if NO_MEMORY.search(str(error)) else {"refused": str(error)}
    return {}


def _try(asked: dict[str, Any], content: bytes) -> None:
    preprocessing = Preprocessing.from_json(asked["preprocessing"])
    num_classes = asked["num_classes"]
    runtime = runtimes.get(asked["runtime"]).load(
        content, input_shape=preprocessing.input_shape, num_classes=num_classes
    )
    if runtime.takes_whole_numbers and not preprocessing.keeps_whole_numbers:
        raise InvalidClassifier(
            "The file takes whole numbers from 0 to 255, which this preprocessing would change; "
            "use scale 1, mean 0 and std 1."
        )
    grey = np.full((*preprocessing.size, preprocessing.num_channels), 128, dtype=np.uint8)
    batch = np.stack([preprocessing.normalize(grey)] * NUM_IMAGES)
    try:
        logits = runtime.predict(batch)
    except MemoryError:
        raise
    except Exception as error:
        raise InvalidClassifier(f"The classifier fails on a grey image: {error}") from error
    expected = (NUM_IMAGES, num_classes)
    if logits.shape != expected:
        raise InvalidClassifier(
            f"Expected an output of shape {expected} on {NUM_IMAGES} images; it has {logits.shape}."
        )
    if not np.isfinite(logits).all():
        raise InvalidClassifier(
            "The classifier answers a grey image with numbers that are not finite (NaN or infinity)."
        )


if __name__ == "__main__":
    main()
