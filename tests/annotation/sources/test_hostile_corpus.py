"""Of a hostile corpus each part is taken or refused with a line that says why, and the rest is imported."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from annotation import candidates, imaging, storage
from annotation.candidates import IngestReport
from annotation.models import Candidate, Image, Origin, Study
from annotation.sources import CandidateRecord, FolderSource, ManifestSource, RefusedRecord
from annotation.sources.downloads import addresses, connecting
from tests import cast
from tests.annotation.sources import corpus
from tests.fakes.pictures import odd
from tests.fakes.web import WebServer, body

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::UserWarning:PIL")]


@pytest.fixture
def study() -> Study:
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    cast.target_class(study, "n02", "crane")
    return study


def ingest(study: Study, records: Iterable[CandidateRecord | RefusedRecord]) -> IngestReport:
    return candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW)


def refusals(report: IngestReport) -> dict[str, str]:
    return {each.source: each.reason for each in report.refusals}


def taken() -> set[str]:
    return set(Candidate.objects.values_list("source", flat=True))


def assert_refused(report: IngestReport, expected: dict[str, str]) -> None:
    got = refusals(report)
    assert got.keys() == expected.keys()
    assert {source: got[source] for source in got if expected[source] not in got[source]} == {}


def everything(root: Path) -> dict[str, tuple[int, int]]:
    """All that lies here but for the storage: sizes and times."""
    found = {}
    for folder, _, names in os.walk(root):
        if Path(folder).is_relative_to(root / "storage"):
            continue
        for name in names:
            path = Path(folder) / name
            found[str(path)] = (path.lstat().st_size, path.lstat().st_mtime_ns)
    return found


def stored(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "storage").rglob("*") if path.is_file()}


def test_a_hostile_folder(study: Study, tmp_path: Path) -> None:
    given = corpus.folder(tmp_path / "given" / "pool")
    before = everything(tmp_path)
    report = ingest(study, FolderSource(given.root))
    assert taken() == given.taken
    assert_refused(report, given.refused)
    assert report.num_created == len(given.taken)
    assert everything(tmp_path) == before


def test_of_a_hostile_folder_only_what_was_taken_is_stored_and_only_pixels_are_shown(
    study: Study, tmp_path: Path
) -> None:
    ingest(study, FolderSource(corpus.folder(tmp_path / "given" / "pool").root))
    rows = list(Image.objects.all())
    names = {row.sha256 for row in rows} | {row.rendition_sha256 for row in rows}
    assert {name.partition(".")[0] for name in stored(tmp_path)} == names
    for row in rows:
        assert corpus.SECRET not in storage.get("images", row.sha256)
        shown = storage.get("renditions", row.rendition_sha256)
        assert not [each for each in (*odd.TOLD, b"PK\x03\x04", b"<script", b"<?php") if each in shown]


def test_a_hostile_folder_again_changes_nothing(study: Study, tmp_path: Path) -> None:
    given = corpus.folder(tmp_path / "given" / "pool")
    first, before = ingest(study, FolderSource(given.root)), stored(tmp_path)
    second = ingest(study, FolderSource(given.root))
    assert (second.num_created, second.num_existing) == (0, first.num_created)
    assert refusals(second) == refusals(first)
    assert stored(tmp_path) == before


def test_a_hostile_manifest(study: Study, tmp_path: Path) -> None:
    given = corpus.manifest(tmp_path / "given" / "pool")
    before = everything(tmp_path)
    report = ingest(study, ManifestSource(given.root))
    assert taken() == given.taken
    assert_refused(report, given.refused)
    assert (report.num_created, report.num_existing) == (2, 2)
    assert everything(tmp_path) == before


@pytest.fixture
def private() -> Iterator[WebServer]:
    """A server within the network, which no download may reach."""
    with WebServer({"/secret.jpg": body(odd.jpeg(400))}) as server:
        yield server


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch, private: WebServer) -> Iterator[None]:
    """`public.example` leads to a public address, and `rebound.example` to the private server."""
    resolve = addresses.resolved
    known = {"rebound.example": ["127.0.0.1"], "both.example": ["93.184.215.14", "10.0.0.1"]}
    monkeypatch.setattr(addresses, "resolved", lambda host, port: known.get(host) or resolve(host, port))
    yield
    connecting.forget()


@pytest.mark.usefixtures("names")
def test_hostile_servers(
    study: Study, private: WebServer, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imaging, "MAX_BYTES", 2_000_000)
    pages = corpus.web(private.place)
    with WebServer({path: answer for path, (answer, _) in pages.items()}) as server:
        settings.DOWNLOAD_PRIVATE_HOSTS = [server.place]
        expected = {server.address + path: reason for path, (_, reason) in pages.items() if path != "/moved-here"}
        expected |= {
            f"http://{private.place}/secret.jpg": "only 80 and 443 are asked",
            "http://rebound.example/secret.jpg": "not public",
            "http://both.example/a.jpg": "not public",
            "http://[::ffff:169.254.169.254]/": "not public",
            "http://0x7f000001/": "not public",
            "http://rosa:secret@public.example/a.jpg": "a name or a password",
            "gopher://a.example/": "none of the web",
        }
        table = corpus.addresses(tmp_path / "given" / "pool.csv", expected)
        before = everything(tmp_path)
        report = ingest(study, ManifestSource(table))
    assert everything(tmp_path) == before
    good = {url for url, reason in expected.items() if not reason}
    assert taken() == good
    assert len(good) == 3
    shown = {url.replace("rosa:secret", "…"): reason for url, reason in expected.items() if reason}
    assert_refused(report, shown)
    assert private.num_connections == 0
