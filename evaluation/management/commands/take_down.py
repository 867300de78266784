from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from annotation import takedowns
from annotation.errors import AnnotationError
from annotation.models import Candidate, Image, TakeDown


class Command(BaseCommand):
    help = "Remove pictures for good, from all studies; without --confirm it only says what that would change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--candidate", type=int, nargs="+", default=[], metavar="ID")
        parser.add_argument(
            "--sha256", nargs="+", default=[], metavar="HASH", help="of files as they came, also of examples"
        )
        parser.add_argument("--page", nargs="+", default=[], metavar="ADDRESS", help="of the page or the file")
        parser.add_argument("--ground", choices=TakeDown.Ground.values, help="why")
        parser.add_argument("--note", default="", help="who asked, and where that is written")
        parser.add_argument("--by", metavar="NAME", help="the account of who does it")
        parser.add_argument("--confirm", metavar="FINGERPRINT", help="of what was shown without it: do it")

    def handle(self, *args: Any, **options: Any) -> None:
        named: dict[str, Any] = {"candidates": _candidates(options), "images": _images(options["sha256"])}
        try:
            if options["confirm"] is None:
                self._show(takedowns.preview(**named, now=timezone.now()))
                return
            told = takedowns.Told(_ground(options["ground"]), options["note"], options["confirm"])
            by = _person(options["by"])
            done = takedowns.take_down(**named, told=told, now=timezone.now(), by=by)
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            self.style.SUCCESS(f"{done.num_pictures:,} pictures are gone, of {done.num_candidates:,} candidates.")
        )
        for address in done.exported_to:
            self.stdout.write(self.style.WARNING(f"A copy lies in {address}, or may: remove it yourself."))

    def _show(self, preview: takedowns.Preview) -> None:
        for field in fields(preview):
            value = getattr(preview, field.name)
            said = ", ".join(value) or "–" if isinstance(value, list) else value
            self.stdout.write(f"{field.name.removeprefix('num_').replace('_', ' '):>16}  {said}")
        self.stdout.write(
            "Nothing is removed yet. To do it, give the same again with --ground, --note, --by and "
            f"--confirm {preview.fingerprint}"
        )


def _candidates(options: dict[str, Any]) -> list[int]:
    """By number or address; one of none is an error, as it may be misspelt."""
    if not (options["candidate"] or options["sha256"] or options["page"]):
        raise CommandError("Say which pictures: --candidate, --sha256 or --page.")
    ids = set(options["candidate"])
    for text in options["page"]:
        of_page = Q(page_url=text) | Q(source=text, source__startswith="http")  # and no name of a file
        found = Candidate.objects.with_picture().filter(of_page).values_list("pk", flat=True)
        if not found:
            raise CommandError(f"No candidate with a picture has --page {text}.")
        ids.update(found)
    return sorted(ids)


def _images(hashes: list[str]) -> list[int]:
    """Of candidates and of examples."""
    found = dict(Image.objects.filter(sha256__in=hashes).values_list("sha256", "pk"))
    for text in hashes:
        if text not in found:
            raise CommandError(f"No picture here has --sha256 {text}.")
    return sorted(found.values())


def _ground(value: str | None) -> TakeDown.Ground:
    if value is None:
        raise CommandError(f"Say why: --ground {', '.join(TakeDown.Ground.values)}.")
    return TakeDown.Ground(value)


def _person(name: str | None) -> User:
    found = User.objects.filter(username=name or "", is_superuser=True, is_active=True).first()
    if found is None:
        raise CommandError("Say who does it: --by with the name of an administrator's account.")
    return found
