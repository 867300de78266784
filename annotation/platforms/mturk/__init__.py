"""Mechanical Turk's protocol (Requester API 2017-01-17), against a configured endpoint; the sandbox by default.

The documentation of the service says that it closes for good on 30 September 2026. The adapter stays for endpoints that
speak this protocol, such as an institution's own; nothing else in the product depends on it.
"""

from annotation.platforms.mturk.access import Access
from annotation.platforms.mturk.notifications import NotificationQueue, Received
from annotation.platforms.mturk.platform import MTurkPlatform

__all__ = ["Access", "MTurkPlatform", "NotificationQueue", "Received"]
