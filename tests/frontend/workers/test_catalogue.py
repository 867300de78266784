"""The files of translations: complete, true to their sources, and as they were compiled."""

import gettext
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[3]
LOCALE = ROOT / "frontend" / "locale"
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
MARKUP = re.compile(r"</?\w+|&|\\?\"")
needs_msgfmt = pytest.mark.skipif(not shutil.which("msgfmt"), reason="needs GNU gettext: apt-get install gettext")
needs_xgettext = pytest.mark.skipif(not shutil.which("xgettext"), reason="needs GNU gettext: apt-get install gettext")


@dataclass
class Entry:
    """A text and its translations, one for each plural form."""

    flags: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        return [text for key, text in self.texts.items() if key in ("msgid", "msgid_plural")]

    @property
    def translations(self) -> list[str]:
        return [text for key, text in self.texts.items() if key.startswith("msgstr")]

    @property
    def name(self) -> tuple[str, str]:
        return self.texts.get("msgctxt", ""), self.texts["msgid"]


def entries(path: Path) -> Iterator[Entry]:
    """All but the header, which is the text without a source."""
    for block in path.read_text().split("\n\n"):
        entry, key = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags += line
            elif found := re.match(r'(msg\w+(?:\[\d\])?) "(.*)"$', line):
                key = found[1]
                entry.texts[key] = found[2]
            elif line.startswith('"'):
                entry.texts[key] += line[1:-1]
        if entry.texts.get("msgid"):
            yield entry


def test_every_language_has_its_catalogue() -> None:
    others = {code for code, _ in settings.LANGUAGES} - {"en"}
    assert {path.parts[-3] for path in CATALOGUES} == others


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_nothing_is_untranslated_or_guessed(path: Path) -> None:
    found = list(entries(path))
    assert len(found) > 150
    assert [entry.name for entry in found if not all(text.strip() for text in entry.translations)] == []
    assert [entry.name for entry in found if "fuzzy" in entry.flags] == []
    assert "#~" not in path.read_text()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_plural_form_is_there(path: Path) -> None:
    forms = int(re.findall(r"nplurals=(\d)", path.read_text())[0])
    for entry in entries(path):
        assert len(entry.translations) == (forms if "msgid_plural" in entry.texts else 1), entry.name


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_translations_keep_placeholders_and_markup(path: Path) -> None:
    for entry in entries(path):
        for form, text in enumerate(entry.translations):
            says_its_number = "msgid_plural" in entry.texts and form in (1, 2)  # "one image", "two images"
            for pattern in [MARKUP] if says_its_number else [MARKUP, PLACEHOLDER]:
                assert sorted(pattern.findall(text)) == sorted(pattern.findall(entry.sources[-1])), entry.name


@needs_msgfmt
@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_what_the_text_compiles_to(path: Path, tmp_path: Path) -> None:
    subprocess.run(["msgfmt", "--check", "-o", tmp_path / "fresh.mo", path], check=True)
    fresh, kept = tmp_path / "fresh.mo", path.with_suffix(".mo")
    assert catalogue(kept) == catalogue(fresh)


def catalogue(path: Path) -> dict[object, str]:
    with path.open("rb") as file:
        return dict(vars(gettext.GNUTranslations(file))["_catalog"])


@needs_xgettext
@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_catalogue_holds_the_texts_of_the_sources_and_no_others(path: Path, tmp_path: Path) -> None:
    for name in ("annotation", "evaluation", "frontend", "config", "manage.py", "Makefile"):
        copy = shutil.copy2 if (ROOT / name).is_file() else shutil.copytree
        copy(ROOT / name, tmp_path / name)
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (bin_folder / "python").chmod(0o755)
    (bin_folder.parent / "installed").touch()
    code = path.parts[-3]
    make = ["make", "--silent", "-o", ".venv/installed", "messages", f"LANGUAGES={code}"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}  # tests have others, and are not copied
    subprocess.run(make, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / path.relative_to(ROOT)).read_text() == path.read_text()
