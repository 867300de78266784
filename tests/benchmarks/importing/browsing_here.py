"""How long pages of a large pool take, in a process of its own; prints JSON."""

import json
import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation.candidates import bulk  # noqa: E402
from annotation.candidates.criteria import Criteria  # noqa: E402
from annotation.models import Candidate, Exclusion, Study  # noqa: E402
from tests.benchmarks.importing.browsing_data import STUDY  # noqa: E402

NUM_TURNS = 7
AT = f"/studies/{STUDY}/candidates/"
MIDDLE = "in the middle"
PAGES = {
    "first page": AT,
    MIDDLE: AT + "?after={middle}",
    "last page": AT + "?before=last",
    "of a class": AT + "?class=c7",
    "of a class, by its name": AT + "?class=class+7&origin=pool",
    "originals": AT + "?origin=original",
    "included": AT + "?state=included",
    "excluded": AT + "?state=excluded",
    "excluded, in the middle": AT + "?state=excluded&after={middle}",
    "excluded for a reason": AT + "?reason=duplicate",
    "of a collection": AT + "?collection=1&after={middle}",
    "by a text that many have": AT + "?source=_b.jpg&after={middle}",
    "by a text that nobody has": AT + "?source=nowhere",
    "by an owner": AT + "?owner=owner+77",
    "taken on two days": AT + "?taken_from=2010-05-01&taken_until=2010-05-02",
    "uploaded in a year": AT + "?uploaded_from=2012-07-11&uploaded_until=2013-07-10",
    "too small": AT + "?max_width=250&max_height=250",
    "of a size that none has": AT + "?min_width=5000",
    "measured": AT + "?is_measured=yes",
    "not measured, of a class": AT + "?is_measured=no&class=c7",
    "all criteria at once": AT + "?source=nowhere&min_aspect=8&is_measured=yes&owner=x&query=y&state=included",
    "one candidate": AT + "{middle}/",
    "list of exclusions": f"/studies/{STUDY}/exclusions/",
}
API = {
    "API, first page": f"/api/v1/candidates/?study={STUDY}",
    "API, of a class": f"/api/v1/candidates/?study={STUDY}&target_class=c7",
    "API, excluded": f"/api/v1/candidates/?study={STUDY}&state=excluded",
}
OTHERS = {
    "study, its whole flow": f"/studies/{STUDY}/",
    "list of studies": "/",
    "frequencies": f"/studies/{STUDY}/frequencies/",
    "grids": f"/studies/{STUDY}/grids/",
}
BULK = Criteria(max_width=560)  # a fifth of the pool


def milliseconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return (time.perf_counter() - began) * 1000, found


def page(client: Client, address: str, num_turns: int = NUM_TURNS) -> float:
    times = []
    for _ in range(num_turns):
        taken, answer = milliseconds(lambda: client.get(address))
        if answer.status_code != 200:
            sys.exit(f"{address}: {answer.status_code}")
        times.append(taken)
    return median(times[1:])


def in_bulk(study: Study, by: User) -> dict[str, float]:
    """A preview, what it shows excluded, and that undone: each once, as a person does it."""
    seen, preview = milliseconds(lambda: bulk.preview(study, BULK))
    wanted = {"study": study, "criteria": BULK, "reason": Exclusion.Reason.UNUSABLE, "by": by, "now": timezone.now()}
    confirmed = bulk.Confirmation(preview.num_included, preview.fingerprint)
    done, made = milliseconds(lambda: bulk.exclude_many(confirmed=confirmed, **wanted))
    undone, _ = milliseconds(lambda: bulk.undo(bulk=made, by=by, now=timezone.now()))
    everything, _ = milliseconds(lambda: bulk.preview(study, Criteria()))
    return {
        "num": preview.num_included, "preview": seen, "exclude": done, "undo": undone, "everything": everything,
    }  # fmt: skip


def main() -> None:
    study, by = Study.objects.get(slug=STUDY), User.objects.get()
    ids = Candidate.objects.filter(study=study).order_by("pk").values_list("pk", flat=True)
    middle = ids[len(ids) // 2]
    client = Client(headers={"host": "localhost"})
    client.force_login(by)
    found = {
        kind: {name: page(client, address.format(middle=middle), num_turns) for name, address in addresses.items()}
        for kind, addresses, num_turns in (("pages", PAGES, NUM_TURNS), ("api", API, NUM_TURNS), ("others", OTHERS, 2))
    }
    print(json.dumps(found | {"bulk": in_bulk(study, by)}))


if __name__ == "__main__":
    main()
