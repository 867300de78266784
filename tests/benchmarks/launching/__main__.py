"""How long a batch of 7,300 HITs takes from its confirmation until workers find all of it: `make bench-launch`.

The platform is the local server of MTurk's protocol, with a throttle. The process that puts the HITs up is killed half
way, and another goes on.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from config import embedded

embedded.database_url()
os.environ["REDIS_URL"] = embedded.redis_url()
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import psycopg  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

from tests.benchmarks import databases  # noqa: E402
from tests.benchmarks.launching import data  # noqa: E402
from tests.benchmarks.table import Row, report  # noqa: E402
from tests.fakes.mturk import ACCESS_KEY, REGION, SECRET_KEY, MTurkServer  # noqa: E402
from tests.fakes.mturk.faults import Throttle  # noqa: E402

PREPARED_SECONDS, RATIO = 20, 0.9
PER_SECOND, AT_ONCE = 25.0, 25
KILLED_AT, FREE_AT = 0.4, 0.8  # of the batch: the process is killed; the throttle is lifted
NUM_BARE = 400
CREATE = "CreateHITWithHITType"


class Launcher:
    """Puts the batch up, in a process of its own, and sees at the server how far it is."""

    def __init__(self, server: MTurkServer, environment: dict[str, str]) -> None:
        self.server, self.environment = server, environment

    def start(self, what: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.benchmarks.launching.here", what]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.environment, cwd=databases.ROOT)

    def run(self, what: str) -> dict[str, Any]:
        return answer(self.start(what))

    def seconds_until(self, num_hits: int) -> float:
        """From the next HIT until there are so many."""
        before = self.num_hits
        while self.num_hits == before:
            time.sleep(0.001)
        began, first = time.perf_counter(), self.num_hits
        while self.num_hits < num_hits:
            time.sleep(0.005)
        return (time.perf_counter() - began) * (num_hits - before) / (num_hits - first)

    @property
    def num_hits(self) -> int:
        return len(self.server.account.hits)


def answer(process: "subprocess.Popen[str]") -> dict[str, Any]:
    lines = (process.communicate()[0] or "").splitlines()
    if process.returncode:
        raise SystemExit(f"The process failed with status {process.returncode}.")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def bare(num_hits: int, throttle: Throttle | None) -> float:
    """HITs a second by the client library alone, in a loop; where it is throttled, it waits as we do."""
    from annotation.platforms.mturk import Access

    with MTurkServer(funds=10**9) as server:
        server.throttle = throttle
        turk = Access(endpoint=server.address, region=REGION, access_key=ACCESS_KEY, secret_key=SECRET_KEY).turk()
        kind = turk.create_hit_type(
            Title="t", Description="d", Reward="0.05", AssignmentDurationInSeconds=60, AutoApprovalDelayInSeconds=60
        )["HITTypeId"]
        question = (
            '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
            'ExternalQuestion.xsd"><ExternalURL>https://twin.example/</ExternalURL><FrameHeight>0</FrameHeight>'
            "</ExternalQuestion>"
        )
        began = time.perf_counter()
        for number in range(num_hits):
            while True:
                try:
                    turk.create_hit_with_hit_type(
                        HITTypeId=kind, MaxAssignments=10, LifetimeInSeconds=3600, Question=question,
                        UniqueRequestToken=str(number), RequesterAnnotation=str(number),
                    )  # fmt: skip
                    break
                except ClientError:
                    time.sleep(0.1)
        return num_hits / (time.perf_counter() - began)


def measured(num_grids: int) -> tuple[list[Row], list[str]]:
    with databases.migrated("bench_launching") as url, MTurkServer(funds=10**9) as server:
        data.fill(url, num_grids)
        reach = {
            "DATABASE_URL": url, "MTURK_ENDPOINT_URL": server.address, "MTURK_REGION": REGION,
            "MTURK_ACCESS_KEY": ACCESS_KEY, "MTURK_SECRET_KEY": SECRET_KEY, "LAUNCH_SECOND_ABOVE": "1000000",
            "PUBLIC_URL": "https://twin.example",
        }  # fmt: skip
        launcher = Launcher(server, os.environ | reach)
        prepared = launcher.run("confirm")
        server.throttle = Throttle(per_second=PER_SECOND, at_once=AT_ONCE)
        killed_at, free_at = int(num_grids * KILLED_AT), int(num_grids * FREE_AT)
        first = launcher.start("launch")
        seconds = launcher.seconds_until(killed_at)
        first.kill()
        first.communicate()
        num_before = launcher.num_hits
        second = launcher.start("launch")
        seconds += launcher.seconds_until(free_at)
        num_throttled = killed_at + free_at - num_before
        server.throttle = None
        free = (num_grids - free_at) / launcher.seconds_until(num_grids)
        found = answer(second)
        marks = Counter(each.annotation for each in server.account.hits.values())
        with psycopg.connect(url) as connection:
            up = connection.execute("SELECT token FROM annotation_posting WHERE state = 'open'").fetchall()
        is_right = {mark for mark in marks if mark} == {token for (token,) in up} and len(up) == num_grids
    rows = [
        Row("batch and postings written down, s", prepared["seconds"], PREPARED_SECONDS),
        Row("batch and postings written down, s of the process alone", prepared["cpu_seconds"]),
        Row("HITs put up a second ÷ the throttle's", num_throttled / seconds / PER_SECOND, RATIO, "more",
            floor=bare(NUM_BARE, Throttle(per_second=PER_SECOND, at_once=AT_ONCE)) / PER_SECOND),
        Row("HITs put up a second, no throttle", free, floor=bare(NUM_BARE, None)),
        Row("HITs put up twice, after a kill half way", sum(marks.values()) - len(marks), 0),
        Row("HITs missing or not known here", 0 if is_right else num_grids - len(up) or 1, 0),
        Row("queries for each HIT put up", found["num_queries"]),
        Row("ms of the process alone for each HIT put up", found["cpu_ms"]),
        Row("peak memory of preparing, MiB", prepared["peak_mib"]),
        Row("peak memory of putting up, MiB", found["peak_mib"]),
    ]  # fmt: skip
    notes = [
        f"{num_grids:,} HITs of 10 workers each; the throttle lets {PER_SECOND:.0f} requests pass in a second, or "
        f"at once. The process was killed with {num_before:,} HITs up. Starting processes is not counted.",
        "Floor: the client library in a loop, which writes nothing down. Both ends share this machine, whose load "
        f"was {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores: with more than one a core, others were measured too.",
        *(f"Problem: {each}" for each in found["problems"]),
    ]
    return rows, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grids", type=int, default=data.NUM_GRIDS, help="fewer, in steps of 50")
    return report(*measured(parser.parse_args().grids))


if __name__ == "__main__":
    sys.exit(main())
