"""The classes of a study: searched, imported from lists, completed, and each with its nearest other class."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import studies
from annotation.errors import AnnotationError
from annotation.models import Candidate, Origin, Study, TargetClass
from annotation.sources.classes import (
    MAX_BYTES,
    Given,
    WordNet,
    read_classes,
    read_confusion,
    read_nearest,
    read_pages,
)
from annotation.studies import ImportReport
from frontend.forms import Filter
from frontend.views.researcher import covered_of, page_of, refusals_told, visible_study

PAGE_SIZE = 25
NUM_NOTES = 20
NUM_PICTURES = 6
MAX_OFFERED = 2000  # classes that a field can offer while one types
LACKING: dict[str, Q] = {
    "definition": Q(definition=""),
    "wider": Q(wider_words=[]),
    "links": Q(links=[]),
    "nearest": Q(nearest=None),
}
KINDS: dict[str, Callable[[Study, Given], ImportReport]] = {
    "classes": lambda study, given: studies.import_classes(study=study, records=read_classes(given)),
    "pages": lambda study, given: studies.import_pages(study=study, pages=read_pages(given)),
    "nearest": lambda study, given: studies.import_nearest(study=study, nearest=read_nearest(given)),
    "confusion": lambda study, given: studies.import_nearest(study=study, nearest=read_confusion(given)),
}
BY_WORDNET: dict[str, Callable[..., ImportReport]] = {
    "complete": studies.complete_from_wordnet,
    "nearest": studies.nearest_by_wordnet,
}


class ClassSearch(Filter):
    """Words in the id, the names or the definition, and what a class may lack."""

    q = forms.CharField(
        max_length=200,
        required=False,
        label="Search",
        widget=forms.TextInput(attrs={"placeholder": "Name, id or words"}),
    )
    lacks = forms.ChoiceField(
        label="Lacking",
        required=False,
        choices=[
            ("", "All classes"),
            ("definition", "Without a definition"),
            ("wider", "Without wider words"),
            ("links", "Without links"),
            ("nearest", "Without a nearest class"),
            (Origin.ORIGINAL, "Without originals"),
            (Origin.POOL, "Without pool candidates"),
        ],
    )


class ClassImportForm(forms.Form):
    """A file, and what is in it."""

    kind = forms.ChoiceField(
        label="What the file holds",
        widget=forms.RadioSelect,
        initial="classes",
        choices=[
            ("classes", "Classes: CSV, JSON, class_info.json, or .txt with a class a line"),
            ("pages", "Pages: JSON with a list of addresses for each class id"),
            ("nearest", "Nearest classes: JSON with a list of class ids for each, the nearest first"),
            ("confusion", "Confusion matrix: CSV, a row for each true class, a column for each predicted one"),
        ],
    )
    file = forms.FileField(label="File", widget=forms.FileInput(attrs={"accept": ".csv,.json,.txt"}))

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"The file has {file.size:,} bytes; at most {MAX_BYTES:,} are taken.")
        return file


@dataclass(frozen=True)
class Line:
    """A class, with how many images it has that take part."""

    target_class: TargetClass
    num_originals: int
    num_pool: int


# --- the list -----------------------------------------------------------------------------------------


@require_safe
def class_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    wanted = ClassSearch(request.GET)
    rows = _found(study.target_classes.select_related("nearest").order_by("number"), wanted)
    page = page_of(request, rows, PAGE_SIZE)
    context = {
        "study": study,
        "filter": wanted,
        "page": page,
        "lines": _lines(page.object_list),
        "query": wanted.query(),
        "has_wordnet": bool(settings.WORDNET_DIR),
    }
    return render(request, "frontend/classes/list.html", context)


def _found(rows: QuerySet[TargetClass], wanted: ClassSearch) -> QuerySet[TargetClass]:
    if words := wanted.chosen("q"):
        fields = ("class_id", "name", "synonyms", "definition")
        rows = rows.filter(Q(*((f"{field}__icontains", words) for field in fields), _connector=Q.OR))
    lacks = wanted.chosen("lacks")
    if lacks in LACKING:
        rows = rows.filter(LACKING[lacks])
    elif lacks:
        # One of each class is looked for in the index; whether any exists, the database would ask of all rows at once.
        of_class = Candidate.objects.included().filter(target_class=OuterRef("pk"), origin=lacks)
        rows = rows.annotate(some=Subquery(of_class.order_by("id").values("id")[:1])).filter(some=None)
    return rows


def _lines(rows: Iterable[TargetClass]) -> list[Line]:
    """With the counts of all of them in one query."""
    shown = list(rows)
    counted = Candidate.objects.included().filter(target_class__in=shown).order_by()
    groups = counted.values_list("target_class", "origin").annotate(num=Count("pk"))
    numbers = Counter({(pk, origin): num for pk, origin, num in groups})
    return [Line(row, numbers[row.pk, Origin.ORIGINAL], numbers[row.pk, Origin.POOL]) for row in shown]


# --- imports ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def class_import(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    form = ClassImportForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            report = KINDS[form.cleaned_data["kind"]](study, Given(file.name or "", file.read()))
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            _tell(request, report)
            return redirect("frontend:class-list", slug)
    context = {"study": study, "form": form, "has_wordnet": bool(settings.WORDNET_DIR)}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "frontend/classes/import.html", context, status=status)


@require_POST
def class_wordnet(request: HttpRequest, slug: str) -> HttpResponse:
    """Complete the classes from the database that the operator has set, or find their nearest classes by it."""
    study = visible_study(request, slug)
    change = BY_WORDNET.get(request.POST.get("what", ""))
    if change is None:
        messages.error(request, "Say what is to be taken from WordNet: descriptions, or nearest classes.")
    elif not settings.WORDNET_DIR:
        messages.error(request, "No WordNet database is set here; an operator sets it with WORDNET_DIR.")
    else:
        with refusals_told(request), WordNet(Path(settings.WORDNET_DIR)) as wordnet:
            _tell(request, change(study=study, wordnet=wordnet))
    return redirect("frontend:class-list", slug)


def _tell(request: HttpRequest, report: ImportReport) -> None:
    messages.success(request, report.summary)
    if report.notes:
        more = f" And {len(report.notes) - NUM_NOTES:,} notes more." if len(report.notes) > NUM_NOTES else ""
        messages.warning(request, " ".join(report.notes[:NUM_NOTES]) + more)


# --- the nearest class, by hand -----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def class_nearest(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    rows = study.target_classes.select_related("nearest")
    row: TargetClass | None = rows.filter(pk=pk).first()
    if row is None:
        raise Http404("The study has no such class.")
    typed, refusal = request.POST.get("nearest", row.nearest.class_id if row.nearest else ""), ""
    if request.method == "POST":
        try:
            chosen = _choose(study, row, typed)
        except AnnotationError as error:
            refusal = str(error)
        else:
            messages.success(request, f"{row.name}: {_said(chosen)}.")
            return redirect("frontend:class-list", slug)
    context: dict[str, Any] = {
        "study": study,
        "row": row,
        "typed": typed,
        "refusal": refusal,
        "offered": study.target_classes.exclude(pk=pk).order_by("number")[:MAX_OFFERED],
        "sides": [_side(each) for each in (row, row.nearest) if each is not None],
    }
    context["covered"] = covered_of(candidate.pk for _, shown in context["sides"] for candidate in shown)
    status = HTTPStatus.BAD_REQUEST if refusal else HTTPStatus.OK
    return render(request, "frontend/classes/nearest.html", context, status=status)


def _choose(study: Study, row: TargetClass, typed: str) -> TargetClass | None:
    chosen = studies.ClassFinder(study).find(typed) if typed.strip() else None
    studies.set_nearest_classes(study=study, nearest={row.class_id: chosen.class_id if chosen else None})
    return chosen


def _said(chosen: TargetClass | None) -> str:
    return (
        f"the nearest class is {chosen.name} ({chosen.class_id}) from now on" if chosen else "no class is nearest now"
    )


def _side(row: TargetClass) -> tuple[TargetClass, list[Candidate]]:
    """A class, and some of its originals: those of the nearest one are the negative controls."""
    originals = Candidate.objects.included().with_picture().filter(target_class=row, origin=Origin.ORIGINAL)
    return row, list(originals.order_by("id")[:NUM_PICTURES])


urlpatterns = [
    path("studies/<slug:slug>/classes/", class_list, name="class-list"),
    path("studies/<slug:slug>/classes/import/", class_import, name="class-import"),
    path("studies/<slug:slug>/classes/wordnet/", class_wordnet, name="class-wordnet"),
    path("studies/<slug:slug>/classes/<int:pk>/nearest/", class_nearest, name="class-nearest"),
]
