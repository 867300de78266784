"""What the pages of a worker have in common. The token in the address is the permission: no account."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from annotation.errors import NotYours
from annotation.platforms import local
from frontend.views.refusals import BrokenLink, explained

View = Callable[..., HttpResponse]


class SeeOther(HttpResponseRedirect):
    """Done; the browser goes on with a GET."""

    status_code = HTTPStatus.SEE_OTHER


def worker_page(view: View) -> View:
    """Open to whoever holds the token, never cached, and a refusal is a page."""
    page: View = csrf_exempt(login_not_required(never_cache(explained(view))))
    return page


def claim_of(token: str) -> local.AssignmentClaim:
    try:
        return local.read_assignment_token(token)
    except NotYours as error:
        raise BrokenLink("It is not complete, or it is not one of ours. Open your invitation again.") from error
