import sys
from pathlib import Path

import pytest

from config import services


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
