"""A real Chromium that opens the pages of a real server; without one, a skip that says how to install it."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from annotation.models import Batch
from tests import pictures
from tests.browser import chromium, grids


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, which Django takes for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = chromium.launch(playwright)
        if started is None:
            pytest.skip(chromium.HOW_TO_INSTALL)
        yield started
        started.close()


@pytest.fixture
def batch() -> Batch:
    """Two grids for one worker each."""
    return pictures.launched(num_images=grids.NUM_IMAGES, num_grids=2, num_assignments=1)


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Opens pages of the site, each in a context of its own; no script may fail or break the content policy."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(address: str, **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "violates" in message.text else None)
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    wait_for_requests()
    assert complaints == []


def wait_for_requests() -> None:
    """Until the server is done with what the closed pages asked for last: the database goes away next."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            while not thread.is_alive() and thread in threading.enumerate():  # listed before it is started
                time.sleep(0.001)
            thread.join(timeout=10)
