"""Who may do what at an address, and what they get."""

from dataclasses import dataclass
from enum import Enum

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Access(Enum):
    PUBLIC = "anybody"
    TOKEN = "whoever holds the token in the address"
    SIGNED_IN = "every signed-in person; what they see is their own"
    REVIEWER = "the people of the study and its reviewers; to others it does not exist"
    MEMBER = "the people of the study; to others it does not exist"
    ADMIN = "admins only; to others, the people of the study too, it does not exist"
    STAFF = "admins only, who are asked to sign in as such"


@dataclass(frozen=True)
class Rule:
    """What a permitted person gets per method, sent without a body; a method that is not named is refused."""

    access: Access
    get: int | tuple[int, ...] = 405
    post: int | tuple[int, ...] = 405
    put: int | tuple[int, ...] = 405
    patch: int | tuple[int, ...] = 405
    delete: int | tuple[int, ...] = 405

    @property
    def methods(self) -> tuple[str, ...]:
        """Those worth sending: Django's admin has some hundred addresses and takes PUT and PATCH for GET."""
        return ("GET", "POST", "DELETE") if self.access == Access.STAFF else METHODS

    def answers(self, method: str) -> tuple[int, ...]:
        found = getattr(self, {"HEAD": "get"}.get(method, method.lower()), 405)
        return found if isinstance(found, tuple) else (found,)


ADMIN = (200, 302, 403, 404, 405)
STAFF = Rule(Access.STAFF, get=ADMIN, post=ADMIN, delete=ADMIN)
# The form, or onward for who is signed in already.
SIGN_IN = Rule(Access.PUBLIC, get=(200, 302), post=(200, 302), put=(200, 302), patch=(302, 405), delete=(302, 405))
PAGE = Rule(Access.MEMBER, get=200)
REVIEW_PAGE = Rule(Access.REVIEWER, get=200)
LIST = Rule(Access.SIGNED_IN, get=200)
WRITABLE_LIST = Rule(Access.SIGNED_IN, get=200, post=400)
RESOURCE = Rule(Access.MEMBER, get=200)
NOTHING = Rule(Access.SIGNED_IN, get=404, post=404, put=404, patch=404, delete=404)
