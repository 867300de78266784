"""Posts a batch and pays it, as often as it is asked to, each time in a process of its own; see its test.

A line is a launch or a batch, a point to stop at, and how to reach the platform. The process stands still there and
waits to be killed. A point is `before:change:2` or `after:ledger.done:1`: the n-th call that changes something on the
platform, or that writes something down here.
Forked from one that has loaded everything: a hundred processes start in the time of one.
"""

import itertools
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import botocore.client
import django

django.setup()

from django.db import connections  # noqa: E402

from annotation import hits, launches, postings  # noqa: E402
from annotation.launches import drafting  # noqa: E402
from annotation.models import Batch, Launch, Place  # noqa: E402
from annotation.payments import bonuses, ledger, paying  # noqa: E402
from annotation.payments.reconciling import reconcile  # noqa: E402
from annotation.platforms.base import OUTSIDE  # noqa: E402
from annotation.platforms.own import OwnPlatform  # noqa: E402
from annotation.platforms.paid import PaidPlatform  # noqa: E402
from annotation.platforms.prolific.transport import Transport  # noqa: E402
from annotation.postings import putting_up  # noqa: E402
from tests.annotation.payments.desks import platform_of  # noqa: E402

BONUS = 30
Model = Literal["launch", "batch"]
READS = ("List", "Get")  # as MTurk names what changes nothing


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            connections.close_all()
            given = json.loads(line)
            try:
                work(**given)
            except Exception:
                traceback.print_exc()
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


def work(what: Model, pk: int, name: str, reach: dict[str, Any], now: str, stop: str) -> None:
    """Go live and put up; or, once that is done and people have worked, pay them, close it and compare the books."""
    at = datetime.fromisoformat(now)
    if name == "prolific":
        reach["clock"] = lambda: at
    platform = platform_of(name, **reach) if name in OUTSIDE else OwnPlatform(name)
    if stop:
        stop_at(stop)
    if what == "launch":
        go_live(Launch.objects.get(pk=pk), platform, at)
    else:
        pay(Batch.objects.get(pk=pk), platform, at)


def go_live(row: Launch, platform: PaidPlatform, at: datetime) -> None:
    if row.batch is None:
        cost = launches.preview(launch=row, platform=platform).total
        row = launches.confirm(launch=row, typed=row.study.name, cost=cost, by=row.made_by, platform=platform, now=at)
    assert row.batch is not None
    launches.go_on(batch=row.batch, platform=platform, now=at)


def pay(row: Batch, platform: PaidPlatform, at: datetime) -> None:
    postings.learn(batch=row, platform=platform, now=at)
    paying.pay_due(batch=row, platform=platform, now=at)
    first = Place.objects.filter(posting__batch=row).order_by("external_id")[0]
    bonuses.pay_bonus(place=first, minor_units=BONUS, purpose="care", platform=platform, now=at)
    postings.close(batch=row, platform=platform, now=at)
    reconcile(batch=row, platform=platform, now=at)


def stop_at(point: str) -> None:
    """Stand still there until somebody kills this process."""
    when, what, number = point.split(":")
    counted = itertools.count(1)

    def stopping(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **given: Any) -> Any:
            if what == "change" and len(args) > 1 and str(args[1]).startswith(READS):
                return call(*args, **given)
            is_here = next(counted) == int(number)
            if is_here and when == "before":
                stand_still()
            answer = call(*args, **given)
            if is_here and when == "after":
                stand_still()
            return answer

        return called

    if what == "change":
        Transport.change = stopping(Transport.change)  # type: ignore[method-assign]
        botocore.client.BaseClient._make_api_call = stopping(botocore.client.BaseClient._make_api_call)
    else:
        module, verb = what.split(".")
        homes = {"ledger": ledger, "putting_up": putting_up, "postings": postings, "book": bonuses.LedgerBook}
        home = (homes | {"drafting": drafting, "hits": hits})[module]
        setattr(home, verb, stopping(getattr(home, verb)))


def stand_still() -> None:
    print("here", flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
