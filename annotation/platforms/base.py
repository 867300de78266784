"""What a workforce must offer, and the ones there are."""

from typing import Protocol

from annotation.models import Invitation
from annotation.platforms.local import LocalPlatform


class Platform(Protocol):
    """One way to reach workers."""

    name: str

    def invitation_path(self, invitation: Invitation) -> str:
        """Where a worker of this platform starts, below the site's address."""
        ...


PLATFORMS: dict[str, Platform] = {LocalPlatform.name: LocalPlatform()}
