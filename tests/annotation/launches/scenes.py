"""Launches as tests need them: a study with grids that wait, and what is to be done with them."""

from datetime import datetime
from typing import Any

from annotation import launches
from annotation.models import Batch, Launch, Study, TargetClass
from annotation.platforms.own import OwnPlatform
from annotation.platforms.paid import PaidPlatform
from tests import cast
from tests.annotation.payments.desks import Desk


def study(num_grids: int = 3, **fields: Any) -> Study:
    """With grids that wait."""
    target_class = cast.target_class(cast.study(**fields))
    add_grids(target_class, num_grids)
    return target_class.study


def add_grids(target_class: TargetClass, num_grids: int) -> None:
    for _ in range(num_grids):
        cast.grid(target_class, [cast.candidate(target_class)])


def draft(study: Study, by: Any, **plan: Any) -> Launch:
    plan = {"num_assignments": 2} | plan
    return launches.draft(study=study, plan=launches.Plan(**plan), by=by, now=cast.NOW)


def paid(**plan: Any) -> dict[str, Any]:
    """At 1.00 for a grid; of one's own people."""
    return {"pay_minor_units": 100, "currency": "USD"} | plan


def at(desk: Desk, **plan: Any) -> dict[str, Any]:
    """The same at a platform outside."""
    return {
        "platform": desk.name,
        "pay_minor_units": 100,
        "currency": desk.currency,
        "budget_minor_units": 5_000,
    } | plan


def confirm(launch: Launch, by: Any, platform: PaidPlatform | None = None, now: datetime = cast.NOW) -> Launch:
    """Typed as it is, with the cost that is shown."""
    platform = platform or OwnPlatform(launch.platform)
    cost = launches.preview(launch=launch, platform=platform).total
    typed = launch.study.name
    return launches.confirm(launch=launch, typed=typed, cost=cost, by=by, platform=platform, now=now)


def live(study: Study, by: Any, platform: PaidPlatform | None = None, /, **plan: Any) -> Batch:
    """Drafted, confirmed and a batch."""
    batch = confirm(draft(study, by, **plan), by, platform).batch
    assert batch is not None
    return batch


def go_on(batch: Batch, platform: PaidPlatform | None = None, now: datetime = cast.NOW) -> launches.Round:
    return launches.go_on(batch=batch, platform=platform or OwnPlatform(batch.platform), now=now)
