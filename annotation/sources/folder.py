"""A folder per class, named by the class's id or name, as ImageFolder and most archives have it."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import ClassVar

from annotation.errors import UnreadableSource
from annotation.sources.base import CandidateRecord, RefusedRecord, cursor_of, is_folder, name_of, read_inside, register

LINKED_FOLDER = "It is a link to a folder; such links are not followed."

Parts = list[str]
"""Of a path, the names from the root on."""


@register("folder")
class FolderSource:
    """Files in the bytewise order of their names; hidden ones are passed over."""

    kind: ClassVar[str]

    def __init__(self, address: str | Path) -> None:
        self._root = Path(address).resolve()

    @classmethod
    def accepts(cls, address: str) -> bool:
        return is_folder(address)

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        return self.after("")

    def after(self, cursor: str) -> Iterator[CandidateRecord | RefusedRecord]:
        """Whether or not what bore the cursor is still there: the order alone says what lies behind it."""
        done = name_of(cursor).split("/") if cursor else []
        try:
            entries = _listed(self._root, done)
        except OSError as error:
            raise UnreadableSource(f"The folder can't be read: {error.strerror}.") from error
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._class_folder(entry, _below(entry, done))
            elif _leads_to_folder(entry):
                yield RefusedRecord(entry.name, LINKED_FOLDER, cursor_of(entry.name))
            else:
                reason = "It lies in no class folder; move it into the folder of its class."
                yield RefusedRecord(entry.name, reason, cursor_of(entry.name))

    def _class_folder(self, folder: os.DirEntry[str], done: Parts) -> Iterator[CandidateRecord | RefusedRecord]:
        is_empty = not done
        for record in self._files(folder, done):
            is_empty = False
            yield record
        if is_empty:
            reason = "The class folder is empty; nothing was imported from it."
            yield RefusedRecord(f"{folder.name}/", reason, cursor_of(folder.name))

    def _files(self, folder: os.DirEntry[str], done: Parts) -> Iterator[CandidateRecord | RefusedRecord]:
        waiting = [(folder, done)]  # a stack, not recursion: folders can be nested deeper than Python calls
        while waiting:
            entry, done = waiting.pop()
            source = os.path.relpath(entry.path, self._root)
            if entry.is_dir(follow_symlinks=False):
                try:
                    listed = _listed(Path(entry.path), done)
                except OSError as error:
                    yield RefusedRecord(f"{source}/", f"The folder can't be read: {error.strerror}.", cursor_of(source))
                else:
                    waiting.extend((below, _below(below, done)) for below in reversed(listed))
            elif _leads_to_folder(entry):
                yield RefusedRecord(source, LINKED_FOLDER, cursor_of(source))
            else:
                read = partial(read_inside, self._root, source)
                yield CandidateRecord(source, folder.name, read, cursor=cursor_of(source))


def _below(entry: os.DirEntry[str], done: Parts) -> Parts:
    """What is done below the entry, when that was begun."""
    return done[1:] if done[:1] == [entry.name] else []


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links, or a place we may not see: reading it as a file says so
        return False


def _listed(folder: Path, done: Parts) -> list[os.DirEntry[str]]:
    """What is not hidden and not done, in order."""
    with os.scandir(folder) as entries:
        listed = sorted(
            (entry for entry in entries if not entry.name.startswith(".")),
            key=lambda entry: os.fsencode(entry.name),
        )
    if not done:
        return listed
    last = os.fsencode(done[0])
    is_begun = len(done) > 1
    return [entry for entry in listed if (name := os.fsencode(entry.name)) > last or (is_begun and name == last)]
