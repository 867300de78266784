"""Review, blind: people look at every image of a test set before it is frozen, without hearing each other."""

from annotation.reviews.agreement import Agreements, agreements
from annotation.reviews.conflicts import conflicts_for, resolve
from annotation.reviews.people import People, people
from annotation.reviews.places import Place, next_place, places
from annotation.reviews.rounds import apply, earlier, open_review, rebuild
from annotation.reviews.showing import originals_of, pictures
from annotation.reviews.verdicts import exclude, finish, keep, reopen, send_back

__all__ = [
    "Agreements",
    "People",
    "Place",
    "agreements",
    "apply",
    "conflicts_for",
    "earlier",
    "exclude",
    "finish",
    "keep",
    "next_place",
    "open_review",
    "originals_of",
    "people",
    "pictures",
    "places",
    "rebuild",
    "reopen",
    "resolve",
    "send_back",
]
