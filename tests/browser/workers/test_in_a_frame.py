"""A worker's pages inside another site's page, in a Chromium that blocks what third parties would keep."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Request, expect

from annotation.models import Assignment, Batch, Worker
from tests import cast, pictures
from tests.browser import chromium

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# As a browser does that blocks the data of third parties; kept out of the page around, which is not ours.
BLOCKED_STORAGE = """
if (window !== window.top) {
  const refuse = { get() { throw new DOMException("The request was denied.", "SecurityError"); } };
  const kept = ["localStorage", "sessionStorage", "indexedDB", "caches"];
  for (const name of kept) Object.defineProperty(window, name, refuse);
}
"""


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2)


@pytest.fixture
def panel(batch: Batch, live_server: Any) -> Iterator[str]:
    """Another site, whose page holds ours in a frame."""
    page = (
        f'<!doctype html><title>A panel</title><iframe src="{live_server.url}{cast.join(batch)}" width=900 height=700>'
    )

    class Panel(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Panel) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert "localhost" in live_server.url, "the panel must be another site than ours"
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    strict = browser.browser_type.launch(
        executable_path=chromium.find(browser.browser_type.executable_path),
        args=[*chromium.ARGUMENTS, "--test-third-party-cookie-phaseout"],
    )
    made = strict.new_context()
    made.add_init_script(BLOCKED_STORAGE)
    yield made
    strict.close()


def open_panel(context: BrowserContext, panel: str, complaints: list[str]) -> tuple[Page, FrameLocator]:
    page = context.new_page()
    page.set_default_timeout(chromium.PATIENCE)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "violates" in message.text else None)
    page.goto(panel)
    return page, page.frame_locator("iframe")


def answer(ours: FrameLocator, image: int) -> None:
    expect(ours.locator("[data-count]")).to_have_text("0 of 6 selected")
    ours.get_by_role("checkbox", name=f"Image {image}", exact=True).check()
    expect(ours.locator("[data-count]")).to_have_text("1 of 6 selected")
    ours.get_by_role("button", name="Submit").click()


def test_two_grids_by_one_worker_without_any_cookie(context: BrowserContext, panel: str) -> None:
    complaints: list[str] = []
    page, ours = open_panel(context, panel, complaints)
    sent: list[Request] = []
    page.on("requestfinished", lambda request: sent.append(request) if "localhost" in request.url else None)
    ours.get_by_role("button", name="Start").click()
    answer(ours, 1)
    expect(ours.get_by_text("Saved, receipt")).to_be_visible()
    answer(ours, 2)
    expect(ours.get_by_role("heading", name="Thank you")).to_be_visible()
    done = Assignment.objects.filter(submitted_at__isnull=False)
    assert set(done.values_list("worker", flat=True)) == {Worker.objects.get().pk}
    assert done.count() == 2
    assert sent
    assert not [request.url for request in sent if "cookie" in request.all_headers()]
    assert context.cookies() == []
    assert complaints == []


def test_what_is_selected_outlives_a_reload_of_the_frame(context: BrowserContext, panel: str) -> None:
    complaints: list[str] = []
    page, ours = open_panel(context, panel, complaints)
    ours.get_by_role("button", name="Start").click()
    expect(ours.locator("[data-count]")).to_have_text("0 of 6 selected")
    with page.expect_response("**/draft/"):
        ours.get_by_role("checkbox", name="Image 3", exact=True).check()
    page.frames[1].evaluate("location.reload()")
    expect(ours.locator("[data-count]")).to_have_text("1 of 6 selected")
    assert complaints == []


def test_the_personal_link_can_be_copied_by_hand(context: BrowserContext, panel: str) -> None:
    complaints: list[str] = []
    _, ours = open_panel(context, panel, complaints)
    ours.get_by_role("button", name="Start").click()
    ours.get_by_role("button", name="I am done for today").click()
    ours.get_by_role("button", name="Copy").click()
    field = ours.get_by_label("Keep this address")
    expect(field).to_be_focused()
    selected = "field => field.value.slice(field.selectionStart, field.selectionEnd) === field.value"
    assert field.evaluate(selected)
    assert complaints == []


def test_no_page_of_a_researcher_is_shown_in_a_frame(context: BrowserContext, live_server: Any, panel: str) -> None:
    page = context.new_page()
    page.goto(panel)
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.evaluate("address => { document.querySelector('iframe').src = address }", f"{live_server.url}/login/")
    expect(page.frame_locator("iframe").get_by_label("Username")).to_have_count(0)
