"""How fast grids are served: claim + page + submit over HTTP, as in production. `make bench-serving`."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config import embedded, services

embedded.database_url()
os.environ["REDIS_URL"] = embedded.redis_url().partition("?")[0] + "?db=9"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django  # noqa: E402

django.setup()

from annotation.models import Invitation  # noqa: E402
from annotation.platforms import local  # noqa: E402
from tests.benchmarks import serving_data, serving_pgbench  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402

SMALL_GRIDS = 240  # 10 thousand candidates; each worker may do every other grid
NUM_CLIENTS = (1, 8, 32)
WEB_PROCESSES = 2
ROUNDS = 3
# Label Studio 1.23 under uwsgi with 4 processes, PostgreSQL 15 with durable commits.
PEER_PAIRS, PEER_HALF, PEER_ONE_CLIENT = 4.6, 3400.0, 250.0


@dataclass(frozen=True)
class Size:
    num_grids: int
    seconds: int
    num_claims: int


FULL = Size(num_grids=24_000, seconds=20, num_claims=100)
QUICK = Size(num_grids=2_400, seconds=4, num_claims=50)


@dataclass(frozen=True)
class Load:
    """What a load generator saw; times in milliseconds."""

    pairs_per_second: float
    first: list[float]
    second: list[float]

    def p50(self, half: str) -> float:
        return statistics.median(getattr(self, half))

    def p95(self, half: str) -> float:
        return statistics.quantiles(getattr(self, half), n=20)[-1]


def child(module: str, *arguments: str, url: str = "") -> dict[str, object]:
    """Run a module of the benchmark in a process of its own; what it prints, read."""
    environment = os.environ | ({"DATABASE_URL": url} if url else {})
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment, cwd=serving_data.ROOT)
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def loaded(kind: str, address: str, num_clients: int, seconds: int, *rest: str) -> Load:
    seen = child("serving_load", kind, address, str(num_clients), str(seconds), *rest)
    first, second = ([value * 1000 for value in seen[half]] for half in ("first", "second"))  # type: ignore[attr-defined]
    return Load(len(first) / seconds, first, second)


@contextmanager
def served(url: str, **environment: str) -> Iterator[str]:
    """Granian and a consumer of the default queue, as in production."""
    child_environment = {"DATABASE_URL": url, "WORKER_LIMITS": "false", "LOG_LEVEL": "WARNING", **environment}
    with (
        services.consumer("default", environment=child_environment),
        services.web(port=services.free_port(), num_processes=WEB_PROCESSES, environment=child_environment) as address,
    ):
        yield address


def page_rows(loads: dict[int, Load], pgbench: float | None, bare: Load) -> list[Row]:
    most, one = loads[NUM_CLIENTS[-1]], loads[1]
    rows = [
        Row(
            "pairs/s, 32 clients (floor: bare Django)",
            most.pairs_per_second,
            400,
            "more",
            PEER_PAIRS,
            bare.pairs_per_second,
        ),
    ]
    if pgbench is not None:
        rows.append(Row("pairs/s, 32 clients (floor: pgbench)", most.pairs_per_second, None, "more", None, pgbench))
    rows += [
        Row("32 clients, submit + claim p95, ms", most.p95("first"), 150, floor=bare.p95("first")),
        Row("32 clients, page p95, ms", most.p95("second"), 150, floor=bare.p95("second")),
        Row("32 clients, submit + claim p50, ms", most.p50("first"), None, peer=PEER_HALF, floor=bare.p50("first")),
        Row("32 clients, page p50, ms", most.p50("second"), None, peer=PEER_HALF, floor=bare.p50("second")),
        Row("1 client, submit + claim p50, ms", one.p50("first"), 6),
        Row("1 client, page p50, ms", one.p50("second"), 6, peer=PEER_ONE_CLIENT),
    ]
    for num_clients in NUM_CLIENTS[:-1]:
        each = loads[num_clients]
        rows.append(Row(f"pairs/s, {num_clients} client{'s'[: num_clients > 1]}", each.pairs_per_second, None, "more"))
        rows.append(Row(f"{num_clients} client{'s'[: num_clients > 1]}, submit + claim p95, ms", each.p95("first")))
        rows.append(Row(f"{num_clients} client{'s'[: num_clients > 1]}, page p95, ms", each.p95("second")))
    return rows


def claim_rows(small: str, large: str, size: Size) -> list[Row]:
    """Statements, and the time of a claim in small and large, in turns so that both meet the same machine."""
    times: dict[str, list[float]] = {small: [], large: []}
    counts: dict[str, int] = {}
    for _ in range(ROUNDS):
        for url, found in times.items():
            seen = child("serving_in_process", str(size.num_claims), url=url)
            found.append(float(seen["claim_seconds"]) * 1000)  # type: ignore[arg-type]
            counts = seen["statements"]  # type: ignore[assignment]
    here, there = min(times[large]), min(times[small])
    return [
        Row("statements of a claim", counts["claim"], 4),
        Row("statements of a submit", counts["submit"], 4),
        Row("statements of POST (submit and claim)", counts["post"], 4),
        Row("statements of GET", counts["get"]),
        Row("claim in process, ms (floor: 10 thousand candidates)", here, floor=there),
        Row("claim at all candidates ÷ at 10 thousand", here / there, 1.3),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, a fifth of the time")
    size = QUICK if parser.parse_args().quick else FULL
    with (
        serving_data.database("bench_small", num_grids=SMALL_GRIDS) as small,
        serving_data.database("bench_large", num_grids=size.num_grids) as large,
    ):
        rows = claim_rows(small, large, size)
        join = f"/join/{local.invitation_token(Invitation(pk=1))}/"
        with served(large) as address:
            loads = {num: loaded("pages", address, num, size.seconds, join) for num in NUM_CLIENTS}
        with served(large, DJANGO_SETTINGS_MODULE="tests.benchmarks.bare_settings") as address:
            bare = loaded("bare", address, NUM_CLIENTS[-1], size.seconds)
        pgbench = serving_pgbench.pairs_per_second(large, num_clients=NUM_CLIENTS[-1], seconds=size.seconds)
    notes = [
        f"{size.num_grids * serving_data.MEASURED:,} candidates in {size.num_grids:,} grids, "
        f"{serving_data.NUM_SLOTS} slots each; granian with {WEB_PROCESSES} processes and a queue consumer.",
        "Peer: Label Studio 1.23 at 100 thousand tasks with 32 clients, measured before on another machine of this "
        "kind (two cores); each of its pairs is one image, each of these 48.",
    ]
    if pgbench is None:
        notes.append("No row for pgbench: it is neither on the PATH nor in the wheel of the embedded server.")
    return report(page_rows(loads, pgbench, bare) + rows, notes)


if __name__ == "__main__":
    sys.exit(main())
