"""Exports to an S3-compatible service: a real server on loopback, uploads in parts, deaths in between."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from moto.server import ThreadedMotoServer

from annotation import exports, storage
from annotation.errors import CannotExport
from annotation.exports import downloads, webdataset
from annotation.exports.targets import bucket, remove_kept
from annotation.models import Export, TestSet
from tests.annotation.exports.exported import NUMBERS, content_of, export, frozen_set

pytestmark = pytest.mark.django_db
BIG = (1500, 1000)  # a PNG of noise of 4.5 MB: a shard of four takes several parts
MIB = 2**20


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(server: str, settings: Any) -> Any:
    """A client; the bucket is one that exports may go to."""
    settings.S3_CLIENT = {
        "endpoint_url": server,
        "aws_access_key_id": "key",
        "aws_secret_access_key": "secret",
        "region_name": "us-east-1",
    }
    settings.EXPORT_BUCKETS = ["twins"]
    client = boto3.client("s3", **settings.S3_CLIENT)
    client.create_bucket(Bucket="twins")
    yield client
    keys = [found["Key"] for found in client.list_objects_v2(Bucket="twins").get("Contents", [])]
    for key in keys:
        client.delete_object(Bucket="twins", Key=key)


def there(s3: Any, prefix: str) -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket="twins", Prefix=prefix).get("Contents", [])
    return {
        each["Key"].removeprefix(prefix): s3.get_object(Bucket="twins", Key=each["Key"])["Body"].read()
        for each in found
    }


@pytest.mark.parametrize("layout", list(exports.LAYOUTS))
def test_a_bucket_gets_the_same_files_as_a_folder(layout: str, s3: Any, tmp_path: Path) -> None:
    test_set = frozen_set(NUMBERS)
    row = export(test_set, layout, f"s3://twins/{layout}/r1")
    export(test_set, layout, tmp_path / "folder")
    assert there(s3, f"{layout}/r1/") == content_of(tmp_path / "folder")
    assert (row.state, row.num_written) == ("finished", len(NUMBERS) * 2)


def test_a_large_file_goes_in_parts_and_those_that_arrived_are_not_sent_again(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket.Bucket.__init__, "__kwdefaults__", {"is_own": False, "part_bytes": 5 * MIB})
    monkeypatch.setattr(bucket, "NUM_UPLOADS", 1)
    test_set = frozen_set(["0"], per_class=8, size=BIG)
    sent: list[int] = []
    is_repaired: list[bool] = []
    send = bucket.Bucket._send

    def counted(self: bucket.Bucket, upload: Any, number: int, content: bytes, arrived: Any) -> Any:
        if arrived is None:
            sent.append(number)
            if number == 3 and not is_repaired:
                raise ConnectionError("the network is gone")
        return send(self, upload, number, content, arrived)

    monkeypatch.setattr(bucket.Bucket, "_send", counted)
    row = exports.request(test_set=test_set, layout="webdataset", address="s3://twins/large", now=timezone.now())
    held = exports.claim(export=row, consumer="first", now=timezone.now())
    assert held is not None
    with pytest.raises(ConnectionError):
        exports.write(held=held, clock=timezone.now)
    [upload] = s3.list_multipart_uploads(Bucket="twins")["Uploads"]
    parts = s3.list_parts(Bucket="twins", Key=upload["Key"], UploadId=upload["UploadId"])["Parts"]
    arrived = {part["PartNumber"] for part in parts}
    assert {1, 2} <= arrived
    sent.clear()
    Export.objects.update(lease_expires_at=timezone.now())
    taken = exports.claim(export=row, consumer="second", now=timezone.now())
    assert taken is not None
    is_repaired.append(True)
    assert exports.write(held=taken, clock=timezone.now)
    assert 3 in sent
    assert not arrived & set(sent)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="twins")
    export(test_set, "webdataset", tmp_path / "folder")
    assert there(s3, "large/") == content_of(tmp_path / "folder")


def test_what_a_dead_consumer_left_in_a_bucket_is_looked_at(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdataset, "IMAGES_PER_SHARD", 3)
    test_set = frozen_set(["0", "1"], per_class=12)  # so that not all is begun when time is up
    row = exports.request(test_set=test_set, layout="webdataset", address="s3://twins/dead", now=timezone.now())
    held = exports.claim(export=row, consumer="first", now=timezone.now())
    assert held is not None
    done: list[Any] = []
    rules = exports.Rules(on_piece=done.append, is_time_up=lambda: len(done) >= 6)
    assert not exports.write(held=held, clock=timezone.now, rules=rules)
    [key, *_] = [each for each in there(s3, "dead/") if each.startswith("shards/")]
    s3.put_object(Bucket="twins", Key=f"dead/{key}", Body=b"another thing")
    Export.objects.update(lease_expires_at=timezone.now())
    taken = exports.claim(export=row, consumer="second", now=timezone.now())
    assert taken is not None
    assert exports.write(held=taken, clock=timezone.now)
    export(test_set, "webdataset", tmp_path / "folder")
    assert there(s3, "dead/") == content_of(tmp_path / "folder")


def test_nothing_in_a_bucket_is_overwritten(s3: Any) -> None:
    s3.put_object(Bucket="twins", Key="taken/precious", Body=b"x")
    with pytest.raises(CannotExport, match="overwrite nothing"):
        export(frozen_set(["0"]), "parquet", "s3://twins/taken")
    assert there(s3, "taken/") == {"precious": b"x"}


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("s3://elsewhere/x", "may not go to the bucket 'elsewhere'"),
        ("s3://twins@evil.example/x", "may not go to the bucket"),
        ("s3://twins", "needs a name within the bucket"),
        ("s3://twins//x", "needs a name within the bucket"),
        ("s3://storage/x", "holds the storage itself"),
    ],
)
def test_only_buckets_that_the_operator_named_are_written_to(
    address: str, message: str, s3: Any, settings: Any
) -> None:
    settings.EXPORT_BUCKETS = ["twins", "storage"]
    settings.STORAGE_BUCKET = "storage"
    with pytest.raises(CannotExport, match=message):
        exports.request(test_set=frozen_set(["0"]), layout="parquet", address=address, now=timezone.now())
    assert not Export.objects.exists()


def test_a_bucket_that_is_not_there_is_told(s3: Any, settings: Any) -> None:
    settings.EXPORT_BUCKETS = ["nowhere"]
    with pytest.raises(CommandError, match="bucket nowhere can't be used"):
        call_command("export_test_set", frozen_set(["0"]).citation, "s3://nowhere/x")


def ask(test_set: TestSet, address: str, layout: str = "parquet") -> Export:
    return exports.request(test_set=test_set, layout=layout, address=address, now=timezone.now())


def test_a_place_in_a_bucket_is_one_open_exports(s3: Any) -> None:
    test_set = frozen_set(["0"])
    row = ask(test_set, "s3://twins/a/b")
    assert ask(test_set, "s3://twins/a/b/").pk == row.pk
    for place in ("s3://twins/a/b", "s3://twins/a/b/", "s3://twins/a", "s3://twins/a/b/c"):
        with pytest.raises(CannotExport, match="Another export to s3://twins/a/b is open"):
            ask(test_set, place, "imagefolder")
    assert ask(test_set, "s3://twins/a/bc").is_open


def test_a_failed_export_is_not_tried_again_while_its_place_is_anothers(s3: Any) -> None:
    test_set = frozen_set(["0"])
    failed = ask(test_set, "s3://twins/a")
    held = exports.claim(export=failed, consumer="first", now=timezone.now())
    assert held is not None
    exports.fail(held=held, reason="the network is gone", now=timezone.now())
    for place in ("s3://twins/a", "s3://twins/a/b"):
        open_one = ask(test_set, place, "imagefolder")
        with pytest.raises(CannotExport, match=f"Another export to {place} is open"):
            exports.queue_again(export=failed, now=timezone.now())
        open_one.delete()


def test_a_failed_export_does_not_go_on_where_another_was_written_since(s3: Any) -> None:
    failed = ask(frozen_set(["0"]), "s3://twins/a")
    held = exports.claim(export=failed, consumer="first", now=timezone.now())
    assert held is not None
    done: list[Any] = []
    rules = exports.Rules(on_piece=done.append, is_time_up=lambda: len(done) >= 2)
    assert not exports.write(held=held, clock=timezone.now, rules=rules)
    exports.fail(held=held, reason="the network is gone", now=timezone.now())
    for key in there(s3, "a/"):
        s3.delete_object(Bucket="twins", Key=f"a/{key}")
    export(failed.test_set, "webdataset", "s3://twins/a")
    whole = there(s3, "a/")
    with pytest.raises(CannotExport, match="overwrite nothing"):
        export(failed.test_set, "parquet", "s3://twins/a")
    assert there(s3, "a/") == whole
    for key in whole:
        s3.delete_object(Bucket="twins", Key=f"a/{key}")
    assert export(failed.test_set, "parquet", "s3://twins/a").pk == failed.pk


def test_beginning_anew_removes_only_what_this_export_wrote(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_set = frozen_set(["0", "1"], per_class=6)
    monkeypatch.setattr(webdataset, "IMAGES_PER_SHARD", 2)
    held = exports.claim(export=ask(test_set, "s3://twins/anew", "webdataset"), consumer="1", now=timezone.now())
    assert held is not None
    done: list[Any] = []
    rules = exports.Rules(on_piece=done.append, is_time_up=lambda: len(done) >= 3)
    assert not exports.write(held=held, clock=timezone.now, rules=rules)
    s3.put_object(Bucket="twins", Key="anew/precious", Body=b"x")
    monkeypatch.setattr(webdataset, "IMAGES_PER_SHARD", 3)
    assert exports.write(held=held, clock=timezone.now)
    export(test_set, "webdataset", tmp_path / "folder")
    assert there(s3, "anew/") == content_of(tmp_path / "folder") | {"precious": b"x"}


@pytest.fixture
def stored_in_a_bucket(s3: Any, settings: Any) -> TestSet:
    s3.create_bucket(Bucket="storage")
    client = settings.S3_CLIENT
    options = {
        "bucket_name": "storage",
        "endpoint_url": client["endpoint_url"],
        "access_key": client["aws_access_key_id"],
        "secret_key": client["aws_secret_access_key"],
        "region_name": "us-east-1",
    }
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    }
    return frozen_set(["0", "1"])


def test_a_storage_in_a_bucket_is_exported_and_downloaded(stored_in_a_bucket: TestSet, tmp_path: Path, s3: Any) -> None:
    row = export(stored_in_a_bucket, "webdataset")
    export(stored_in_a_bucket, "webdataset", tmp_path / "folder")
    content = b"".join(downloads.Download(row).chunks())
    for name, file in content_of(tmp_path / "folder").items():
        assert file in content, name
    assert b"".join(downloads.Download(row).chunks(1000, 5000)) == content[1000:5000]
    remove_kept(row.pk)
    assert not s3.list_objects_v2(Bucket="storage", Prefix="exports/").get("KeyCount")
    assert not storage.is_local()
