"""A folder per class, named by the class's id or name, as ImageFolder and most archives have it."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from annotation.errors import UnreadableSource
from annotation.sources.base import CandidateRecord, RefusedRecord, read_inside, register

LINKED_FOLDER = "It is a link to a folder; such links are not followed."


@register("folder")
class FolderSource:
    """Files in the bytewise order of their names; hidden ones are passed over."""

    def __init__(self, path: Path) -> None:
        self._root = path.resolve()

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return path.is_dir()

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        try:
            entries = _listed(self._root)
        except OSError as error:
            raise UnreadableSource(f"The folder can't be read: {error.strerror}.") from error
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._class_folder(entry)
            elif _leads_to_folder(entry):
                yield RefusedRecord(entry.name, LINKED_FOLDER)
            else:
                yield RefusedRecord(entry.name, "It lies in no class folder; move it into the folder of its class.")

    def _class_folder(self, folder: os.DirEntry[str]) -> Iterator[CandidateRecord | RefusedRecord]:
        is_empty = True
        for record in self._below(folder):
            is_empty = False
            yield record
        if is_empty:
            yield RefusedRecord(f"{folder.name}/", "The class folder is empty; nothing was imported from it.")

    def _below(self, folder: os.DirEntry[str]) -> Iterator[CandidateRecord | RefusedRecord]:
        waiting = [folder]  # a stack, not recursion: folders can be nested deeper than Python calls
        while waiting:
            entry = waiting.pop()
            source = self._relative(entry)
            if entry.is_dir(follow_symlinks=False):
                try:
                    waiting.extend(reversed(_listed(Path(entry.path))))
                except OSError as error:
                    yield RefusedRecord(f"{source}/", f"The folder can't be read: {error.strerror}.")
            elif _leads_to_folder(entry):
                yield RefusedRecord(source, LINKED_FOLDER)
            else:
                yield CandidateRecord(source, folder.name, partial(read_inside, self._root, source))

    def _relative(self, entry: os.DirEntry[str]) -> str:
        return os.path.relpath(entry.path, self._root)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links, or a place we may not see: reading it as a file says so
        return False


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(
            (entry for entry in entries if not entry.name.startswith(".")),
            key=lambda entry: os.fsencode(entry.name),
        )
