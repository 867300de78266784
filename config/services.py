"""The processes of a deployment, started beside the one that needs them and stopped with it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from config.embedded import VAR

START_SECONDS = 60
STOP_SECONDS = 20
PORTS = range(12_000, 32_000)


class ServiceError(RuntimeError):
    """A process did not start; the message names its log."""


def free_port() -> int:
    """A TCP port on the loopback address that nobody listens on.

    Below those that the kernel gives to connections on their way out: one of these would take it before it is used.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


@contextmanager
def web(*, port: int, num_processes: int = 1, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Granian serving the pages, ready to answer; yields its address."""
    with process("web", web_command(port=port, num_processes=num_processes), environment=environment) as running:
        address = f"http://127.0.0.1:{port}"
        wait_until_it_answers(f"{address}/login/", running)
        yield address


def web_command(*, port: int, num_processes: int) -> list[str]:
    """Granian, which replaces a process of its own that dies."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(num_processes), "--blocking-threads", "8", "--respawn-failed-workers", "--no-ws"]
    return [*command, "config.wsgi:application"]


@contextmanager
def consumer(
    queue: str, *, num_processes: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery consumer of one queue; `gpu` runs in one process, as it holds the device."""
    command = [sys.executable, "-m", "celery", "--app", "config", "worker", "--queues", queue, "--loglevel", "INFO"]
    command += ["--hostname", f"{queue}-{os.getpid()}@%h", "--without-gossip", "--without-mingle"]
    if queue == "gpu":
        command += ["--pool", "solo", "--prefetch-multiplier", "1"]
    else:
        command += ["--concurrency", str(num_processes)]
    with process(f"queue-{queue}", command, environment=environment) as running:
        yield running


@contextmanager
def process(
    name: str, command: list[str], *, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process with its output in `var/log/NAME.log`, ended with its own children on leaving."""
    log = log_of(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=os.environ | dict(environment or {}),
            cwd=VAR.parent,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _stop(child)


def log_of(name: str) -> Path:
    return VAR / "log" / f"{name}.log"


@contextmanager
def everything(*, port: int, num_web_processes: int = 2) -> Iterator[str]:
    """Web server and a consumer for each queue; yields the address."""
    with ExitStack() as stack:
        stack.enter_context(consumer("default"))
        stack.enter_context(consumer("gpu"))
        yield stack.enter_context(web(port=port, num_processes=num_web_processes))


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait_until_it_answers(address: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if running.poll() is not None:
            raise ServiceError(f"The web server ended at once; its log is {log_of('web')}.")
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            raise ServiceError(f"The web server answers {error.code}; its log is {log_of('web')}.") from error
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise ServiceError(f"The web server did not answer within {START_SECONDS} s; its log is {log_of('web')}.")
