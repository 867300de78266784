"""Launches as rows: drafted, changed, confirmed, withdrawn. The only writer of `Launch`.

A draft says all that workers are offered and what it may cost; everything that a platform would refuse is refused here,
before money is at stake. The verbs below `withdraw` are for the other files of this package.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.crypto import get_random_string

from annotation.errors import CannotLaunch
from annotation.launches import checking
from annotation.models import Batch, Launch, Study
from annotation.platforms.base import WORKFORCES
from annotation.platforms.paid import Unit

CODE_LENGTH = 10
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another
TITLE_LENGTH = 120


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a launch says, as its fields are named."""

    platform: str = "local"
    target_class_ids: tuple[int, ...] = ()
    num_assignments: int = 10
    lease_seconds: int = 1800
    pay_minor_units: int = 0
    currency: str = ""
    budget_minor_units: int | None = None
    num_grids: int = 1
    num_pilot: int = 0
    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    seconds_estimated: int = 120
    lasts_seconds: int = 7 * 86_400
    completion_code: str = ""
    allowed_group: str = ""
    blocked_group: str = ""

    @classmethod
    def of(cls, launch: Launch) -> "Plan":
        """What the launch says now."""
        said: dict[str, Any] = {each.name: getattr(launch, each.name) for each in fields(cls)}
        return cls(**said | {name: tuple(said[name]) for name in ("target_class_ids", "keywords")})


def draft(*, study: Study, plan: Plan, by: Any, now: datetime) -> Launch:
    """A launch to be looked at; nothing is put to anybody."""
    return Launch.objects.create(study=study, made_by=by, made_at=now, **_values(study, plan, code=""))


@transaction.atomic
def change(*, launch: Launch, plan: Plan, now: datetime) -> Launch:
    """What it says from now on; who had confirmed it confirmed something else, so that it is to be confirmed again."""
    row = lock(launch)
    refuse_settled(row)
    for name, value in _values(row.study, plan, code=row.completion_code).items():
        setattr(row, name, value)
    row.confirmed_by = row.confirmed_at = row.confirmed_cost = None
    row.save()
    return row


@transaction.atomic
def withdraw(*, launch: Launch, now: datetime) -> None:
    """It will not go live."""
    row = lock(launch)
    if row.withdrawn_at is None:
        refuse_settled(row)
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
    launch.withdrawn_at = row.withdrawn_at


def refuse_settled(launch: Launch) -> None:
    """Refuse what can be done before going live only."""
    if launch.state == Launch.State.LIVE:
        raise CannotLaunch(f"This launch is live already, as batch {launch.batch_id}; it goes live once.")
    if launch.state == Launch.State.WITHDRAWN:
        raise CannotLaunch("This launch was withdrawn; draft another one.")


def lock(launch: Launch) -> Launch:
    """The row as it is now, until the end of the transaction."""
    return Launch.objects.select_for_update(of=("self",)).select_related("study").get(pk=launch.pk)


def confirmed(row: Launch, *, by: Any, cost: int, now: datetime) -> None:
    """A person has typed the study's name and seen what it may come to."""
    row.confirmed_by, row.confirmed_at, row.confirmed_cost = by, now, cost
    row.save(update_fields=["confirmed_by", "confirmed_at", "confirmed_cost"])


def seconded(row: Launch, *, by: Any, now: datetime) -> None:
    """Another person has looked at it too."""
    row.seconded_by, row.seconded_at = by, now
    row.save(update_fields=["seconded_by", "seconded_at"])


def went_live(row: Launch, *, batch: Batch) -> None:
    """This batch is what came of it."""
    row.batch = batch
    row.save(update_fields=["batch"])


def kept_from(row: Launch, *, group: str) -> None:
    """Those of this group of its platform are kept away from its postings."""
    Launch.objects.filter(pk=row.pk).update(stopped_group=group)
    row.stopped_group = group


def released(row: Launch, *, by: Any, now: datetime) -> None:
    """What comes after the pilot may be put up."""
    row.rest_by, row.rest_at = by, now
    row.save(update_fields=["rest_by", "rest_at"])


def _values(study: Study, plan: Plan, *, code: str) -> dict[str, Any]:
    """The fields of the row, with what was left open filled in; refuses what can't be launched so."""
    values = {each.name: getattr(plan, each.name) for each in fields(plan)}
    checking.refuse_unknown_platform(plan.platform)
    unit = WORKFORCES[plan.platform].unit
    if not plan.completion_code:
        values["completion_code"] = (code or get_random_string(CODE_LENGTH, CODE_LETTERS)) if unit is Unit.BATCH else ""
    values["title"] = plan.title.strip() or f"Look at pictures: {study.name}"[:TITLE_LENGTH]
    values["description"] = plan.description.strip() or _description(study)
    values["keywords"] = list(dict.fromkeys(word.strip() for word in plan.keywords if word.strip()))
    values["target_class_ids"] = sorted(set(plan.target_class_ids))
    checking.refuse_unfit(Launch(study=study, **values))
    return values


def _description(study: Study) -> str:
    asked = "Look at grids of pictures, and select those that show what is asked for."
    told = study.description.strip()
    return f"{told}\n\n{asked}"[: checking.LONGEST_DESCRIPTION] if told else asked
