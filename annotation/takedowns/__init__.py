"""Pictures removed for good: what that would change, the change itself, and the files that go after it."""

from annotation.takedowns.previewing import Preview, preview
from annotation.takedowns.removing import Told, remove_files, take_down, waiting

__all__ = ["Preview", "Told", "preview", "remove_files", "take_down", "waiting"]
