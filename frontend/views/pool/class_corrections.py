"""What a class is called and described as, corrected; what stood there before stays to be read."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation import studies
from annotation.errors import InvalidStudy
from annotation.models import Assignment, TargetClass, TestSet
from frontend.views.researcher import visible_study

LABELS = {
    "name": "Name", "synonyms": "Other names", "definition": "Definition", "wider_words": "Wider words",
    "links": "Links",
}  # fmt: skip


def _lines(label: str, help_text: str) -> Any:
    area = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=50_000, widget=area)


class CorrectionForm(forms.Form):
    """All that a class is described by; lists as lines."""

    name = forms.CharField(max_length=studies.MAX_NAME, widget=forms.TextInput(attrs={"dir": "auto"}))
    synonyms = _lines(LABELS["synonyms"], "One a line; shown to workers.")
    definition = forms.CharField(
        required=False, max_length=studies.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="Shown to workers.",
    )  # fmt: skip
    wider_words = _lines(LABELS["wider_words"], "One a line: kinds that it is one of, which help to find images.")
    links = _lines(LABELS["links"], "One a line: a text, a space, the address. Shown to workers.")

    def clean_definition(self) -> str:
        return str(self.cleaned_data["definition"]).replace("\r\n", "\n")

    def spec(self, class_id: str) -> studies.TargetClassSpec:
        said = self.cleaned_data
        words = {name: tuple(_of_lines(said[name])) for name in ("synonyms", "wider_words")}
        links = tuple(_link(line) for line in _of_lines(said["links"]))
        return studies.TargetClassSpec(class_id, said["name"], definition=said["definition"], links=links, **words)


def _of_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _link(line: str) -> studies.LinkSpec:
    text, _, url = line.rpartition(" ")
    return studies.LinkSpec(text=text.strip() or url, url=url)


def _initial(row: TargetClass) -> dict[str, str]:
    lines = {name: "\n".join(getattr(row, name)) for name in ("synonyms", "wider_words")}
    links = "\n".join(f"{link['text']} {link['url']}" for link in row.links)
    return {"name": row.name, "definition": row.definition, "links": links, **lines}


@require_http_methods(["GET", "HEAD", "POST"])
def class_correct(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    row: TargetClass = get_object_or_404(study.target_classes.all(), pk=pk)
    form = CorrectionForm(request.POST) if request.method == "POST" else CorrectionForm(initial=_initial(row))
    if form.is_valid():
        try:
            found = studies.correct_target_class(
                target_class=row, spec=form.spec(row.class_id), now=timezone.now(), by=request.user
            )
        except InvalidStudy as error:
            form.add_error(None, str(error))
        else:
            changed = ", ".join(LABELS[name].lower() for name in found.after) if found else ""
            messages.success(request, f"{row.class_id}: {changed or 'nothing'} changed.")
            return redirect("frontend:class-list", slug)
    judged = Assignment.objects.filter(hit__grid__target_class=row, submitted_at__isnull=False)
    frozen = TestSet.objects.filter(study=study, frozen_at__isnull=False, images__target_class=row)
    context = {
        "study": study,
        "row": row,
        "form": form,
        "open_batches": study.batches.filter(expired_at=None, hits__grid__target_class=row).distinct().order_by("pk"),
        "num_judged": judged.count(),
        "frozen_sets": [each.citation for each in frozen.select_related("study").distinct().order_by("pk")],
        "corrections": [(each, _told(each)) for each in row.corrections.select_related("corrected_by")],
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "frontend/classes/correct.html", context, status=status)


def _told(correction: Any) -> list[tuple[str, str, str]]:
    """Of each field its label, what stood there, and what stands there since."""
    return [(LABELS[name], _read(correction.before[name]), _read(value)) for name, value in correction.after.items()]


def _read(value: Any) -> str:
    if isinstance(value, str):
        return value or "–"
    return ", ".join(each if isinstance(each, str) else f"{each['text']} ({each['url']})" for each in value) or "–"


urlpatterns = [path("studies/<slug:slug>/classes/<int:pk>/correct/", class_correct, name="class-correct")]
