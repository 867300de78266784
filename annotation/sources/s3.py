"""A prefix in a bucket, below it a folder per class: `s3://bucket/prefix/`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from annotation.sources.base import CandidateRecord, RefusedRecord, cursor_of, is_remote, name_of, register
from annotation.sources.files.buckets import Bucket, split
from annotation.sources.files.shards import is_shards
from annotation.sources.tables.reading import is_table


@register("s3")
class S3Source:
    """Objects in the order in which the service lists them; hidden ones are passed over. The cursor is the key."""

    kind: ClassVar[str]

    def __init__(self, address: str | Path) -> None:
        name, prefix = split(str(address))
        self._bucket = Bucket(name)
        self._prefix = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""

    @classmethod
    def accepts(cls, address: str) -> bool:
        return is_remote(address) and not is_table(address) and not is_shards(address)

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        return self.after("")

    def after(self, cursor: str) -> Iterator[CandidateRecord | RefusedRecord]:
        after = self._prefix + name_of(cursor) if cursor else ""
        for key in self._bucket.keys(self._prefix, after):
            name = key.removeprefix(self._prefix)
            parts = name.split("/")
            if not parts[-1] or any(part.startswith(".") for part in parts):
                continue  # nothing, or what stands for a folder, or hidden
            if len(parts) == 1:
                reason = "It lies in no class folder; move it into the folder of its class."
                yield RefusedRecord(name, reason, cursor_of(name))
            else:
                read = partial(self._bucket.read, key)
                yield CandidateRecord(name, parts[0], read, cursor=cursor_of(name))
