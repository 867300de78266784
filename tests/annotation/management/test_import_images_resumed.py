"""import_images, stopped and given again: what is done is not done again, and the account goes on."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from annotation import collecting
from annotation.candidates import preparing
from annotation.errors import SourceBusy, UnreadableSource
from annotation.management.commands import import_images
from annotation.models import Collection, Study
from tests.annotation.collecting import collected
from tests.annotation.collecting.collected import WHOLE, at_chunk, counts, sources

pytestmark = pytest.mark.django_db
ALL = (11, 10, 0, 0, 1)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "FILES_PER_CHUNK", 3)


@pytest.fixture
def study() -> Study:
    return collected.study()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return collected.folder(tmp_path / "images")


def run(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command("import_images", *words, **{"study": "digits", "origin": "pool", "stdout": out} | options)
    return out.getvalue()


def broken_off(monkeypatch: pytest.MonkeyPatch, chunk: int, error: type[BaseException], folder: Path) -> str:
    """What the command says that is given up while this chunk is stored."""

    def break_off() -> None:
        raise error

    out = StringIO()
    on_chunk = at_chunk(chunk, break_off)
    monkeypatch.setattr(import_images.Command, "_show_progress", lambda command, row: on_chunk(row))
    with pytest.raises((error, SystemExit)):
        call_command("import_images", str(folder), study="digits", origin="pool", stdout=out)
    return out.getvalue()


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = broken_off(monkeypatch, 3, KeyboardInterrupt, folder)
    row = Collection.objects.get()
    assert (row.state, row.num_read, row.is_queued) == ("stopped", 6, False)
    assert f"Stopped after 6 files. Go on with: import_images --study digits --resume {row.pk}" in said
    said = run(resume=row.pk, origin=None)
    assert f"Going on with collection {row.pk}, which has read 6 files so far." in said
    assert "11 files: 10 imported, 0 were there already, 1 refused." in said
    assert (counts(row), row.state, sources()) == (ALL, "finished", WHOLE)


def test_the_same_command_after_a_kill_goes_on_at_once_on_the_same_machine(
    study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(collecting, "stop", lambda **told: pytest.fail("nobody says goodbye when they are killed"))
        broken_off(patch, 2, collected.DeadError, folder)
    row = Collection.objects.get()
    assert (row.state, row.num_read) == ("open", 3)
    said = run(str(folder))
    assert f"Going on with collection {row.pk}, which has read 3 files so far." in said
    assert (counts(row), sources(), Collection.objects.count()) == (ALL, WHOLE, 1)


def test_a_command_of_another_machine_is_not_disturbed(study: Study, folder: Path) -> None:
    row = collected.asked(study, folder)
    collected.claimed(row, "elsewhere-1")
    with pytest.raises(CommandError, match=r"elsewhere-1 takes in collection .* if it was killed, .* is free at"):
        run(str(folder))


def test_given_again_after_the_end_it_passes_over_everything(study: Study, folder: Path, tmp_path: Path) -> None:
    run(str(folder))
    said = run(str(folder), report=str(tmp_path / "report.csv"))
    assert "11 files: 0 imported, 10 were there already, 1 refused." in said
    assert Collection.objects.count() == 2
    assert (tmp_path / "report.csv").read_text().count("1/004x.png") == 1


def test_a_failure_is_kept_with_the_collection_and_the_report_is_written(
    study: Study, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**told: Any) -> bool:
        raise UnreadableSource("The disk has gone.")

    monkeypatch.setattr(collecting, "run", broken)
    with pytest.raises(CommandError, match=r"The disk has gone\. .* --resume \d+"):
        run(str(folder), report=str(tmp_path / "report.csv"))
    assert Collection.objects.get().failure == "The disk has gone."
    assert (tmp_path / "report.csv").read_text() == "source,reason\n"


def test_a_busy_source_is_waited_for(study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, waits = collecting.run, []

    def busy(**told: Any) -> bool:
        if waits:
            return real(**told)
        raise SourceBusy("Too many requests.", seconds=90)

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        Collection.objects.update(come_back_at=timezone.now() - timedelta(seconds=1))

    monkeypatch.setattr(collecting, "run", busy)
    monkeypatch.setattr(import_images.time, "sleep", sleep)
    assert "Too many requests. Going on at " in run(str(folder))
    assert [round(seconds) for seconds in waits] == [90]
    assert sources() == WHOLE


@pytest.mark.parametrize(
    ("words", "options", "complaint"),
    [
        ([], {}, "Name one"),
        (["images"], {"resume": 1}, "Name one"),
        ([], {"resume": 10**6}, "The study has no collection 1000000"),
        (["images"], {"origin": None}, "Say with --origin"),
        ([], {"flickr": "options.json"}, "can't be read"),
    ],
)
def test_what_is_not_asked_for_rightly_says_why(
    study: Study, words: list[str], options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(*words, **options)
    assert not Collection.objects.exists()


def test_options_of_flickr_that_can_not_be_are_told(study: Study, tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "options.json"
    path.write_text(json.dumps({"per_query": 10}))
    settings.FLICKR_API_KEY = ""
    with pytest.raises(CommandError, match="FLICKR_API_KEY"):
        run(flickr=str(path))
    settings.FLICKR_API_KEY = "key"
    for content, complaint in (('{"per_query": 0}', "per_query is 0"), ("[]", "holds no JSON object")):
        path.write_text(content)
        with pytest.raises(CommandError, match=complaint):
            run(flickr=str(path))
