import socket
import sys
from pathlib import Path

import pytest

from config import services


def test_a_free_port_is_none_that_is_taken_and_none_that_a_connection_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if given.exists():
        assert services.PORTS.stop <= int(given.read_text().split()[0])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free = services.free_port()
        chosen = iter([port, free])
        monkeypatch.setattr(services.secrets, "choice", lambda ports: next(chosen))
        assert services.free_port() == free


def test_a_process_is_ended_on_leaving(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(services, "VAR", tmp_path)
    with services.process("sleeper", [sys.executable, "-c", "import time; print('up'); time.sleep(60)"]) as child:
        assert child.poll() is None
    assert child.returncode is not None


def test_a_web_server_that_ends_at_once_names_its_log() -> None:
    broken = {"TWINSET_MODE": "no such mode"}
    with (
        pytest.raises(services.ServiceError, match=r"ended at once; its log is .*web\.log"),
        services.web(port=services.free_port(), environment=broken),
    ):
        pass
    assert "must be 'local' or 'production'" in services.log_of("web").read_text()
