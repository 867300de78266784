"""Prolific, through version 1 of its REST API; docs/platforms.md says what it can and can't do."""

from annotation.platforms.prolific.access import Access
from annotation.platforms.prolific.platform import ProlificPlatform

__all__ = ["Access", "ProlificPlatform"]
