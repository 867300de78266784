"""What the page of 48 photographs weighs, and when its first row is there: `make bench-page`."""

import gzip
import io
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import numpy as np
from PIL import Image, ImageFilter
from playwright.sync_api import Page, sync_playwright

from config import services
from tests.browser import chromium

STATIC = Path(__file__).resolve().parents[2] / "frontend" / "static" / "frontend"
NUM_PHOTOGRAPHS = 48
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
FIRST_ROW = """
() => new Promise((resolve) => {
  const tiles = [...document.querySelectorAll(".tile")];
  const top = tiles[0].getBoundingClientRect().top;
  const row = tiles.filter((tile) => tile.getBoundingClientRect().top === top).map((tile) => tile.querySelector("img"));
  const look = () => row.every((image) => image.complete && image.naturalWidth)
    ? requestAnimationFrame(() => resolve(performance.now())) : setTimeout(look, 5);
  look();
})
"""


@dataclass(frozen=True)
class Line:
    """A measured figure and what it must not pass."""

    what: str
    here: float
    target: float
    unit: str
    is_least: bool = False

    @property
    def is_missed(self) -> bool:
        return self.here < self.target if self.is_least else self.here > self.target

    def __str__(self) -> str:
        bound = "≥" if self.is_least else "≤"
        missed = "  MISSED" if self.is_missed else ""
        return f"{self.what:<44}{self.here:>10,.1f} {self.unit:<8}{bound} {self.target:,.1f}{missed}"


def photograph(seed: int) -> bytes:
    """Smooth shapes under fine texture: as many bytes as a photograph of 500 × 375 has."""
    rng = np.random.default_rng(seed)
    shapes = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    coarse = shapes.resize((500, 375), Image.Resampling.BICUBIC)
    fine = Image.fromarray(rng.integers(0, 256, (375, 500), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    pixels = np.asarray(coarse, dtype=float) + (np.asarray(fine, dtype=float)[..., None] - 128) * 0.45
    buffer = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def invitation(contents: list[bytes]) -> tuple[str, Any]:
    """A study of its own with one grid of the photographs."""
    from django.utils import timezone

    from annotation import candidates, grids, hits, studies
    from annotation.models import Origin
    from annotation.sources.base import CandidateRecord
    from tests import cast

    now = timezone.now()
    study = studies.create(slug=f"page-weight-{now:%Y%m%d%H%M%S}", name="Page weight", now=now)
    studies.add_target_classes(study=study, classes=[studies.TargetClassSpec("n0", "photograph")])
    records = [CandidateRecord(f"{n}.jpg", "n0", lambda content=content: content) for n, content in enumerate(contents)]
    candidates.ingest(study=study, origin=Origin.POOL, records=records, now=now)
    design = grids.GridDesign(num_positions=NUM_PHOTOGRAPHS, num_positive=0, num_negative=0)
    grid = grids.compose(study=study, now=now, design=design).grids[0]
    batch = hits.launch(study=study, grids=[grid], terms=hits.Terms(num_assignments=1), now=now)
    return cast.join(batch), grid


def sheets_per_second(grid: Any) -> float:
    """Photographs put on sheets by one core."""
    from annotation import grids

    started = time.process_time()
    grids.make_sheets(grid=grid)
    return NUM_PHOTOGRAPHS / (time.process_time() - started)


def load(page: Page, address: str) -> tuple[float, list[int]]:
    """Milliseconds until the first row is there, and the sizes of the images, on a poor connection."""
    page.goto(address)
    with page.expect_navigation():
        page.get_by_role("button", name="Start").click()
    grid = page.url
    page.goto("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.send("Network.emulateNetworkConditions", NETWORK)
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())) if "/sheets/" in answer.url else None)
    page.goto(grid, wait_until="commit")
    page.wait_for_selector(".action-bar", state="attached")
    milliseconds = float(page.evaluate(FIRST_ROW))
    page.wait_for_load_state("networkidle")
    return milliseconds, sizes


def compressed(names: list[str]) -> float:
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in names) / 1000


def lines() -> list[Line]:
    contents = [photograph(seed) for seed in range(NUM_PHOTOGRAPHS)]
    print(f"{NUM_PHOTOGRAPHS} photographs of {np.mean([len(each) for each in contents]) / 1000:.0f} KB on average")
    path, grid = invitation(contents)
    speed = sheets_per_second(grid)
    with services.web(port=services.free_port()) as address, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        if browser is None:
            sys.exit(chromium.HOW_TO_INSTALL)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        milliseconds, sizes = load(page, address + path)
        for name, width, scheme in [(f"grid-{w}-{s}", w, s) for w in (1440, 360) for s in ("light", "dark")]:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            target = Path("var/screens") / f"{name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=target)
        fetched = page.evaluate("performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)")
        browser.close()
    own = sorted({path.rsplit("/", 1)[1] for path in fetched if "/static/frontend/" in path})
    return [
        Line("image requests", len(sizes), 8, ""),
        Line("images, bytes in all", sum(sizes) / 1000, 700, "KB"),
        Line("own JavaScript, compressed", compressed([name for name in own if name.endswith(".js")]), 25, "KB"),
        Line("own CSS, compressed", compressed([name for name in own if name.endswith(".css")]), 20, "KB"),
        Line("first row visible at 1.6 Mbit/s, 150 ms", milliseconds / 1000, 1.5, "s"),
        Line("photographs on sheets per second and core", speed, 60, "", is_least=True),
    ]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    measured = lines()
    print(f"{'what':<44}{'here':>10} {'':<8}target")
    for line in measured:
        print(line)
    missed = sum(line.is_missed for line in measured)
    print(f"{len(measured)} targets, {missed} missed")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
