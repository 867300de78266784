"""Completion codes that workers have sent in: valid or not, whose, and for how many grids."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from annotation import inviting
from annotation.inviting.completion import Checked
from frontend.views.inviting.forms import CodesForm
from frontend.views.researcher import visible_study

MOST_LISTED = 1000  # lines of the table; all are checked and counted


@require_http_methods(["GET", "HEAD", "POST"])
def completion(request: HttpRequest, slug: str) -> HttpResponse:
    """Nothing changes: the codes are only looked at."""
    study = visible_study(request, slug)
    form = CodesForm(request.POST if request.method == "POST" else None)
    checked = inviting.check(study=study, pasted=form.cleaned_data["codes"]) if form.is_valid() else []
    context = {
        "study": study,
        "form": form,
        "checked": listed(checked),
        "num_checked": len(checked),
        "num_valid": sum(each.is_valid for each in checked),
    }
    return render(request, "frontend/inviting/completion.html", context, status=400 if form.errors else 200)


def listed(checked: list[Checked]) -> list[Checked]:
    """In the order of the lines; of more than a page holds, those first that somebody has to look at."""
    if len(checked) <= MOST_LISTED:
        return checked
    return sorted(checked, key=lambda each: each.is_valid and not each.why)[:MOST_LISTED]


urlpatterns = [
    path("studies/<slug:slug>/invitations/completion/", completion, name="invitation-completion"),
]
