"""From where pages and programs may take in: nowhere, but for what the operator names."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation import collecting
from annotation.collecting.opening import opened
from annotation.errors import CannotCollect
from annotation.models import Origin, Study
from tests import cast
from tests.annotation.collecting.collected import claimed

pytestmark = pytest.mark.django_db
POOL = Origin.POOL


@pytest.fixture
def shared(folder: Path, settings: Any) -> Path:
    """The folder that holds the folder of images."""
    settings.COLLECT_FROM = [str(folder.parent)]
    return folder.parent


def test_nothing_of_the_server_may_be_named_unless_the_operator_says_so(folder: Path, settings: Any) -> None:
    settings.COLLECT_S3 = settings.COLLECT_S3 | {"access_key": "key"}
    with pytest.raises(CannotCollect, match="COLLECT_FROM"):
        collecting.allowed(address=str(folder), origin=POOL)
    with pytest.raises(CannotCollect, match="COLLECT_BUCKETS"):
        collecting.allowed(address="s3://somewhere/images", origin=POOL)
    with pytest.raises(CannotCollect, match="FLICKR_API_KEY"):
        collecting.searched(options={}, origin=POOL)


@pytest.mark.parametrize("address", ["images", "{shared}/images", "./images/../images"])
def test_a_folder_within_is_named_by_its_whole_path_or_from_there(address: str, shared: Path) -> None:
    wanted = collecting.allowed(address=address.format(shared=shared), origin=POOL)
    assert (wanted.kind, wanted.address) == ("folder", str(shared.resolve() / "images"))


@pytest.mark.parametrize("address", ["/etc", "../..", "nothing", "link", "images/\0", "link/1", "{shared}x"])
def test_what_leads_out_is_not_told_from_what_is_not_there(
    address: str, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "1").mkdir()
    (shared / "link").symlink_to(outside)
    with pytest.raises(CannotCollect, match=r"There is no .* in the folders|can't be printed"):
        collecting.allowed(address=address.format(shared=shared), origin=POOL)


def test_what_stands_for_several_files_is_named_by_the_folder_that_they_lie_in(shared: Path) -> None:
    (shared / "shards").mkdir()
    wanted = collecting.allowed(address="shards/train-{000..009}.tar", origin=POOL)
    assert (wanted.kind, wanted.address) == ("webdataset", f"{shared.resolve()}/shards/train-{{000..009}}.tar")
    with pytest.raises(CannotCollect, match="There is no"):
        collecting.allowed(address="../train-{000..009}.tar", origin=POOL)


@pytest.mark.parametrize("address", ["s3://KEY:SECRET@pictures/x", "s3://", "s3:///x"])
def test_no_key_is_kept_with_an_address(address: str) -> None:
    with pytest.raises(CannotCollect, match="no name of a bucket"):
        collecting.named(address=address, origin=POOL)


def test_a_folder_that_became_a_link_meanwhile_is_not_followed(
    study: Study, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    row = collecting.request(study=study, wanted=collecting.allowed(address="images", origin=POOL), now=timezone.now())
    (shared / "images").rename(shared / "others")
    (shared / "images").symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(CannotCollect):
        collecting.run(held=claimed(row), clock=timezone.now)
    (shared / "images").unlink()
    (shared / "images").symlink_to(shared / "others")
    with pytest.raises(CannotCollect, match="is a link by now"), opened(row):
        pass


def test_what_a_command_began_is_resumed_by_the_queue_only_where_that_may_read(
    study: Study, folder: Path, settings: Any
) -> None:
    wanted = collecting.named(address=str(folder), origin=POOL)
    row = collecting.request(study=study, wanted=wanted, now=timezone.now(), is_queued=False)
    collecting.stop(collection=row, now=timezone.now())
    with pytest.raises(CannotCollect, match="COLLECT_FROM"):
        collecting.resume_queued(collection=row, now=timezone.now())
    settings.COLLECT_FROM = [str(folder.resolve())]
    assert collecting.resume_queued(collection=row, now=timezone.now()).is_queued


def test_what_may_be_named_is_offered(shared: Path) -> None:
    (shared / "table.csv").write_text("path,class_id\n")
    (shared / "notes.txt").write_text("")
    (shared / ".hidden").mkdir()
    assert collecting.listed() == [str(shared.resolve() / name) for name in ("images", "table.csv")]


def test_public_buckets_are_for_everybody_as_long_as_nobody_signs_for_them(settings: Any) -> None:
    assert collecting.allowed(address="s3://public/images", origin=POOL).kind == "s3"
    for name in ("access_key", "endpoint_url"):
        settings.COLLECT_S3 = dict.fromkeys(settings.COLLECT_S3, "") | {name: "x"}
        with pytest.raises(CannotCollect, match="COLLECT_BUCKETS"):
            collecting.allowed(address="s3://public/images", origin=POOL)
    settings.COLLECT_BUCKETS = ["public"]
    assert collecting.allowed(address="s3://public/table.csv", origin=POOL).kind == "manifest"


def test_the_storage_itself_is_no_source(settings: Any) -> None:
    settings.COLLECT_BUCKETS = ["pictures", "own"]
    settings.STORAGE_BUCKET = "own"
    assert collecting.buckets() == ["s3://pictures/"]
    with pytest.raises(CannotCollect, match="COLLECT_BUCKETS"):
        collecting.allowed(address="s3://own/images", origin=POOL)


def test_a_table_that_is_handed_in_reaches_no_file_of_the_server(study: Study, folder: Path) -> None:
    secret = folder / "1" / "000.png"
    table = f"path,class_id\n{secret},1\n../../../../{secret.relative_to('/')},1\n000.png,1\n".encode()
    wanted = collecting.uploaded(name="C:\\x/mine.csv", content=table, origin=POOL)
    assert (wanted.kind, wanted.address) == ("upload", "mine.csv")
    row = collecting.request(study=study, wanted=wanted, now=timezone.now())
    assert collecting.run(held=claimed(row), clock=timezone.now)
    row.refresh_from_db()
    assert (row.num_read, row.num_refused, study.candidates.count()) == (3, 3, 0)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("pictures.zip", b"PK", "is no table: hand in one that ends in .csv"),
        ("", b"x", "is no table"),
        ("a.csv", b"", "is empty"),
    ],
)
def test_what_is_no_table_is_refused(name: str, content: bytes, complaint: str) -> None:
    with pytest.raises(CannotCollect, match=complaint):
        collecting.uploaded(name=name, content=content, origin=POOL)


def test_flickr_is_told_all_options_whatever_later_defaults_are(settings: Any, study: Study) -> None:
    settings.FLICKR_API_KEY = "key"
    wanted = collecting.searched(options={"per_query": 7}, origin=POOL)
    assert (wanted.kind, wanted.options["per_query"], wanted.options["sort"]) == ("flickr", 7, "relevance")
    with pytest.raises(CannotCollect, match="per_query is 0"):
        collecting.searched(options={"per_query": 0}, origin=POOL)
    cast.target_class(study, "2", "two")
