"""How soon the page of the report that was built is there, over HTTP and in Chromium; prints JSON."""

import json
import os
import sys
import time
import urllib.request
from statistics import median
from urllib.parse import urljoin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

import django

django.setup()

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from annotation.models import Study  # noqa: E402
from config import services  # noqa: E402
from tests.browser import chromium  # noqa: E402
from tests.browser.screens import session_of_an_admin  # noqa: E402

NUM_TURNS = 7
SECONDS_TO_WAIT = 30
SINCE_THE_ANSWER = """
(mark) => {
  const [set] = performance.getEntriesByName(mark);
  return set ? set.startTime - performance.getEntriesByType("navigation")[0].responseEnd : null;
}
"""


def main() -> None:
    session = session_of_an_admin()
    with services.web(port=services.free_port()) as origin, sync_playwright() as playwright:
        address = f"{origin}/studies/{Study.objects.get().slug}/report/"
        answers = [answer(address, session) for _ in range(NUM_TURNS)]
        browser = chromium.launch(playwright)
        if browser is None:
            sys.exit(chromium.HOW_TO_INSTALL)
        opened = [look(browser, address, session) for _ in range(NUM_TURNS)]
        browser.close()
    # The first answer and the first look of an installation bundle what draws the charts.
    print(
        json.dumps(
            {
                "first_answer_ms": answers[0][0],
                "answer_ms": median(ms for ms, _ in answers[1:]),
                "num_bytes": answers[-1][1],
                "first_chart_ms": opened[0][1],
                "table_ms": median(table for table, _ in opened[1:]),
                "chart_ms": median(chart for _, chart in opened[1:]),
            }
        )
    )


def answer(address: str, session: str) -> tuple[float, int]:
    """Milliseconds until all of the page's HTML is here, and its bytes."""
    request = urllib.request.Request(address, headers={"Cookie": f"sessionid={session}"})
    started = time.perf_counter()
    with urllib.request.urlopen(request) as response:
        body = response.read()
    return 1000 * (time.perf_counter() - started), len(body)


def look(browser: Browser, address: str, session: str) -> tuple[float, float]:
    """Milliseconds from the answer to a sortable table and to a drawn key chart, with nothing cached."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session, "url": urljoin(address, "/")}])
    page = context.new_page()
    page.goto(address, wait_until="commit")
    found = [marked(page, mark) for mark in ("table-ready", "chart-key-drawn")]
    context.close()
    return found[0], found[1]


def marked(page: Page, mark: str) -> float:
    """When the page set this mark. The page's policy forbids the evaluation by which Playwright itself would wait."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while (milliseconds := page.evaluate(SINCE_THE_ANSWER, mark)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The page has not set {mark} within {SECONDS_TO_WAIT} seconds.")
        page.wait_for_timeout(20)
    return float(milliseconds)


if __name__ == "__main__":
    main()
