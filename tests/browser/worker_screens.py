"""Pictures of a worker's way for docs/workers.md, from a study made for them alone: `make worker-screens`.

The images are pieces of the two photographs that come with scikit-learn.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import numpy as np
import psycopg
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from psycopg import sql
from sklearn.datasets import load_sample_images

from config import embedded, services
from tests.browser import chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
VIEWS = [(1440, 900), (360, 740)]
QUALITY = 82
NUM_EXAMPLES = 5
NUM_ORIGINALS, NUM_POOL = 16, 150
GUIDELINES = "A petal is enough, also out of focus. Leaves and stems alone are not a flower."


@contextmanager
def database(name: str, *, template: str = "template1") -> Iterator[str]:
    """A database of its own, empty or a copy of another, dropped after."""
    server = embedded.database_url()
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(create)
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(drop)


def pieces(photograph: Any, count: int, rng: np.random.Generator) -> list[bytes]:
    """Parts of a photograph, of different sizes and shapes, as JPEG files."""
    whole = Image.fromarray(photograph)
    found = []
    for _ in range(count):
        height = int(rng.integers(110, 230))
        width = int(height * rng.uniform(0.8, 1.5))
        left, top = int(rng.integers(0, whole.width - width)), int(rng.integers(0, whole.height - height))
        piece = whole.crop((left, top, left + width, top + height))
        if rng.random() < 0.5:
            piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        buffer = io.BytesIO()
        piece.resize((width * 2, height * 2), Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=90)
        found.append(buffer.getvalue())
    return found


def invitation() -> str:
    """The path of an invitation to a study of flowers and temples."""
    from django.utils import timezone

    from annotation import candidates, examples, grids, hits, studies, workers
    from annotation.models import Origin
    from annotation.platforms import local
    from annotation.sources.base import CandidateRecord

    now, rng = timezone.now(), np.random.default_rng(3)
    temple, flower = load_sample_images().images
    study = studies.create(
        slug="flowers",
        name="Flowers, seen again",
        now=now,
        description="We build a test set of photographs a second time, to see how much computers really recognise.",
        contact="Rosa Rossi, Institute of Botany, rosa@example.org",
    )
    study.guidelines = GUIDELINES
    study.save(update_fields=["guidelines"])
    classes = [
        studies.TargetClassSpec(
            "n11669921", "flower", ["bloom", "blossom"], "the part of a plant that makes its seeds"
        ),
        studies.TargetClassSpec("n04407686", "temple", [], "a building for worship"),
    ]
    rows = studies.add_target_classes(study=study, classes=classes)
    studies.set_nearest_classes(study=study, nearest={"n11669921": "n04407686", "n04407686": "n11669921"})
    for row, mine, other in [(rows[0], flower, temple), (rows[1], temple, flower)]:
        taught = [(content, True) for content in pieces(mine, NUM_EXAMPLES, rng)]
        taught += [(content, False) for content in pieces(other, NUM_EXAMPLES, rng)]
        for number, (content, shows) in enumerate(taught if row == rows[0] else []):
            spec = examples.ExampleSpec(content, f"{number}.jpg", shows, "" if shows else "This is a building.")
            examples.add(target_class=row, spec=spec, now=now)
        for origin, contents in [
            (Origin.ORIGINAL, pieces(mine, NUM_ORIGINALS, rng)),
            (Origin.POOL, pieces(mine, NUM_POOL // 2, rng) + pieces(other, NUM_POOL // 2, rng)),
        ]:
            records = [
                CandidateRecord(f"{origin}-{n}.jpg", row.class_id, lambda content=content: content)
                for n, content in enumerate(contents)
            ]
            candidates.ingest(study=study, origin=origin, records=records, now=now)
    composed = grids.compose(study=study, now=now).grids
    for grid in composed:
        grids.make_sheets(grid=grid)
    terms = hits.Terms(num_assignments=10, pay_minor_units=30, currency="EUR")
    hits.launch(study=study, grids=composed, terms=terms, now=now)
    return f"/join/{local.invitation_token(workers.invite_everyone(study=study, now=now))}/"


def keep(page: Page, name: str, *, whole: bool = False) -> None:
    page.wait_for_load_state("networkidle")
    width = page.viewport_size["width"] if page.viewport_size else 0
    picture = Image.open(io.BytesIO(page.screenshot(full_page=whole)))
    picture.convert("RGB").save(FOLDER / f"{name}-{width}.webp", quality=QUALITY)


def flowers(page: Page) -> list[Locator]:
    """The tiles of what is orange, as the flower is."""
    page.wait_for_load_state("networkidle")
    found = []
    for tile in page.locator(".tile").all()[:24]:
        pixels = np.asarray(Image.open(io.BytesIO(tile.screenshot())).convert("RGB"), dtype=float)
        is_orange = (pixels[..., 0] > 150) & (pixels[..., 0] - pixels[..., 2] > 60)
        if is_orange.mean() > 0.12:
            found.append(tile)
    page.evaluate("scrollTo(0, 0)")
    return found


def walk(browser: Browser, address: str, width: int, height: int) -> None:
    """From the invitation to the last page, as one worker."""
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
    page = context.new_page()
    page.goto(address)
    keep(page, "consent", whole=True)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".tile")
    for tile in flowers(page)[:3]:
        tile.click()
    page.get_by_role("button", name="Check my answers").click()
    page.wait_for_load_state("load")
    keep(page, "practice")
    page.get_by_role("button", name="Start working").click()
    page.wait_for_selector("[data-count]")
    for tile in flowers(page)[:7]:
        tile.click()
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(0, 0)
    keep(page, "grid")
    page.locator("input[name=selected]").nth(4).press("Enter")
    page.wait_for_selector("dialog[open] img")
    keep(page, "zoom")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("Saved, receipt").wait_for()
    page.get_by_role("button", name="I am done for today").click()
    page.get_by_role("heading", name="That is it for today").wait_for()
    keep(page, "done", whole=True)
    context.close()


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with database("twinset_screens") as url:
        os.environ["DATABASE_URL"] = url
        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        path = invitation()
        with services.web(port=services.free_port()) as address, sync_playwright() as playwright:
            browser = chromium.launch(playwright)
            if browser is None:
                sys.exit(chromium.HOW_TO_INSTALL)
            for width, height in VIEWS:
                walk(browser, address + path, width, height)
            browser.close()
        connection.close()


if __name__ == "__main__":
    main()
