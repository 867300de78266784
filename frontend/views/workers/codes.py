"""The entrance for who has a sheet of paper: a code is typed, and leads to its invitation."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotation.models import Invitation
from annotation.platforms import codes
from annotation.platforms.base import PLATFORMS
from frontend import limits
from frontend.limits import limited
from frontend.views.workers.links import SeeOther, worker_page


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
@limited("codes", per_minute=30, by=limits.address)
def entrance(request: HttpRequest) -> HttpResponse:
    """One field. A code that is none is said so, without a word about how near it was."""
    if request.method != "POST":
        return render(request, "frontend/work/code.html")
    typed = request.POST.get("code", "")
    code = codes.read(typed)
    invited = Invitation.objects.filter(code=code).first() if code else None
    if invited is not None:
        return SeeOther(PLATFORMS[invited.platform].invitation_path(invited))
    problem = _("There is no such code. It has nine letters and digits: look at the sheet again.")
    context = {"typed": typed[:40], "problem": problem}
    return render(request, "frontend/work/code.html", context, status=404)


urlpatterns = [path("join/", entrance, name="join-code")]
