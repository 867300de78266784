import csv
import io
import json
from argparse import BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from annotation import studies
from annotation.errors import AnnotationError
from annotation.models import Study
from annotation.studies import LinkSpec, TargetClassSpec

FIELDS = {"class_id", "name", "synonyms", "definition", "links", "nearest"}
BETWEEN = "|"


class Command(BaseCommand):
    help = "Make a study with its target classes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slug", required=True, help="the study's address: letters, digits, hyphens")
        parser.add_argument("--name", required=True)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--contact", default="", help="who runs the study; shown to workers")
        parser.add_argument("--description", default="")
        parser.add_argument("--guidelines-file", type=Path, metavar="FILE", help="text with further rules for workers")
        parser.add_argument("--content-warning", default="", help="what may upset a worker; shown before they agree")
        parser.add_argument(
            "--photographs-only",
            action=BooleanOptionalAction,
            default=True,
            help="tell workers to leave out drawings, paintings and computer graphics",
        )
        parser.add_argument(
            "--classes",
            type=Path,
            metavar="FILE",
            help=f"JSON (a list of objects) or CSV with {', '.join(sorted(FIELDS))}; "
            "class_id and name are needed; links are objects with text and url; in CSV, synonyms and links are "
            f"divided by {BETWEEN}, and a link is its text, a space and its address",
        )
        parser.add_argument("--researcher", action="append", default=[], metavar="USERNAME")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = _read_classes(Path(options["classes"])) if options["classes"] else []
            with transaction.atomic():
                study = self._create(options, rows)
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Study {study.slug} with {study.target_classes.count():,} classes."))

    def _create(self, options: dict[str, Any], rows: list[dict[str, Any]]) -> Study:
        given = {key: options[key] for key in ("slug", "name", "seed", "contact", "description")}
        study = studies.create(now=timezone.now(), **given)
        path = options["guidelines_file"]
        studies.instruct(
            study=study,
            guidelines=_read_text(Path(path)) if path else "",
            content_warning=options["content_warning"],
            photographs_only=options["photographs_only"],
        )
        for username in options["researcher"]:
            user = get_user_model().objects.filter(username=username).first()
            if user is None:
                raise CommandError(f"There is no account {username!r}; make it in the admin first.")
            studies.add_researcher(study=study, user=user)
        studies.add_target_classes(study=study, classes=[_spec(row) for row in rows])
        nearest = {row["class_id"]: row["nearest"] for row in rows if row.get("nearest")}
        studies.set_nearest_classes(study=study, nearest=nearest)
        return study


def _read_classes(path: Path) -> list[dict[str, Any]]:
    text = _read_text(path)
    rows = _rows_of_csv(text) if path.suffix.lower() == ".csv" else _rows_of_json(text, path)
    for number, row in enumerate(rows, 1):
        _check(row, number)
    return rows


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} can't be read as UTF-8 text: {error}.") from error


def _rows_of_json(text: str, path: Path) -> list[Any]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not JSON: {error}.") from error
    if not isinstance(rows, list):
        raise CommandError(f"{path} must hold a list with an object for each class.")
    return rows


def _rows_of_csv(text: str) -> list[Any]:
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise CommandError(f"The classes are not a CSV table: {error}.") from error
    for row in rows:
        row["synonyms"] = _parts(row.pop("synonyms", ""))
        links = [part.strip().rpartition(" ") for part in _parts(row.pop("links", ""))]
        row["links"] = [{"text": text, "url": url} for text, _, url in links]
    return rows


def _parts(cell: str | None) -> list[str]:
    return [part for part in (cell or "").split(BETWEEN) if part.strip()]


def _check(row: Any, number: int) -> None:
    if not isinstance(row, dict):
        raise CommandError(f"Class {number} is not an object with class_id and name.")
    unknown = [str(key) for key in row if key not in FIELDS]
    if unknown:
        raise CommandError(f"Class {number} has the field {unknown[0]!r}; known are {', '.join(sorted(FIELDS))}.")
    synonyms = row.get("synonyms") or []
    texts = [row.get("class_id"), row.get("name"), row.get("definition") or "", row.get("nearest") or ""]
    if not isinstance(synonyms, list) or not all(isinstance(text, str) for text in [*texts, *synonyms]):
        raise CommandError(f"Class {number} needs class_id and name as text, and synonyms, if any, as a list of texts.")
    links = row.get("links") or []
    if not isinstance(links, list) or not all(_is_link(link) for link in links):
        raise CommandError(f"Class {number} needs its links, if any, as a list of objects with text and url.")


def _is_link(link: Any) -> bool:
    return isinstance(link, dict) and set(link) == {"text", "url"} and all(isinstance(v, str) for v in link.values())


def _spec(row: dict[str, Any]) -> TargetClassSpec:
    return TargetClassSpec(
        class_id=row["class_id"],
        name=row["name"],
        synonyms=tuple(row.get("synonyms") or ()),
        definition=row.get("definition") or "",
        links=tuple(LinkSpec(link["text"], link["url"]) for link in row.get("links") or ()),
    )
