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
from annotation.sources.classes import ClassRecord, Given, read_classes
from annotation.sources.classes.table import BETWEEN, FIELDS


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
            metavar="FILE|FOLDER",
            help=f"JSON (a list of objects) or CSV with {', '.join(sorted(FIELDS))}; "
            "class_id and name are needed; links are objects with text and url; in CSV, synonyms, wider_words and "
            f"links are divided by {BETWEEN}, and a link is its text, a space and its address; or any other list that "
            "import_classes reads",
        )
        parser.add_argument(
            "--author",
            action="append",
            default=[],
            metavar="NAME",
            help='whom citations name, as "Family, Given"; without a comma, an organisation; may be repeated',
        )
        parser.add_argument("--researcher", action="append", default=[], metavar="USERNAME")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            records = read_classes(Given.at(Path(options["classes"]))) if options["classes"] else []
            with transaction.atomic():
                study = self._create(options, records)
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Study {study.slug} with {study.target_classes.count():,} classes."))

    def _create(self, options: dict[str, Any], records: list[ClassRecord]) -> Study:
        given = {key: options[key] for key in ("slug", "name", "seed", "contact", "description")}
        study = studies.create(now=timezone.now(), **given)
        path = options["guidelines_file"]
        studies.instruct(
            study=study,
            guidelines=_read_text(Path(path)) if path else "",
            content_warning=options["content_warning"],
            photographs_only=options["photographs_only"],
        )
        studies.name_authors(study=study, authors="\n".join(options["author"]))
        for username in options["researcher"]:
            user = get_user_model().objects.filter(username=username).first()
            if user is None:
                raise CommandError(f"There is no account {username!r}; make it in the admin first.")
            studies.add_researcher(study=study, user=user)
        studies.add_target_classes(study=study, classes=[studies.spec_of(record) for record in records])
        nearest = {record.class_id: record.nearest[0] for record in records if record.nearest}
        studies.set_nearest_classes(study=study, nearest=nearest)
        return study


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} can't be read as UTF-8 text: {error}.") from error
