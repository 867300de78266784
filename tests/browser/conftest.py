"""A real Chromium that opens the pages of a real server; without one, a skip that says how to install it."""

import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from annotation.models import Batch
from tests import pictures
from tests.browser import chromium, grids


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
        page.set_default_timeout(chromium.PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "violates" in message.text else None)
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    wait_for_requests(live_server.url)
    assert complaints == []


def wait_for_requests(address: str) -> None:
    """Until the server is done with what the closed pages asked for last: the database goes away next."""
    let_all_in(address)
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            while not thread.is_alive() and thread in threading.enumerate():  # listed before it is started
                time.sleep(0.001)
            thread.join(timeout=0.25)
            until = time.monotonic() + chromium.PATIENCE / 1000
            while thread.is_alive() and not is_unasked(thread) and time.monotonic() < until:
                thread.join(timeout=0.25)


def let_all_in(address: str) -> None:
    """Connections are taken in their order: when this one is answered, all made before have threads of their own."""
    place = urlsplit(address)
    with socket.create_connection((str(place.hostname), place.port), chromium.PATIENCE / 1000) as line:
        line.sendall(b"no request\r\n\r\n")
        line.recv(1)


def is_unasked(thread: threading.Thread) -> bool:
    """Whether nothing was asked on the thread's connection: Chromium opens some ahead and keeps them for later."""
    frame = sys._current_frames().get(thread.ident or 0)
    names = [frame.f_code.co_name for frame, _ in traceback.walk_stack(frame)] if frame else []
    return names[:2] == ["readinto", "handle_one_request"]
