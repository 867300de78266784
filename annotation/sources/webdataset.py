"""WebDataset shards: tars in which an image, its class and what is known of it share a key and lie together."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from annotation import imaging
from annotation.errors import RefusedImage, UnreadableSource
from annotation.sources.base import CandidateRecord, RefusedRecord, cursor_of, name_of, printable, register
from annotation.sources.files.opening import Blocks, OpenFile, open_file
from annotation.sources.files.shards import TAR, check_inside, files_of, is_pattern, is_shards
from annotation.sources.files.tars import DamagedTar, Member, members
from annotation.sources.tables.facts import FACTS, SPELLINGS, facts_of, is_text, text_of

Record = CandidateRecord | RefusedRecord

IMAGES = frozenset(suffix[1:] for suffixes in imaging.SUFFIXES.values() for suffix in suffixes)
CLASSES = ("cls", "cls.txt", "cls_name")
MAX_TEXT = 1024 * 1024  # bytes of a member that is no image
MAX_MEMBERS = 100  # of a sample
MAX_SAMPLES = 1_000_000  # of a shard: their keys are remembered, so that none comes twice
LABELS = ("label", "class_name")


@dataclass
class Sample:
    """Members that follow one another under one key, by their suffixes."""

    key: str
    members: dict[str, Member] = field(default_factory=dict)
    place: int = 0
    """Of its last member."""
    complaint: str = ""

    def add(self, suffix: str, member: Member) -> None:
        self.place = member.place
        if suffix in self.members:
            self.complaint = f"Two files of the sample end in .{printable(suffix)[:50]}."
        elif len(self.members) >= MAX_MEMBERS:
            self.complaint = f"The sample has more than {MAX_MEMBERS} files."
        else:
            self.members[suffix] = member


@register("webdataset")
class WebDatasetSource:
    """Samples in the order of the shards' names; the cursor is the shard and the place of the sample's last header."""

    kind: ClassVar[str]

    def __init__(self, address: str | Path) -> None:
        self._address = str(address)

    @classmethod
    def accepts(cls, address: str) -> bool:
        return is_shards(address)

    def __iter__(self) -> Iterator[Record]:
        return self.after("")

    def after(self, cursor: str) -> Iterator[Record]:
        """A shard that was begun is gone through from its first header, because no key may come twice in it."""
        shard, _, place = cursor.rpartition(":")
        done = (name_of(shard), int(place)) if cursor else ("", -1)
        blocks = Blocks()
        is_found = is_pattern(self._address) or not self._address.lower().endswith(TAR)
        for name, address in files_of(self._address, TAR):
            if name.encode(errors="surrogateescape") < done[0].encode(errors="surrogateescape"):
                continue
            last = done[1] if name == done[0] else -1
            for place_of, record in _shard(name, partial(_opened, address, blocks, is_found), is_found):
                if place_of > last:
                    yield record


def _opened(address: str, blocks: Blocks, is_found: bool) -> OpenFile:
    if is_found:
        check_inside(address)
    return open_file(address, blocks)


def _shard(name: str, opened: Callable[[], OpenFile], is_found: bool) -> Iterator[tuple[int, Record]]:
    """Its records with their places, and last, where it can't be read to its end, what is wrong with it."""
    place = -1
    try:
        file = opened()
        for sample in _samples(file):
            place = sample.place
            yield place, _record(name, file, sample, f"{cursor_of(name)}:{place}")
    except (DamagedTar, UnreadableSource) as error:
        if not is_found and place < 0:
            raise UnreadableSource(f"{name} can't be read: {error}.") from error
        reason = f"The shard can't be read {'from here on' if place >= 0 else 'at all'}: {str(error).rstrip('.')}."
        yield place + 1, RefusedRecord(name, reason, f"{cursor_of(name)}:{place + 1}")


def _samples(file: OpenFile) -> Iterator[Sample]:
    """What is refused by its name alone is a sample of its own."""
    seen: set[bytes] = set()
    sample: Sample | None = None
    try:
        for member in members(file):
            key, suffix = _split(member.name)
            if sample is not None and (key != sample.key or member.reason):
                yield sample
                sample = None
            if member.reason:
                yield Sample(member.name, {"": member}, member.place, member.reason)
            elif suffix:
                if sample is None:
                    sample = Sample(key, complaint=_remember(key, seen))
                sample.add(suffix, member)
    except DamagedTar:
        if sample is not None:  # what lies before the damage is as good as ever
            yield sample
        raise
    if sample is not None:
        yield sample


def _remember(key: str, seen: set[bytes]) -> str:
    mark = hashlib.blake2b(key.encode(errors="surrogateescape"), digest_size=12).digest()
    if mark in seen:
        return "The shard has another sample with this key before."
    if len(seen) >= MAX_SAMPLES:
        raise DamagedTar(f"it has more than {MAX_SAMPLES:,} samples; split it")
    seen.add(mark)
    return ""


def _split(name: str) -> tuple[str, str]:
    """The key up to the first dot of the last name, and the suffix; none for a hidden file or one without a dot."""
    folder, slash, last = name.rpartition("/")
    begin, _, suffix = last.partition(".")
    return (folder + slash + begin, suffix.lower()) if begin else ("", "")


def _record(shard: str, file: OpenFile, sample: Sample, cursor: str) -> Record:
    source = f"{shard}/{sample.key}"
    try:
        if sample.complaint:
            raise ValueError(sample.complaint)
        image = _image(sample)
        source = f"{shard}/{image.name}"
        told = _told(file, sample.members.get("json"))
        class_id = _class_id(file, sample, told)
        if not is_text(image.name + class_id):
            raise ValueError("Its name or its class is not UTF-8 text.")
        imaging.check_size(image.size)
        facts = _facts(told)
    except (ValueError, RefusedImage) as error:
        return RefusedRecord(source, str(error), cursor)
    return CandidateRecord(source, class_id, partial(file.fetch, image.offset, image.size), cursor=cursor, **facts)


def _image(sample: Sample) -> Member:
    found = [suffix for suffix in sample.members if suffix in IMAGES]
    found = found or [suffix for suffix in sample.members if suffix.rpartition(".")[2] in IMAGES]
    if len(found) != 1:
        raise ValueError(f"The sample has {'several images' if found else 'no image'}.")
    return sample.members[found[0]]


def _class_id(file: OpenFile, sample: Sample, told: dict[str, Any]) -> str:
    """The class id as the notes have it comes before the bare number that .cls often is."""
    given = [_text(told, name) for name in SPELLINGS["class_id"]]
    given += [_content(file, sample.members[suffix]) for suffix in CLASSES if suffix in sample.members]
    given += [_text(told, name) for name in LABELS]
    class_id = next((text.strip() for text in given if text.strip()), "")
    if not class_id:
        raise ValueError("The sample has no class: neither .cls nor a class_id in .json.")
    return class_id


def _told(file: OpenFile, member: Member | None) -> dict[str, Any]:
    if member is None:
        return {}
    try:
        told = json.loads(_content(file, member))
    except (ValueError, RecursionError) as error:
        raise ValueError("The .json of the sample can't be read.") from error
    return told if isinstance(told, dict) else {}


def _facts(told: dict[str, Any]) -> dict[str, Any]:
    """What is no text is something else that happens to be called so."""
    texts = {
        fact: next((told[name] for name in SPELLINGS[fact] if isinstance(told.get(name), str)), "") for fact in FACTS
    }
    try:
        return facts_of(texts)
    except ValueError as error:
        raise ValueError(f"The .json of the sample {error}.") from error


def _text(told: dict[str, Any], name: str) -> str:
    try:
        return text_of(told.get(name))
    except ValueError as error:
        raise ValueError(f"The .json of the sample: {name} {error}.") from error


def _content(file: OpenFile, member: Member) -> str:
    if member.size > MAX_TEXT:
        raise ValueError(f"{printable(member.name.rpartition('/')[2])[:255]} has more than {MAX_TEXT:,} bytes.")
    return file.fetch(member.offset, member.size).decode("utf-8", "surrogateescape")
