"""Reading from buckets of an S3-compatible service: the one that the operator has set, with keys or without."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from django.conf import settings

from annotation import imaging
from annotation.errors import RefusedImage, SourceBusy, UnreadableSource
from annotation.sources.base import printable, said

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
KEYS_PER_PAGE = 1000
PAUSE = 60.0  # seconds that a busy service is left alone
NUM_TRIES = 4
BUSY = {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "RequestTimeout"}
MISSING = {"NoSuchKey", "404", "NotFound"}


def split(address: str) -> tuple[str, str]:
    """The bucket and the key, or beginning of keys, of `s3://bucket/key`."""
    name, _, key = address.removeprefix("s3://").partition("/")
    return name, key


class Bucket:
    """One bucket; its methods may be called from several threads at once."""

    def __init__(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise UnreadableSource(
                f"{printable(name[:80])!r} is no name of a bucket; give an address such as s3://bucket/folder/."
            )
        self.name = name
        self.client = _client(**settings.COLLECT_S3)

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """Those that begin so, behind one, in the bytewise order of the service."""
        listing = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, StartAfter=after, PaginationConfig={"PageSize": KEYS_PER_PAGE}
        )
        with self.answering():
            for page in listing:
                yield from (found["Key"] for found in page.get("Contents", ()))

    def read(self, key: str) -> bytes:
        """An object that may become an image; its size counts as it comes, not as anybody says."""
        try:
            return self.fetch(key, limit=imaging.MAX_BYTES)
        except UnreadableSource as error:
            raise RefusedImage(str(error)) from error

    def fetch(self, key: str, *, limit: int, **options: Any) -> bytes:
        """The object, or the part that the options ask for; a connection that breaks is tried again."""
        from botocore.exceptions import BotoCoreError

        for attempt in range(NUM_TRIES):
            with self.answering():
                answer = self.client.get_object(Bucket=self.name, Key=key, **options)
                if "Range" in options and "ContentRange" not in answer:
                    raise UnreadableSource(f"The service of s3://{self.name} gives no parts of objects.")
                try:
                    num_bytes = int(answer["ContentLength"])
                    imaging.check_size(num_bytes)
                    content: bytes = answer["Body"].read(limit + 1)
                    if len(content) < min(num_bytes, limit + 1):
                        raise OSError("it broke off")
                except (BotoCoreError, OSError):
                    if attempt + 1 == NUM_TRIES:
                        raise
                    continue
                finally:
                    answer["Body"].close()
            imaging.check_size(len(content))
            return content
        raise AssertionError  # the last attempt returns or raises

    def size_and_mark(self, key: str) -> tuple[int, str]:
        """How many bytes the object has, and what tells it from a later one of the same name."""
        with self.answering():
            head = self.client.head_object(Bucket=self.name, Key=key)
        return int(head["ContentLength"]), str(head.get("ETag", ""))

    @contextmanager
    def answering(self) -> Iterator[None]:
        """What the service or the connection complains of becomes what the person can do about it."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._complaint(error) from error
        except (BotoCoreError, OSError) as error:
            raise SourceBusy(
                f"The service of s3://{self.name} does not answer ({said(error)[:200]}); if this stays so, check "
                "COLLECT_S3_ENDPOINT_URL.",
                seconds=PAUSE,
            ) from error

    def _complaint(self, error: Any) -> Exception:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in BUSY or status == 429 or status >= 500:
            return SourceBusy(f"The service of s3://{self.name} wants no requests for a while.", seconds=PAUSE)
        if code == "NoSuchBucket":
            return UnreadableSource(f"There is no bucket {self.name}; check the address and COLLECT_S3_ENDPOINT_URL.")
        if code in MISSING:
            return UnreadableSource(f"There is no such object in the bucket {self.name}; check the address.")
        if code == "PreconditionFailed" or status == 412:
            return UnreadableSource("The object was replaced while it was read; begin again.")
        if status in (401, 403):
            how = "the keys in COLLECT_S3_ACCESS_KEY" if settings.COLLECT_S3["access_key"] else "no keys"
            return UnreadableSource(
                f"The bucket {self.name} may not be read with {how}; have its owner permit listing and reading, or "
                "set COLLECT_S3_ACCESS_KEY and COLLECT_S3_SECRET_KEY."
            )
        return UnreadableSource(f"The bucket {self.name} can't be read: {printable(code)[:100] or status}.")


@lru_cache(maxsize=4)
def _client(endpoint_url: str, access_key: str, secret_key: str, region: str) -> Any:
    """Without a key, requests are not signed, and no keys are looked for anywhere else."""
    import boto3  # takes long to load, and only this needs it
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(
        connect_timeout=10,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": NUM_TRIES},
        max_pool_connections=16,
        response_checksum_validation="when_required",  # those of objects that came in parts are not of their content
        **({} if access_key else {"signature_version": UNSIGNED}),
    )
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint_url or None,
        region_name=region or "us-east-1",
        aws_access_key_id=access_key or None,
        aws_secret_access_key=secret_key or None,
        config=config,
    )
