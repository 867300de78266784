"""Pictures of the pages, made from the newest demonstration: `make screens` (run `make demo` first).

Those of `DOCUMENTED` go to `docs/`, for README.md and docs/tour.md; all of them, narrow and wide, light and dark, to
`var/screens`, for looking at a change. What the demonstration lacks is rehearsed in a copy of its database, which is
dropped after.
"""

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from config import embedded, services
from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[2]
VIEWS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]
STAGES = {
    "study-list": "/",
    "study-new": "/studies/new/",
    "study": "/studies/{slug}/",
    "classes": "/studies/{slug}/classes/",
    "class-import": "/studies/{slug}/classes/import/",
    "collections": "/studies/{slug}/collections/",
    "collection-new": "/studies/{slug}/collections/new/",
    "candidates": "/studies/{slug}/candidates/",
    "comparison": "/studies/{slug}/compared/",
    "exclusion": "/studies/{slug}/exclusions/new/?origin=pool&preview=1",
    "duplicates": "/studies/{slug}/duplicates/",
    "guidelines": "/studies/{slug}/guidelines/",
    "grids": "/studies/{slug}/grids/",
    "invitations": "/studies/{slug}/invitations/",
    "people": "/studies/{slug}/invitations/people/",
    "completion": "/studies/{slug}/invitations/completion/",
    "quality": "/studies/{slug}/quality/",
    "frequencies": "/studies/{slug}/frequencies/",
    "plan": "/studies/{slug}/plan/",
    "top-up": "/studies/{slug}/top-up/",
    "test-sets": "/studies/{slug}/test-sets/",
    "missing": "/studies/{slug}/test-sets/feasibility/?images_per_class=90",
    "history": "/studies/{slug}/test-sets/calibrated/history/",
    "calibrated": "/studies/{slug}/test-sets/calibrated/r1/",
    "exports": "/studies/{slug}/test-sets/calibrated/r1/exports/",
    "classifiers": "/studies/{slug}/classifiers/",
    "runs": "/studies/{slug}/runs/",
    "upload": "/studies/{slug}/predictions/",
    "report": "/studies/{slug}/report/",
}
# Where each is kept, and how high it is there.
DOCUMENTED = {
    "report": ("report.png", 1210),
    "study": ("screens/study.png", 1500),
    "candidates": ("screens/candidates.png", 900),
    "duplicates": ("screens/duplicates.png", 1280),
    "launch": ("screens/launch.png", 1100),
    "batch": ("screens/batch.png", 1000),
    "statement": ("screens/statement.png", 1000),
    "quality": ("screens/quality.png", 1000),
    "frequencies": ("screens/frequencies.png", 1100),
    "review-class": ("screens/review.png", 900),
    "calibrated": ("screens/test-set.png", 1250),
    "runs": ("screens/runs.png", 800),
}


def photographer() -> Any:
    """An admin for these pictures alone."""
    from django.contrib.auth.models import User

    return User.objects.get_or_create(username="photographer", is_superuser=True, is_staff=True)[0]


def session_of_an_admin() -> str:
    from django.test import Client

    client = Client()
    client.force_login(photographer())
    return client.cookies["sessionid"].value


def newest_demonstration() -> Any:
    from annotation.models import Study

    study = Study.objects.filter(slug__startswith="digits-twin", reports__isnull=False).order_by("pk").last()
    return study or sys.exit("No demonstration here yet: run `make demo` first.")


def take(browser: Browser, address: str, session: str, slug: str, names: Mapping[str, str]) -> None:
    for width, scheme in VIEWS:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        page = context.new_page()
        for name, path in names.items():
            page.goto(address + path.format(slug=slug))
            draw_charts(page)
            target = ROOT / "var" / "screens" / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=target, full_page=True)
            if name in DOCUMENTED and (width, scheme) == VIEWS[0]:
                document(page, *DOCUMENTED[name])
        context.close()


def draw_charts(page: Page) -> None:
    """Charts are drawn as they come into view."""
    page.wait_for_load_state("networkidle")
    for chart in page.locator(".chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator("svg, img").first.wait_for()
    page.evaluate("scrollTo(0, 0)")


def document(page: Page, place: str, height: int) -> None:
    """The upper part of the page, in 256 colours: pages are flat, and a picture is a fifth as large so."""
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    part = whole.crop((0, 0, whole.width, min(whole.height, height)))
    part.quantize(256, dither=Image.Dither.NONE).save(ROOT / "docs" / place, optimize=True)


def take_all(browser: Browser, address: str) -> None:
    from tests.browser import rehearsed

    study, session, by = newest_demonstration(), session_of_an_admin(), photographer()

    def of(slug: str, names: Mapping[str, str]) -> None:
        take(browser, address, session, slug, names)

    candidate = study.candidates.filter(origin="pool").order_by("pk").first()
    one = {
        "candidate": f"/studies/{{slug}}/candidates/{candidate.pk}/",
        "invitation": f"/studies/{{slug}}/invitations/{study.invitations.first().pk}/",
        "classifier": f"/studies/{{slug}}/classifiers/{study.classifiers.first().pk}/",
        "collection": f"/studies/{{slug}}/collections/{study.collections.last().pk}/",
        "nearest": f"/studies/{{slug}}/classes/{study.target_classes.first().pk}/nearest/",
        "quality-worker": f"/studies/{{slug}}/quality/workers/{study.enrolments.first().pseudonym}/",
        "report-classes": f"/studies/{{slug}}/report/{study.reports.last().pk}/classes/",
    }
    of(study.slug, STAGES | one)

    launch = rehearsed.planned(study, by=by)
    copied = launch.study.slug
    of(
        copied,
        {
            "launch-new": "/studies/{slug}/launches/new/",
            "launch": f"/studies/{{slug}}/launches/{launch.pk}/edit/",
            "launch-draft": f"/studies/{{slug}}/launches/{launch.pk}/",
            "grids-waiting": "/studies/{slug}/grids/",
        },
    )
    batch = rehearsed.at_work(launch, by=by)
    of(copied, {"batch": f"/studies/{{slug}}/batches/{batch.pk}/"})
    rejection, review = rehearsed.over(batch, by=by)
    of(
        copied,
        {
            "statement": f"/studies/{{slug}}/batches/{batch.pk}/statement/",
            "place": f"/studies/{{slug}}/places/{rejection.place_id}/",
            "messages": "/studies/{slug}/messages/",
            "thread": f"/studies/{{slug}}/messages/{rehearsed.pseudonym(rejection)}/",
            "home": rehearsed.home(rejection),
            "drafts": "/studies/{slug}/test-sets/",
            "reviews": "/reviews/",
            "review": f"/reviews/{review.pk}/",
            "review-class": f"/reviews/{review.pk}/classes/0/",
        },
    )


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from tests.browser.worker_screens import database

    (ROOT / "docs" / "screens").mkdir(parents=True, exist_ok=True)
    template = urlsplit(embedded.database_url()).path.removeprefix("/")
    try:
        with database("twinset_screens", template=template) as url:
            os.environ["DATABASE_URL"] = url
            django.setup()
            from django.db import connection

            with services.web(port=services.free_port()) as address, sync_playwright() as playwright:
                browser = chromium.launch(playwright)
                if browser is None:
                    sys.exit(chromium.HOW_TO_INSTALL)
                take_all(browser, address)
                browser.close()
            connection.close()
    except psycopg.errors.ObjectInUse:
        sys.exit("The database is in use, and is copied only while it is not: stop `make serve` first.")


if __name__ == "__main__":
    main()
