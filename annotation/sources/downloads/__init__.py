"""Pictures from public servers: addresses are untrusted, and so is whatever answers."""

from annotation.sources.downloads.addresses import is_url
from annotation.sources.downloads.reading import read_url

__all__ = ["is_url", "read_url"]
