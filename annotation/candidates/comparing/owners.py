"""How many people the images are by."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Owners:
    """A few busy owners make a pool more alike than its size says."""

    MOST_FREQUENT: ClassVar = 10

    num_known: int
    """Images whose owner is known."""
    num_owners: int
    num_of_most_frequent: int
    """Images by the ten with the most."""

    @property
    def share_of_most_frequent(self) -> float | None:
        return self.num_of_most_frequent / self.num_known if self.num_known else None
