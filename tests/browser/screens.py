"""Pictures of the pages, made from the newest demonstration: `make screens` (run `make demo` first).

`docs/report.png` is the one README.md shows; all others go to `var/screens`, for looking at a change.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import django
from playwright.sync_api import Browser, sync_playwright

from config import services
from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[2]
VIEWS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]
UP_TO_THE_TABLES = {"x": 0, "y": 0, "width": 1440, "height": 1150}
NAMES = {
    "study-list": "/",
    "study": "/studies/{slug}/",
    "candidates": "/studies/{slug}/candidates/",
    "duplicates": "/studies/{slug}/duplicates/",
    "grids": "/studies/{slug}/grids/",
    "quality": "/studies/{slug}/quality/",
    "frequencies": "/studies/{slug}/frequencies/",
    "plan": "/studies/{slug}/plan/",
    "top-up": "/studies/{slug}/top-up/",
    "test-sets": "/studies/{slug}/test-sets/",
    "missing": "/studies/{slug}/test-sets/feasibility/?images_per_class=90",
    "history": "/studies/{slug}/test-sets/calibrated/history/",
    "calibrated": "/studies/{slug}/test-sets/calibrated/r1/",
    "exports": "/studies/{slug}/test-sets/calibrated/r1/exports/",
    "reviews": "/reviews/",
    "classifiers": "/studies/{slug}/classifiers/",
    "runs": "/studies/{slug}/runs/",
    "upload": "/studies/{slug}/predictions/",
    "report": "/studies/{slug}/report/",
}


def session_of_an_admin() -> str:
    """A signed-in session made for these pictures alone."""
    from django.contrib.auth.models import User
    from django.test import Client

    photographer, _ = User.objects.get_or_create(username="photographer", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(photographer)
    return client.cookies["sessionid"].value


def newest_demonstration() -> str:
    """The slug of its study."""
    from annotation.models import Study

    study = Study.objects.filter(slug__startswith="digits-twin", reports__isnull=False).order_by("pk").last()
    if study is None:
        sys.exit("No demonstration here yet: run `make demo` first.")
    slug: str = study.slug
    return slug


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
            page.wait_for_load_state("networkidle")
            target = ROOT / "var" / "screens" / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=target, full_page=True)
            if (name, width, scheme) == ("report", 1440, "light"):
                page.screenshot(path=ROOT / "docs" / "report.png", full_page=True, clip=UP_TO_THE_TABLES)
        context.close()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    slug, session = newest_demonstration(), session_of_an_admin()
    with services.web(port=services.free_port()) as address, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        if browser is None:
            sys.exit(chromium.HOW_TO_INSTALL)
        take(browser, address, session, slug, NAMES)
        browser.close()


if __name__ == "__main__":
    main()
