from annotation.sources.base import SOURCES, CandidateRecord, RefusedRecord, Source, open_source
from annotation.sources.folder import FolderSource
from annotation.sources.manifest import ManifestSource

__all__ = [
    "SOURCES",
    "CandidateRecord",
    "FolderSource",
    "ManifestSource",
    "RefusedRecord",
    "Source",
    "open_source",
]
