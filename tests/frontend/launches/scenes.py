"""A study with grids that wait, and what a browser sends of a launch."""

from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from annotation import launches
from annotation.launches import Plan
from annotation.models import Launch, Origin, Study
from tests import cast

NAME = "Twin of the bows"
TYPED = {
    "platform": "local",
    "num_assignments": "2",
    "pay": "0.50",
    "currency": "EUR",
    "seconds_estimated": "120",
    "lease_minutes": "30",
    "lasts_days": "7",
    "num_grids": "1",
    "num_pilot": "1",
    "title": "Find the bows",
    "description": "Look at grids of pictures.",
    "guidelines": "Toys count.",
    "initial-guidelines": "Toys count.",
}
AT_MTURK = TYPED | {"platform": "mturk", "currency": "USD"}
AT_PROLIFIC = TYPED | {"platform": "prolific", "currency": "GBP", "num_grids": "2"}


def study(*researchers: User, num_grids: int = 3) -> Study:
    """Grids of two classes that nobody is asked about yet."""
    row = cast.study("bows", researchers, name=NAME, guidelines="Toys count.")
    for number, name in enumerate(("bow", "airliner")):
        of = cast.target_class(row, f"n{number}", name)
        for _ in range(num_grids - number):
            cast.grid(of, [cast.candidate(of), cast.candidate(of, Origin.ORIGINAL)])
    return row


def drafted(of: Study, by: User, **plan: Any) -> Launch:
    paid = {"pay_minor_units": 50, "currency": "EUR", "num_assignments": 2, "title": "Find the bows"}
    return launches.draft(study=of, plan=Plan(**paid | plan), by=by, now=cast.NOW)


def address(name: str, *args: Any) -> str:
    return reverse(f"frontend:{name}", args=["bows", *args])


def at_mturk(settings: Any, desk: Any) -> None:
    """The environment names this local server."""
    from tests.fakes.mturk import ACCESS_KEY, SECRET_KEY

    settings.MTURK_ENDPOINT_URL = desk.server.address
    settings.MTURK_ACCESS_KEY, settings.MTURK_SECRET_KEY = ACCESS_KEY, SECRET_KEY


def at_prolific(settings: Any, desk: Any) -> None:
    account = desk.server.account
    settings.PROLIFIC_ENDPOINT, settings.PROLIFIC_TOKEN = desk.server.address, account.token
    settings.PROLIFIC_WORKSPACE, settings.PROLIFIC_PROJECT = account.workspace, account.project
