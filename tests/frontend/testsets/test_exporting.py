"""Exports on their page: asked for, watched, downloaded whole or in part, tried again, removed."""

import html
import io
import re
import shlex
import subprocess
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import exports, storage, tasks
from annotation.errors import CannotExport
from annotation.exports import downloads
from annotation.models import Export, TestSet
from tests.annotation.exports.exported import add_picture, export, frozen_set, lose

pytestmark = pytest.mark.django_db


@pytest.fixture
def test_set(researcher: User) -> TestSet:
    row = frozen_set(["0", "1"])
    row.study.researchers.add(researcher)
    return row


def address(name: str, test_set: TestSet) -> str:
    return reverse(f"frontend:{name}", args=[test_set.study.slug, test_set.name, test_set.revision])


def one(name: str, row: Export) -> str:
    return reverse(f"frontend:{name}", args=[row.test_set.study.slug, row.pk])


def link(row: Export) -> str:
    return reverse("frontend:download", args=[downloads.token_of(row)])


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_the_button_asks_for_an_export_once_and_the_page_shows_it(
    researcher_client: Client, test_set: TestSet, researcher: User
) -> None:
    for _ in range(2):
        page = researcher_client.post(address("export-request", test_set), {"layout": "webdataset"}, follow=True)
    row = Export.objects.get()
    assert (row.layout, row.state, row.requested_by) == ("webdataset", "open", researcher)
    assert "0 of 4 images written" in page.text
    assert 'hx-trigger="every 2s"' in page.text


def test_the_page_stops_asking_once_nothing_moves(researcher_client: Client, test_set: TestSet) -> None:
    export(test_set, "parquet")
    part = researcher_client.get(address("export-list", test_set), headers={"HX-Request": "true"})
    assert part.status_code == 286
    assert "<html" not in part.text
    assert "4 of 4" in part.text


def test_a_draft_is_not_exported(researcher_client: Client, test_set: TestSet) -> None:
    TestSet.objects.create(
        study=test_set.study, strategy="threshold", name="easier", revision=1, seed=0, built_at=timezone.now()
    )
    path = reverse("frontend:export-request", args=[test_set.study.slug, "easier", 1])
    assert researcher_client.post(path, {"layout": "parquet"}).status_code == 404
    assert not Export.objects.exists()


def test_an_unknown_layout_is_refused_in_words(researcher_client: Client, test_set: TestSet) -> None:
    page = researcher_client.post(address("export-request", test_set), {"layout": "../etc"}, follow=True)
    assert "There is no layout" in page.text


def test_an_export_may_go_to_a_bucket_that_the_operator_allows_and_nowhere_else(
    researcher_client: Client, test_set: TestSet, settings: Any
) -> None:
    path = address("export-request", test_set)
    assert 'name="bucket"' not in researcher_client.get(address("export-list", test_set)).text
    settings.EXPORT_BUCKETS = ["twins"]
    assert 'name="bucket"' in researcher_client.get(address("export-list", test_set)).text
    for elsewhere in ("/srv/export", "export.tar", "s3://others/x", "s3://twins", "file:///etc"):
        page = researcher_client.post(path, {"layout": "parquet", "bucket": elsewhere}, follow=True)
        assert "banner--danger" in page.text
    assert not Export.objects.exists()
    researcher_client.post(path, {"layout": "parquet", "bucket": "s3://twins/r1"})
    row = Export.objects.get()
    assert (row.target, row.address, row.state) == ("bucket", "s3://twins/r1", "open")


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
def test_a_download_is_a_whole_tar_of_what_a_folder_would_hold(
    layout: str, client: Client, test_set: TestSet, tmp_path: Any
) -> None:
    row = export(test_set, layout)
    export(test_set, layout, tmp_path / "folder")
    response = client.get(link(row))
    content = body(response)
    assert len(content) == int(response.headers["Content-Length"])
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
        assert archive.getnames()[-1] == "manifest.json"
    files = {path.relative_to(tmp_path / "folder"): path for path in (tmp_path / "folder").rglob("*")}
    for name, path in files.items():
        there = tmp_path / "unpacked" / name
        assert there.is_dir() if path.is_dir() else there.read_bytes() == path.read_bytes()
    assert f'filename="digits-twin-original-r1-{layout}.tar"' in response.headers["Content-Disposition"]


def test_a_download_that_broke_off_goes_on_anywhere(client: Client, test_set: TestSet) -> None:
    row = export(test_set, "imagefolder")
    whole = body(client.get(link(row)))
    for start in (0, 1, 511, 512, 513, len(whole) // 2, len(whole) - 1):
        part = client.get(link(row), headers={"Range": f"bytes={start}-"})
        assert part.status_code == 206
        assert part.headers["Content-Range"] == f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        assert body(part) == whole[start:], start
    assert body(client.get(link(row), headers={"Range": "bytes=700-1800"})) == whole[700:1801]
    assert client.get(link(row), headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    changed = client.get(link(row), headers={"Range": "bytes=9-", "If-Range": '"another"'})
    assert (changed.status_code, body(changed)) == (200, whole)


def test_the_command_on_the_page_downloads_and_goes_on(
    researcher_client: Client, live_server: Any, test_set: TestSet, tmp_path: Path
) -> None:
    row = export(test_set, "parquet")
    page = researcher_client.get(address("export-list", test_set))
    shown = re.search(r"<code>(curl .*?)</code>", page.text)
    assert shown is not None
    words = shlex.split(html.unescape(shown[1]).replace("http://testserver", live_server.url))
    saved = tmp_path / "digits-twin-original-r1-parquet.tar"
    whole = b"".join(downloads.Download(row).chunks())
    for begun in (b"", whole[:700]):
        saved.write_bytes(begun)
        subprocess.run([*words, "--silent"], cwd=tmp_path, check=True)
        assert saved.read_bytes() == whole
    saved.write_bytes(whole[:700])
    exports.remove(export=row, now=timezone.now())
    assert subprocess.run([*words, "--silent"], cwd=tmp_path, check=False).returncode == 22, "a page is no part of it"
    assert saved.read_bytes() == whole[:700]


def test_only_the_people_of_the_study_get_a_link_but_anybody_may_follow_it(
    researcher_client: Client, client: Client, stranger: User, test_set: TestSet
) -> None:
    row = export(test_set, "parquet")
    onward = researcher_client.get(one("export-download", row))
    assert onward.status_code == 302
    assert client.get(onward.headers["Location"]).status_code == 200
    client.force_login(stranger)
    assert client.get(one("export-download", row)).status_code == 404
    assert client.get(address("export-list", test_set)).status_code == 404


def test_an_expired_link_says_so_and_what_to_do(
    client: Client, test_set: TestSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = link(export(test_set, "parquet"))
    monkeypatch.setattr(downloads, "VALID", timedelta(seconds=-1))
    page = client.get(path)
    assert page.status_code == 410
    assert "has expired" in page.text
    assert "Take a new one" in page.text


def test_a_forged_link_opens_nothing(client: Client, test_set: TestSet) -> None:
    path = link(export(test_set, "parquet"))
    assert client.get(re.sub(r".{3}/$", "abc/", path)).status_code == 404


def test_a_failed_export_names_what_is_missing_and_goes_on_when_it_is_back(
    researcher_client: Client, test_set: TestSet
) -> None:
    researcher_client.post(address("export-request", test_set), {"layout": "imagefolder"})
    row = Export.objects.get()
    lost = lose(test_set, 2)
    tasks.write_export(row.pk)
    page = researcher_client.get(address("export-list", test_set))
    assert "Only 3 of 4 images could be written" in page.text
    assert lost in page.text
    add_picture(test_set.study, test_set.images.get(number=2).candidate.image)
    researcher_client.post(one("export-retry", row))
    tasks.write_export(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure) == ("finished", "")


@pytest.mark.parametrize("name", ["folder", "archive.tar"])
def test_what_a_command_failed_to_write_names_the_command_and_has_no_button(
    name: str, researcher_client: Client, test_set: TestSet, tmp_path: Path
) -> None:
    lose(test_set, 2)
    with pytest.raises(CannotExport):
        export(test_set, "imagefolder", tmp_path / name)
    row = Export.objects.get()
    page = researcher_client.get(address("export-list", test_set))
    assert one("export-retry", row) not in page.text
    assert f"export_test_set {test_set.citation} {tmp_path / name} --layout imagefolder" in page.text
    assert "What could be written is kept" not in page.text
    told = researcher_client.post(one("export-retry", row), follow=True)
    assert "Only the command" in told.text
    row.refresh_from_db()
    assert row.state == "failed"


def test_removed_files_are_gone_and_the_page_says_so(
    researcher_client: Client, test_set: TestSet, django_capture_on_commit_callbacks: Any
) -> None:
    row = export(test_set, "parquet")
    path = link(row)
    folder = storage.storages["default"].path(f"exports/{row.pk}")
    with django_capture_on_commit_callbacks(execute=True):
        page = researcher_client.post(one("export-remove", row), follow=True)
    assert "removed" in page.text
    assert researcher_client.get(path).status_code == 410
    assert researcher_client.get(one("export-download", row)).status_code == 410
    assert not storage.storages["default"].exists(folder)


def test_old_exports_are_removed_by_the_sweep(
    test_set: TestSet, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    old, new = export(test_set, "parquet"), export(test_set, "webdataset")
    Export.objects.filter(pk=old.pk).update(ended_at=timezone.now() - timedelta(days=settings.EXPORT_DAYS, hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.remove_old_exports()
    assert dict(Export.objects.values_list("pk", "state")) == {old.pk: "removed", new.pk: "finished"}
    again = exports.request(test_set=test_set, layout="parquet", now=timezone.now())
    assert again.pk not in (old.pk, new.pk)
