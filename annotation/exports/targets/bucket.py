"""A bucket of an S3-compatible service: large files in parts, of which those that arrived are not sent again."""

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from annotation.errors import CannotExport
from annotation.exports.base import Written
from annotation.exports.targets.base import Target, parts

PART_BYTES = 16 * 1024 * 1024  # a service takes 10,000 parts of 5 MiB or more
NUM_UPLOADS = 4
NUM_THREADS = 16  # small files wait for the service, not for us
NUM_DELETED = 1000  # the most that one request may name

Part = dict[str, Any]


class Bucket(Target):
    """Everything below a prefix that ends in a slash; others may write there, unless it is its own."""

    num_threads = NUM_THREADS

    def __init__(
        self, client: Any, bucket: str, prefix: str, *, is_own: bool = False, part_bytes: int = PART_BYTES
    ) -> None:
        self.client = client
        self.bucket = bucket
        self.prefix = prefix
        self.is_own = is_own
        self.part_bytes = part_bytes

    def check_free(self) -> None:
        try:
            found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1)
        except ClientError as error:
            raise CannotExport(f"The bucket {self.bucket} can't be used: {error}") from error
        if found.get("KeyCount"):
            raise CannotExport(
                f"There is something under s3://{self.bucket}/{self.prefix}, and exports overwrite nothing; "
                "choose another place."
            )

    def folder(self, path: str) -> None:
        """A bucket has no folders: a class without pictures is only in the tables."""

    def picture(self, path: str, sha256: str, content: bytes) -> Written:
        return Written(path, sha256, len(content), self._put(path, content))

    def file(self, path: str, chunks: Iterator[bytes]) -> Written:
        digest, size = hashlib.sha256(), 0

        def counted() -> Iterator[bytes]:
            nonlocal size
            for part in parts(chunks, self.part_bytes):
                digest.update(part)
                size += len(part)
                yield part

        counting = counted()
        first = next(counting, b"")
        second = next(counting, None)
        chained = chain([first, second or b""], counting)
        etag = self._put(path, first) if second is None else self._put_parts(path, chained)
        return Written(path, digest.hexdigest(), size, etag)

    def is_there(self, written: Written) -> bool:
        if written.is_folder:
            return True
        try:
            found = self.client.head_object(Bucket=self.bucket, Key=self.prefix + written.name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return bool(found["ContentLength"] == written.num_bytes and found["ETag"] == written.etag)

    def lacking(self, files: Iterable[Written]) -> list[str]:
        sizes = {key.removeprefix(self.prefix): size for key, size in self._listed()}
        return [each.name for each in files if not each.is_folder and sizes.get(each.name) != each.num_bytes]

    def complete(self, manifest: Written) -> None:
        """Whoever finds manifest.json there has found the whole."""

    def clear(self, names: Collection[str]) -> None:
        """Uploads of these names that were never finished go too."""

        def is_mine(key: str) -> bool:
            return self.is_own or key.removeprefix(self.prefix) in names

        keys = [{"Key": key} for key, _ in self._listed() if is_mine(key)]
        for first in range(0, len(keys), NUM_DELETED):
            self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys[first : first + NUM_DELETED]})
        for upload in filter(lambda each: is_mine(each["Key"]), self._uploads(self.prefix)):
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def _listed(self) -> Iterator[tuple[str, int]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for found in page.get("Contents", []):
                yield found["Key"], found["Size"]

    def _put(self, path: str, content: bytes) -> str:
        answer = self.client.put_object(Bucket=self.bucket, Key=self.prefix + path, Body=content)
        return str(answer["ETag"])

    def _put_parts(self, path: str, parts: Iterator[bytes]) -> str:
        upload = {"Bucket": self.bucket, "Key": self.prefix + path}
        upload["UploadId"], arrived = self._begun(upload)
        sent: list[Part] = []
        sending: deque[Future[Part]] = deque()
        with ThreadPoolExecutor(NUM_UPLOADS) as pool:
            for number, part in enumerate(parts, start=1):
                sending.append(pool.submit(self._send, upload, number, part, arrived.get(number)))
                if len(sending) > NUM_UPLOADS:  # so that no more parts than these are in memory
                    sent.append(sending.popleft().result())
            sent.extend(each.result() for each in sending)
        done = self.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": sent})
        return str(done["ETag"])

    def _begun(self, upload: dict[str, Any]) -> tuple[str, dict[int, Part]]:
        """The upload of this key that a killed consumer left, with the parts that arrived; else a new one."""
        for left in self._uploads(upload["Key"]):
            if left["Key"] == upload["Key"]:
                pages = self.client.get_paginator("list_parts").paginate(**upload, UploadId=left["UploadId"])
                arrived = {part["PartNumber"]: part for page in pages for part in page.get("Parts", [])}
                return left["UploadId"], arrived
        return self.client.create_multipart_upload(**upload)["UploadId"], {}

    def _uploads(self, prefix: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix)
        return [upload for page in pages for upload in page.get("Uploads", [])]

    def _send(self, upload: dict[str, Any], number: int, content: bytes, arrived: Part | None) -> Part:
        """Send a part, unless the very same bytes arrived before."""
        if arrived is not None and arrived["Size"] == len(content) and arrived["ETag"].strip('"') == _md5(content):
            return {"PartNumber": number, "ETag": arrived["ETag"]}
        answer = self.client.upload_part(**upload, PartNumber=number, Body=content)
        return {"PartNumber": number, "ETag": answer["ETag"]}


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
