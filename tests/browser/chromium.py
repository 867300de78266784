"""Where Chromium is on this machine, and what to do where there is none."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE = 30_000  # milliseconds: on a machine that others use too, seconds of nothing say nothing
HOW_TO_INSTALL = (
    "No Chromium found. Install one (Debian: apt-get install chromium; anywhere: "
    ".venv/bin/playwright install chromium), or name yours in the variable CHROMIUM."
)


def launch(playwright: Playwright) -> Browser | None:
    """A started Chromium, or None where this machine has none."""
    executable = find(playwright.chromium.executable_path)
    if executable is None:
        return None
    return playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)


def find(of_playwright: str) -> str | None:
    """The one named by CHROMIUM, else one on the PATH, else Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return of_playwright if Path(of_playwright).exists() else None
