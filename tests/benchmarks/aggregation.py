"""How fast judgements become frequencies: read, counted, written, modelled. `make bench-aggregation`."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config import embedded

embedded.database_url()
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1")  # nothing here sends a message
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import psycopg  # noqa: E402

from tests.benchmarks import aggregation_data, databases  # noqa: E402
from tests.benchmarks.aggregation_data import Size  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402

ROUNDS = 3
GROUPED = "SELECT candidate, sum(selected::integer)::integer AS num_selected, count(*)::integer AS num_seen"
# What the machine needs at least: the bitmaps once through the server, and bare rows into a bare table.
BITMAPS = "COPY (SELECT string_agg(seen || selected, ''::bytea) FROM annotation_assignment) TO STDOUT (FORMAT BINARY)"
MIB = 2**20


@dataclass(frozen=True)
class Targets:
    """Seconds and MiB; nothing is asked of sizes in between."""

    read: float | None = None
    written: float | None = None
    peak_mib: float | None = None
    iterated: float | None = None


TARGETS = {
    2_500_000: Targets(read=0.15, written=1, iterated=0.3),
    25_000_000: Targets(written=10, peak_mib=1024),
}


@dataclass
class Found:
    """What was measured at one size; seconds and MiB by name, `peers` of those that are installed."""

    num_judgements: int
    here: dict[str, float] = field(default_factory=dict)
    model: dict[str, float] = field(default_factory=dict)
    sql: dict[str, float] = field(default_factory=dict)
    floor: dict[str, float] = field(default_factory=dict)
    peers: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


def child(module: str, *arguments: str, url: str) -> dict[str, float]:
    """Run a module of the benchmark in a process of its own; what it prints, read."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    environment = os.environ | {"DATABASE_URL": url}
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment, cwd=databases.ROOT)
    answer: dict[str, float] = json.loads(result.stdout)
    return answer


def best(connection: psycopg.Connection, statement: str, before: Sequence[str] = ()) -> float:
    """Seconds of a statement and the transfer of its rows."""
    times = []
    for _ in range(ROUNDS):
        for each in before:
            connection.execute(each.encode())
        begin = time.perf_counter()
        if statement.startswith("COPY"):
            with connection.cursor().copy(statement.encode()) as copy:
                sum(len(part) for part in copy)
        else:
            connection.execute(statement.encode())
        times.append(time.perf_counter() - begin)
    return min(times)


def megabytes(connection: psycopg.Connection, *tables: str) -> float:
    total = 0
    for table in tables:
        row = connection.execute("SELECT pg_total_relation_size(%s::regclass)", (table,)).fetchone()
        total += row[0] if row else 0
    return total / MIB


def measured(num_judgements: int, peers: Sequence[str]) -> Found:
    size = Size(num_judgements)
    with (
        databases.migrated("bench_aggregation") as url,
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        aggregation_data.fill(connection, size)
        found = Found(aggregation_data.unpack(connection, Path(folder)))
        found.here = child("aggregation_here", "counts", url=url)
        if TARGETS.get(num_judgements, Targets(iterated=1)).iterated:
            found.model = child("aggregation_here", "dawid-skene", url=url)
        rows = "FROM one_row_each GROUP BY candidate"
        counted = f"COPY ({GROUPED} {rows}) TO STDOUT (FORMAT BINARY)"
        found.sql["read"] = best(connection, counted)
        found.sql["written"] = best(connection, f"CREATE TABLE counted AS {GROUPED} {rows}", _empty("counted"))
        found.sql["mib"] = megabytes(connection, "one_row_each")
        found.here["mib"] = megabytes(connection, "annotation_assignment", "annotation_grid", "annotation_hit")
        found.floor["read"] = best(connection, BITMAPS)
        bare = "INSERT INTO bare SELECT * FROM counted"
        found.floor["written"] = best(connection, bare, [*_empty("bare"), "CREATE TABLE bare (LIKE counted)"])
        for name in peers:
            answer = child("aggregation_peers", name, folder, url=url)
            if "missing" in answer:
                found.missing.add(str(answer["missing"]))
            else:
                found.peers[name] = answer
    return found


def _empty(table: str) -> list[str]:
    return [f"DROP TABLE IF EXISTS {table}"]


def rows_of(found: Found, targets: Targets) -> list[Row]:
    of = f"{found.num_judgements / 1e6:,.1f} M: "
    here, floor = found.here, found.floor
    rows = [
        Row(f"{of}read and count, s (peer: GROUP BY, a row each)", here["read"], targets.read, peer=found.sql["read"]),
        Row(f"{of}read and count, s (floor: the bitmaps alone)", here["read"], floor=floor["read"]),
    ]
    for name, answer in found.peers.items():
        if name not in ("Dawid-Skene",):
            tool = "polars group-by" if name == "polars" else f"crowd-kit {name}"
            rows.append(Row(f"{of}read and count, s (peer: {tool}, from memory)", here["read"], peer=answer["seconds"]))
    rows += [
        Row(
            f"{of}written, s (peer: CREATE TABLE of GROUP BY)",
            here["written"],
            targets.written,
            peer=found.sql["written"],
            floor=floor["written"],
        ),
        Row(f"{of}counted again, nothing changed, s", here["again"]),
        Row(f"{of}counted again, everything changed, s", here["changed"]),
    ]
    if found.model:
        peer = found.peers.get("Dawid-Skene", {}).get("seconds")
        rows += [
            Row(f"{of}two-coin Dawid–Skene, 10 iterations, s", found.model["iterated"], targets.iterated, peer=peer),
            Row(f"{of}its matrices from the bitmaps, s", found.model["built"]),
        ]
    most = max((answer["peak_mib"] for answer in found.peers.values()), default=None)
    return [
        *rows,
        Row(f"{of}peak memory of counting, MiB (peer: the largest)", here["peak_mib"], targets.peak_mib, peer=most),
        Row(f"{of}in the database, MiB (peer: a row each)", here["mib"], peer=found.sql["mib"]),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2.5 million judgements only")
    parser.add_argument("--judgements", type=int, help="another number of judgements only; has no targets")
    options = parser.parse_args()
    sizes = [options.judgements] if options.judgements else [2_500_000] if options.quick else list(TARGETS)
    rows: list[Row] = []
    missing: set[str] = set()
    for num_judgements in sizes:
        small = num_judgements < 10_000_000  # crowd-kit takes minutes and gigabytes for more
        peers = ["polars", "majority vote", "Wawa", "Dawid-Skene"] if small else ["polars"]
        found = measured(num_judgements, peers)
        rows += rows_of(found, TARGETS.get(num_judgements, Targets()))
        missing |= found.missing
    notes = [
        "Ten workers per grid of 48, 42 of them measured; best of three, crowd-kit once. Peers begin with one row per "
        "judgement: polars and crowd-kit in memory, SQL in a table."
    ]
    notes += [
        f"No row for a peer that needs {name}: it is not installed (extras: dev, aggregation)." for name in missing
    ]
    return report(rows, notes)


if __name__ == "__main__":
    sys.exit(main())
