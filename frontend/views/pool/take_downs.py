"""A picture taken down for good, by administrators: first what that would change, then the reason, and it is gone."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation import takedowns
from annotation.errors import AnnotationError
from annotation.models import TakeDown
from frontend.views.researcher import covered_of, visible_study

MAX_NOTE = 500


class TakeDownForm(forms.Form):
    """Why, and that the numbers above were read."""

    ground = forms.ChoiceField(choices=[("", "Choose one"), *TakeDown.Ground.choices], label="It is taken down because")
    note = forms.CharField(
        max_length=MAX_NOTE,
        label="Who asked, and where that is written",
        help_text="It stays beside the candidate; the picture can’t be looked at any more.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    fingerprint = forms.CharField(max_length=100, widget=forms.HiddenInput)
    is_meant = forms.BooleanField(label="Yes, remove it for good. It can’t be undone.")

    @property
    def told(self) -> takedowns.Told:
        said = self.cleaned_data
        return takedowns.Told(TakeDown.Ground(said["ground"]), said["note"], said["fingerprint"])


@require_http_methods(["GET", "HEAD", "POST"])
def candidate_take_down(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One picture, with all candidates that are it; nothing happens before it is confirmed."""
    if not request.user.is_superuser:
        raise Http404("Only administrators take pictures down.")
    study = visible_study(request, slug)
    candidate = get_object_or_404(study.candidates.select_related("target_class", "image"), pk=pk)
    there = redirect("frontend:candidate-detail", slug, pk)
    form = TakeDownForm(request.POST if request.method == "POST" else None)
    try:
        if form.is_valid():
            done = takedowns.take_down(candidates=[pk], told=form.told, now=timezone.now(), by=request.user)
            messages.success(request, _said(done))
            return there
        preview = takedowns.preview(candidates=[pk], now=timezone.now())
    except AnnotationError as error:
        messages.error(request, str(error))
        return there
    context = {
        "study": study,
        "candidate": candidate,
        "covered": covered_of([pk]),
        "preview": preview,
        "form": form if form.is_bound else TakeDownForm(initial={"fingerprint": preview.fingerprint}),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "frontend/candidates/take_down.html", context, status=status)


def _said(done: takedowns.Preview) -> str:
    number = f"{done.num_candidates:,} candidate{'' if done.num_candidates == 1 else 's'}"
    return f"The picture is gone, from {number} of {', '.join(done.studies)}. It is not taken in again."


urlpatterns = [
    path("studies/<slug:slug>/candidates/<int:pk>/take-down/", candidate_take_down, name="candidate-take-down"),
]
