"""A platform's local server, reached as the environment says, and a clock that goes with it: where tasks are tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from annotation import launches, tasks
from annotation.models import Batch, Posting
from annotation.payments.reaching import reached
from tests.annotation.launches import scenes
from tests.annotation.payments.desks import OUTSIDE, Desk
from tests.fakes.mturk import ACCESS_KEY, REGION, SECRET_KEY

HOOK_SECRET = "a-webhook-secret"  # as the local server signs
PUBLIC_URL = "https://twin.example"
PLAN = {
    "num_assignments": 2,
    "pay_minor_units": 100,
    "lease_seconds": 3600,
    "title": "Find the bows",
    "description": "Look at grids of pictures.",
    "completion_code": "C0DE42",
}


@dataclass
class Office:
    """One installation and its platform; `ahead` is how long after the real present both are."""

    desk: Desk
    by: User
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(tz=timezone.get_default_timezone()) + self.ahead

    def pass_time(self, **by: float) -> None:
        self.ahead += timedelta(**by)
        if self.desk.name == "mturk":
            self.desk.server.advance(**by)
        else:
            self.desk.server.account.now = self.now()

    def batch(self, num_grids: int = 2, slug: str = "digits-twin", **plan: Any) -> Batch:
        """Live, and nothing of it is put up yet."""
        study = scenes.study(num_grids, slug=slug, researchers=[self.by])
        plan = PLAN | {"platform": self.desk.name, "currency": self.desk.currency} | plan
        launch = launches.draft(study=study, plan=launches.Plan(**plan), by=self.by, now=self.now())
        with reached(self.desk.name, clock=self.now) as platform:
            live = scenes.confirm(launch, self.by, platform=platform, now=self.now())
        assert live.batch is not None
        return live.batch

    def up(self, **plan: Any) -> tuple[Batch, Posting]:
        """One grid, put up."""
        batch = self.batch(num_grids=1, **plan)
        tasks.round_of_batch(batch.pk)
        return batch, batch.postings.get()


@contextmanager
def opened(name: str, by: User, settings: Any, monkeypatch: Any) -> Iterator[Office]:
    """The environment names the local server."""
    with OUTSIDE[name]() as desk:
        office = Office(desk, by)
        monkeypatch.setattr(timezone, "now", office.now)
        settings.PUBLIC_URL = PUBLIC_URL
        if name == "mturk":
            settings.MTURK_ENDPOINT_URL, settings.MTURK_REGION = desk.server.address, REGION
            settings.MTURK_ACCESS_KEY, settings.MTURK_SECRET_KEY = ACCESS_KEY, SECRET_KEY
        else:
            account = desk.server.account
            desk.server.account.now = office.now()
            settings.PROLIFIC_ENDPOINT, settings.PROLIFIC_TOKEN = desk.server.address, account.token
            settings.PROLIFIC_WORKSPACE, settings.PROLIFIC_PROJECT = account.workspace, account.project
            settings.PROLIFIC_WEBHOOK_SECRET = HOOK_SECRET
        yield office
