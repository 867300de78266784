"""Starts consumers of the `gpu` queue, one for each log file named to it, which may be killed; see its test.

Forked from one that has loaded everything: twenty consumers start in the time of one.
"""

import os
import sys

import django

django.setup()

import celery.apps.worker  # noqa: E402
import celery.bin.worker  # noqa: E402, F401
import kombu.transport.redis  # noqa: E402, F401
import onnx  # noqa: E402, F401
import onnxruntime  # noqa: E402, F401

import evaluation.tasks  # noqa: E402, F401
from config.celery import app  # noqa: E402
from tests.flows.conftest import CHILD, QUIET  # noqa: E402


def main() -> None:
    app.set_default()
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            log = os.open(line.strip(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.environ["PGAPPNAME"] = f"{CHILD} {os.getpid()}"
            app.worker_main(["worker", "-Q", "gpu", "-n", f"gpu-{os.getpid()}@test", "--pool=solo", *QUIET])
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
