"""Pictures of the quality and planning pages on 924,810 real judgements: `make real-screens`.

Needs TWINSET_REFERENCE_DIR. The judgements are imported into a study of the local server once; the pictures go to
`var/screens`.
"""

import os
import sys
import time
from pathlib import Path

import django
from playwright.sync_api import sync_playwright

from config import services
from tests.browser import chromium

SLUG = "reassessed-imagenet"
NAMES = {
    "real-quality": "/studies/{slug}/quality/",
    "real-plan": "/studies/{slug}/plan/",
    "real-top-up": "/studies/{slug}/top-up/",
    "real-frequencies": "/studies/{slug}/frequencies/",
}


def timed(what: str, begin: float) -> None:
    print(f"{time.perf_counter() - begin:6.1f} s  {what}")


def study_of_real_judgements(folder: Path) -> None:
    """Imported, counted, fitted and reviewed."""
    from django.core.management import call_command
    from django.utils import timezone

    from annotation import frequencies, quality, studies
    from annotation.models import Study

    call_command("migrate", verbosity=0)
    study = Study.objects.filter(slug=SLUG).first()
    study = study or studies.create(slug=SLUG, name="Reassessed ImageNet", now=timezone.now())
    if not study.candidates.exists():
        begin = time.perf_counter()
        call_command(
            "import_judgements",
            str(folder / "raters" / "judgements_all_long.csv.gz"),
            study=SLUG,
            worker_column="rater_id",
            class_column="asked_wnid",
            selected_column="vote",
            selected_value=["yes"],
            origin_column="is_original_label",
            original_value=["1"],
            create_candidates=True,
            create_classes=True,
        )
        timed("imported", begin)
    begin = time.perf_counter()
    frequencies.recompute_stale(study=study, now=timezone.now())
    timed("counted", begin)
    begin = time.perf_counter()
    frequencies.fit_mixtures(study=study, now=timezone.now())
    timed("fitted", begin)
    begin = time.perf_counter()
    quality.review(study=study, now=timezone.now())
    timed("reviewed", begin)


def main() -> None:
    folder = os.environ.get("TWINSET_REFERENCE_DIR")
    if not folder:
        sys.exit("TWINSET_REFERENCE_DIR is not set; it names the folder of published reference data.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tests.browser import screens

    study_of_real_judgements(Path(folder))
    session = screens.session_of_an_admin()
    with services.web(port=services.free_port()) as address, sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        if browser is None:
            sys.exit(chromium.HOW_TO_INSTALL)
        screens.take(browser, address, session, SLUG, NAMES)
        browser.close()


if __name__ == "__main__":
    main()
