"""The members of a tar one after another, by their headers alone, whatever the tar says.

Nothing is unpacked: a name is only a name, links and devices lead nowhere, and what a header announces is never taken
into memory, but for names and notes of bounded length.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from annotation.sources.files.opening import OpenFile

BLOCK = tarfile.BLOCKSIZE
MAX_NOTE = 1024 * 1024  # bytes of a long name, or of the extended header before a member
MAX_NAME = 1000
MAX_NOTES = 20  # in a row
REGULAR = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
NOTES = {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE}
WITHOUT_CONTENT = {
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
}
OTHER = {
    tarfile.LNKTYPE: "It is a link; such are not followed.",
    tarfile.SYMTYPE: "It is a link; such are not followed.",
    tarfile.CHRTYPE: "It is a device, not a file.",
    tarfile.BLKTYPE: "It is a device, not a file.",
    tarfile.FIFOTYPE: "It is a pipe, not a file.",
    tarfile.GNUTYPE_SPARSE: "It is a file with holes; pack it without --sparse.",
}


class DamagedTar(Exception):
    """From here on nothing can be read; the message ends a sentence."""


@dataclass(frozen=True)
class Member:
    """A file in a tar: where its header and its content begin, or the reason why it is not taken."""

    name: str
    place: int
    offset: int
    size: int
    reason: str = ""


def members(file: OpenFile) -> Iterator[Member]:
    """Files in their order, folders left out; raises `DamagedTar` where it ends otherwise than a tar does."""
    place = 0
    notes: dict[str, str] = {}
    num_notes = 0
    while (header := _header(file, place)) is not None:
        offset = place + BLOCK
        size = header.size
        if header.type == tarfile.GNUTYPE_SPARSE:
            offset = _behind_map(file, place, offset)
        if header.type in NOTES:
            num_notes += 1
            if num_notes > MAX_NOTES or size > MAX_NOTE:
                raise DamagedTar("its headers are too long")
            notes |= _note(header.type, file.read_at(offset, size))
        else:
            size = _number(notes["size"]) if "size" in notes else size
            if header.type in WITHOUT_CONTENT:
                size = 0
            if offset + size > file.size:
                raise DamagedTar("it breaks off")
            if header.type != tarfile.DIRTYPE:
                yield _member(header, notes, place, offset, size)
            notes, num_notes = {}, 0
        place = offset + (size + BLOCK - 1) // BLOCK * BLOCK


def _header(file: OpenFile, place: int) -> tarfile.TarInfo | None:
    """The header there, or none at the end mark."""
    block = file.read_at(place, BLOCK)
    if not block:
        raise DamagedTar("it has no end mark, so more may have been in it")
    if len(block) < BLOCK:
        raise DamagedTar("it breaks off")
    if not block.strip(b"\0"):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise DamagedTar("it is no tar" if place == 0 else "a header is damaged") from error
    if header.size < 0:
        raise DamagedTar("a header is damaged")
    return header


def _behind_map(file: OpenFile, place: int, offset: int) -> int:
    """Behind the list of holes, which may take several blocks."""
    is_extended = file.read_at(place, BLOCK)[482:483] not in (b"\0", b"")
    while is_extended:
        block = file.read_at(offset, BLOCK)
        if len(block) < BLOCK:
            raise DamagedTar("it breaks off")
        is_extended = block[504] != 0
        offset += BLOCK
    return offset


def _note(kind: bytes, content: bytes) -> dict[str, str]:
    """What it says of the next member; what is said of all of them says nothing that is needed here."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": content.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    if kind in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
        return _extended(content)
    return {}


def _extended(content: bytes) -> dict[str, str]:
    """Lines such as `17 path=some.jpg`, each with its own length."""
    found = {}
    while content.strip(b"\0"):
        digits, _, _ = content.partition(b" ")
        if not digits.isdigit() or len(digits) > 7 or not len(digits) < int(digits) <= len(content):
            raise DamagedTar("a header is damaged")
        line = content[len(digits) + 1 : int(digits)].rstrip(b"\n")
        name, _, value = line.partition(b"=")
        found[name.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
        content = content[int(digits) :]
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise DamagedTar("a header is damaged")
    return int(text)


def _member(header: tarfile.TarInfo, notes: dict[str, str], place: int, offset: int, size: int) -> Member:
    name = notes.get("path", header.name)
    reason = OTHER.get(header.type, "" if header.type in REGULAR else "It is of a kind that is no file.")
    if any(note.startswith("GNU.sparse") for note in notes):
        name, reason = notes.get("GNU.sparse.name", name), OTHER[tarfile.GNUTYPE_SPARSE]
    if not reason:
        reason = _suspicion(name)
    return Member(name[:MAX_NAME].removeprefix("./"), place, offset, size, reason)


def _suspicion(name: str) -> str:
    if name.startswith("/"):
        return "Its name is an absolute path."
    if ".." in name.split("/"):
        return "Its name leads out of the archive."
    if len(name) > MAX_NAME:
        return f"Its name is longer than {MAX_NAME:,} characters."
    return ""
