from annotation.sources.base import SOURCES, CandidateRecord, RefusedRecord, Source, kind_of, open_source
from annotation.sources.folder import FolderSource
from annotation.sources.huggingface import HuggingFaceSource
from annotation.sources.manifest import ManifestSource
from annotation.sources.s3 import S3Source
from annotation.sources.webdataset import WebDatasetSource

__all__ = [
    "SOURCES",
    "CandidateRecord",
    "FolderSource",
    "HuggingFaceSource",
    "ManifestSource",
    "RefusedRecord",
    "S3Source",
    "Source",
    "WebDatasetSource",
    "kind_of",
    "open_source",
]
