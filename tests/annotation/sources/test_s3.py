"""Buckets as sources: a real service on loopback, thousands of keys, objects that came in parts, refusals."""

import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from pyarrow import parquet

from annotation import imaging
from annotation.errors import RefusedImage, SourceBusy, UnreadableSource, UnsafePath
from annotation.sources import CandidateRecord, RefusedRecord, kind_of, open_source
from annotation.sources.files import buckets, opening
from tests.annotation.sources.written import arrow_table, pack

MIB = 2**20


def put(client: Any, **objects: bytes) -> None:
    for key, content in objects.items():
        client.put_object(Bucket="pool", Key=key, Body=content, ACL="public-read")


def content_of(record: CandidateRecord | RefusedRecord) -> bytes:
    assert isinstance(record, CandidateRecord)
    assert record.read is not None
    return record.read()


def told(records: Iterator[CandidateRecord | RefusedRecord]) -> list[tuple[str, str]]:
    return [
        (record.source, record.class_id if isinstance(record, CandidateRecord) else record.reason) for record in records
    ]


def test_below_the_prefix_is_a_folder_for_each_class(bucket: Any) -> None:
    keys = ["n01/a.png", "n01/deep/b.png", "n01/", "n02/.hidden/c.png", "n02/RTL \u202egnp.exe", "readme.txt"]
    put(bucket, **{f"images/{key}": key.encode() for key in keys}, **{"imagesque/n01/a.png": b"x"})
    for address in ("s3://pool/images/", "s3://pool/images"):
        first, second, third, refused = open_source(address)
        assert kind_of(address) == "s3"
        assert [content_of(record) for record in (first, second)] == [b"n01/a.png", b"n01/deep/b.png"]
        assert told([first, third, refused]) == [
            ("n01/a.png", "n01"),
            ("n02/RTL \u202egnp.exe", "n02"),
            ("readme.txt", "It lies in no class folder; move it into the folder of its class."),
        ]


def test_a_whole_bucket_is_a_prefix(bucket: Any) -> None:
    put(bucket, **{"1/a.png": b"x"})
    assert told(open_source("s3://pool")) == told(open_source("s3://pool/")) == [("1/a.png", "1")]


def test_thousands_of_keys_come_page_by_page_and_from_any_on(bucket: Any) -> None:
    inside = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]  # a thousand requests would take long
    for number in range(1050):
        inside.put_object("pool", f"p/{number % 2}/{number:04d}.png", b"")
    source = open_source("s3://pool/p/")
    sources = [record.source for record in source]
    assert sources == sorted(sources)
    assert len(sources) == 1050
    for place in (0, 999, 1000, 1049):
        behind = [record.source for record in source.after(sources[place])]
        assert behind == sources[place + 1 :]
    bucket.delete_object(Bucket="pool", Key=f"p/{sources[500]}")
    assert next(iter(source.after(sources[500]))).source == sources[501]


def test_behind_a_key_of_any_name_come_those_behind_it(bucket: Any) -> None:
    names = ["1/a%41.png", "1/é +&=?.png", "1/日本/x.png", "1/.hidden", "top.txt", "2/" + "x" * 250]
    put(bucket, **{f"odd %/{name}": b"x" for name in names})
    source = open_source("s3://pool/odd %/")
    everything = list(source)
    assert len(everything) == len(names) - 1
    for place, record in enumerate(everything, start=1):
        assert record.cursor.isprintable()
        assert told(source.after(record.cursor)) == told(iter(everything[place:]))
        if isinstance(record, CandidateRecord):
            assert content_of(record) == b"x"


def test_an_object_that_came_in_parts_is_whole(bucket: Any) -> None:
    upload = bucket.create_multipart_upload(Bucket="pool", Key="p/1/large.png")["UploadId"]
    parts = []
    for number, content in enumerate([b"a" * 5 * MIB, b"b" * MIB], start=1):
        of = {"Bucket": "pool", "Key": "p/1/large.png", "UploadId": upload, "PartNumber": number}
        parts.append({"PartNumber": number, "ETag": bucket.upload_part(Body=content, **of)["ETag"]})
    bucket.complete_multipart_upload(
        Bucket="pool", Key="p/1/large.png", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    (record,) = open_source("s3://pool/p/")
    assert content_of(record) == b"a" * 5 * MIB + b"b" * MIB


def test_what_is_too_large_or_empty_or_gone_is_refused(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "MAX_BYTES", 100)
    put(bucket, **{"p/1/large": b"x" * 101, "p/1/empty": b"", "p/1/gone": b"x"})
    empty, gone, large = open_source("s3://pool/p/")
    bucket.delete_object(Bucket="pool", Key="p/1/gone")
    for record, reason in ((empty, "empty"), (gone, "no such object"), (large, "at most 100")):
        with pytest.raises(RefusedImage, match=reason):
            content_of(record)


def test_an_object_that_is_not_for_everybody_is_refused_with_what_to_do(bucket: Any) -> None:
    bucket.put_object(Bucket="pool", Key="p/1/private.png", Body=b"x")
    (record,) = open_source("s3://pool/p/")
    with pytest.raises(RefusedImage, match="may not be read with no keys"):
        content_of(record)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_manifest_in_a_bucket_means_the_objects_beside_it(bucket: Any, tmp_path: Path, kind: str) -> None:
    paths = ["images/a.png", "./b.png", "../secret.png", "/secret.png", "none.png"]
    table = tmp_path / f"m.{kind}"
    if kind == "csv":
        table.write_text("path,class_id\n" + "".join(f"{path},1\n" for path in paths))
    elif kind == "jsonl":
        table.write_text("\n".join(json.dumps({"path": path, "class_id": 1}) for path in paths))
    else:
        table_of = arrow_table([b""] * 5, ["1"] * 5, path=paths, wnid=["1"] * 5)
        parquet.write_table(table_of.drop_columns(["image", "label"]), table)
    put(bucket, **{f"set/m.{kind}": table.read_bytes(), "set/images/a.png": b"a", "set/b.png": b"b"})
    put(bucket, **{"secret.png": b"secret"})
    source = open_source(f"s3://pool/set/m.{kind}")
    first, second, *refused = source
    assert (content_of(first), content_of(second)) == (b"a", b"b")
    for record, error in zip(refused, (UnsafePath, UnsafePath, RefusedImage), strict=True):
        with pytest.raises(error):
            content_of(record)
    assert told(source.after(second.cursor)) == told(refused)


def test_shards_in_a_bucket_are_read_block_by_block(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BLOCK", 1000)
    monkeypatch.setattr(opening, "NUM_BLOCKS", 2)
    for shard in range(2):
        samples = [(f"{key}.{end}", f"{shard}{key}".encode() * 99) for key in range(5) for end in ("jpg", "cls")]
        put(bucket, **{f"set/{shard}.tar": pack(tmp_path / f"{shard}.tar", samples).read_bytes()})
    for address in ("s3://pool/set/*.tar", "s3://pool/set/{0..1}.tar"):
        records = list(open_source(address))
        assert [record.source for record in records[4:6]] == ["0.tar/4.jpg", "1.tar/0.jpg"]
        assert [content_of(record) for record in reversed(records)] == [
            f"{shard}{key}".encode() * 99 for shard in (1, 0) for key in (4, 3, 2, 1, 0)
        ]


def test_several_threads_read_while_shards_are_passed(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BLOCK", 4000)
    monkeypatch.setattr(opening, "NUM_BLOCKS", 2)
    for shard in range(3):
        samples = [(f"{key}.{end}", f"{shard} {key}".encode() * 99) for key in range(9) for end in ("jpg", "cls")]
        put(bucket, **{f"set/{shard}.tar": pack(tmp_path / f"{shard}.tar", samples).read_bytes()})
    with ThreadPoolExecutor(4) as threads:
        contents = list(threads.map(content_of, open_source("s3://pool/set/*.tar")))
    assert contents == [f"{shard} {key}".encode() * 99 for shard in range(3) for key in range(9)]


def test_a_shard_that_is_replaced_while_it_is_read_is_not_mixed(bucket: Any, tmp_path: Path) -> None:
    one, other = (
        pack(tmp_path / "a.tar", [("1.jpg", content), ("1.cls", b"1")]).read_bytes() for content in (b"a", b"b")
    )
    put(bucket, **{"a.tar": one})
    file = opening.open_file("s3://pool/a.tar")
    put(bucket, **{"a.tar": other})
    with pytest.raises(RefusedImage, match="replaced while it was read"):
        file.fetch(512, 1)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("s3://nowhere/p/", "There is no bucket nowhere; check the address"),
        ("s3://nowhere/m.csv", "There is no"),
        ("s3://pool/m.csv", "no such object"),
        ("s3://pool/a.tar", "no such object"),
        ("s3://pool/*.tar", "There is no file"),
        ("s3://", "no name of a bucket"),
        ("s3://../x/", "no name of a bucket"),
        ("s3://arn:aws:s3:us-east-1:1:accesspoint/x", "no name of a bucket"),
        ("s3://user@evil.example/x", "no name of a bucket"),
    ],
)
def test_what_is_not_there_is_an_error_that_says_what_to_do(bucket: Any, address: str, complaint: str) -> None:
    with pytest.raises(UnreadableSource, match=complaint):
        list(open_source(address))


# --- a service in other moods ---------------------------------------------------------------------------


class Answering(BaseHTTPRequestHandler):
    """Answers every request with the next of the answers, and with the last one from then on."""

    answers: list[tuple[int, bytes]]
    requests: list[str]

    def do_GET(self) -> None:
        type(self).requests.append(str(self.headers.get("Authorization", "")))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if status != 206 else 10))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def moody(settings: Any) -> Iterator[Any]:
    handler = type("Moody", (Answering,), {"answers": [], "requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings.COLLECT_S3 = {"endpoint_url": address, "access_key": "", "secret_key": "", "region": ""}
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


def error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


LISTING = (
    b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>'
    b"<Contents><Key>1/a.png</Key><Size>1</Size></Contents></ListBucketResult>"
)


def test_a_service_that_wants_a_rest_gets_one(moody: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "NUM_TRIES", 2)
    moody.answers = [(503, error("SlowDown"))]
    with pytest.raises(SourceBusy, match="wants no requests") as caught:
        list(open_source("s3://pool/p/"))
    assert caught.value.seconds > 0
    assert len(moody.requests) == 2


def test_what_passes_is_waited_for(moody: Any) -> None:
    moody.answers = [(503, error("SlowDown")), (200, LISTING), (500, error("InternalError")), (200, b"picture")]
    (record,) = open_source("s3://pool")
    assert content_of(record) == b"picture"


def test_a_connection_that_breaks_is_tried_again(moody: Any) -> None:
    moody.answers = [(200, LISTING), (206, b"half"), (200, b"whole")]
    (record,) = open_source("s3://pool")
    assert content_of(record) == b"whole"


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_a_bucket_that_is_closed_says_what_to_do(moody: Any, settings: Any, code: str) -> None:
    moody.answers = [(403, error(code))]
    with pytest.raises(UnreadableSource, match="may not be read with no keys; have its owner permit"):
        list(open_source("s3://pool/p/"))
    assert moody.requests == [""]
    settings.COLLECT_S3 |= {"access_key": "AKEY", "secret_key": "secret"}
    with pytest.raises(UnreadableSource, match="with the keys in COLLECT_S3_ACCESS_KEY"):
        list(open_source("s3://pool/p/"))
    assert "AKEY" in moody.requests[-1]


def test_a_service_that_is_not_there_may_come_back(settings: Any) -> None:
    settings.COLLECT_S3 = {"endpoint_url": "http://127.0.0.1:9", "access_key": "", "secret_key": "", "region": ""}
    with pytest.raises(SourceBusy, match=r"does not answer.*COLLECT_S3_ENDPOINT_URL"):
        list(open_source("s3://pool/p/"))


def test_a_stream_over_a_bucket_is_a_file_like_any_other(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BLOCK", 7)
    content = bytes(range(100))
    put(bucket, **{"a.bin": content, "empty.bin": b""})
    with opening.open_stream("s3://pool/a.bin") as file:
        assert file.read(10) == content[:10]
        assert file.seek(-5, io.SEEK_END) == 95
        assert file.read() == content[95:]
        assert (file.seek(13), file.read(30)) == (13, content[13:43])
    with opening.open_stream("s3://pool/empty.bin") as file:
        assert file.read() == b""
