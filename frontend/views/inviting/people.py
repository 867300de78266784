"""One's own people by a list: uploaded, shown, invited all at once, and written to."""

import csv
from collections.abc import Iterable
from typing import Any

from django.conf import settings as configured
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import inviting, workers
from annotation.errors import AnnotationError
from annotation.models import Invitation, Study
from annotation.platforms import codes
from annotation.spreadsheets import harmless
from annotation.tasks import enqueue_letters
from frontend.qr import qr_code
from frontend.views.inviting.forms import LetterForm, PeopleForm, SheetForm
from frontend.views.researcher import page_of, refusals_told, visible_study

PAGE_SIZE = 50
CODES_PER_PAGE = 60  # on screen; a QR code each
NUM_SHOWN = 12  # people of a preview


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is invited by name or code. By POST a file is shown before anything is done, or, once it was, taken in."""
    study = visible_study(request, slug)
    if request.method != "POST":
        return _people_page(request, study, PeopleForm())
    if "csv" in request.POST:
        return _take_in(request, study, request.POST["csv"].encode())
    form = PeopleForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            content = form.cleaned_data["file"].read()
            return _preview_page(request, study, inviting.read(content), LetterForm(initial=_standard(study)))
        except AnnotationError as error:
            form.add_error("file", str(error))
    return _people_page(request, study, form)


def _take_in(request: HttpRequest, study: Study, content: bytes) -> HttpResponse:
    """What was shown, read once more: nothing that a page holds is believed."""
    form = LetterForm(request.POST)
    is_to_send = "send" in request.POST
    try:
        reading = inviting.read(content)
        if is_to_send:
            if not form.is_valid():
                return _preview_page(request, study, reading, form, status=400)
            inviting.checked(form.letter())
        made = inviting.invite(study=study, reading=reading, now=timezone.now(), by=request.user, without_refused=True)
        messages.success(request, f"{_people(len(made))} invited.")
        if is_to_send and made:
            _ask(request, study, made, form)
    except AnnotationError as error:
        messages.error(request, str(error))
    return redirect("frontend:invitation-people", study.slug)


def _ask(request: HttpRequest, study: Study, rows: Iterable[Invitation], form: LetterForm) -> None:
    ids = [row.pk for row in rows]
    num = inviting.ask(study=study, invitation_ids=ids, now=timezone.now(), letter=form.letter())
    enqueue_letters()
    messages.success(request, f"{num:,} e-mail{'' if num == 1 else 's'} to be sent; this page shows how far it is.")


def _people(number: int) -> str:
    return f"{number:,} {'person is' if number == 1 else 'people are'}"


def _standard(study: Study) -> dict[str, str]:
    return vars(inviting.standard(study))


def _preview_page(
    request: HttpRequest, study: Study, reading: inviting.Reading, form: LetterForm, status: int = 200
) -> HttpResponse:
    shown = inviting.preview(study=study, reading=reading)
    context = {
        "study": study,
        "preview": shown,
        "some": shown.fresh[:NUM_SHOWN],
        "csv": inviting.written(reading.people),
        "form": form,
    } | _mail()
    return render(request, "frontend/inviting/preview.html", context, status=status)


def _people_page(request: HttpRequest, study: Study, form: PeopleForm) -> HttpResponse:
    invited = study.invitations.personal()
    counts = invited.aggregate(
        num=Count("pk"),
        num_sent=Count("pk", filter=Q(emailed_at__isnull=False)),
        num_waiting=Count("pk", filter=Q(email_asked_at__isnull=False)),
        num_failed=Count("pk", filter=~Q(email_refusal="")),
        num_unsent=Count("pk", filter=_unsent()),
        num_joined=Count("enrolments__pk"),
    )
    page = page_of(request, invited.with_joined().order_by("-id"), PAGE_SIZE)
    for each in page:
        each.spelled = codes.spelled(each.code or "")
        each.shown_state = each.state_at(timezone.now(), num_joined=each.num_joined)
    context = {"study": study, "page": page, "counts": counts} | _mail()
    if request.htmx:  # type: ignore[attr-defined]  # set by its middleware
        return render(request, "frontend/inviting/_invited.html", context)
    context |= {"form": form, "letter_form": LetterForm(initial=_standard(study)), "sheet_form": SheetForm()}
    return render(request, "frontend/inviting/people.html", context, status=400 if form.errors else 200)


def _unsent() -> Q:
    return ~Q(email="") & Q(emailed_at=None, email_asked_at=None, withdrawn_at=None)


def _mail() -> dict[str, Any]:
    return {
        "can_send": inviting.is_configured(),
        "not_set": inviting.NOT_SET,
        "goes_to_the_log": not configured.EMAIL_IS_CONFIGURED and inviting.is_configured(),
    }


@require_POST
def letters(request: HttpRequest, slug: str) -> HttpResponse:
    """Write to one person again, or to all who were not written to."""
    study = visible_study(request, slug)
    with refusals_told(request):
        invited = study.invitations.personal()
        if "again" in request.POST:
            again = invited.filter(pk=_number(request.POST["again"]))
            num = inviting.ask(study=study, invitation_ids=list(again.values_list("pk", flat=True)), now=timezone.now())
            enqueue_letters()
            messages.success(request, "It is sent again." if num else "A letter to them is on its way already.")
        elif (form := LetterForm(request.POST)).is_valid():
            _ask(request, study, invited.filter(_unsent()), form)
        else:
            messages.error(request, "Give the e-mail a subject and a text.")
    return redirect("frontend:invitation-people", slug)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0


@require_POST
def codes_make(request: HttpRequest, slug: str) -> HttpResponse:
    """Codes for a sheet of paper."""
    study = visible_study(request, slug)
    form = SheetForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Give the sheet a name, and a number of codes up to {workers.MAX_SHEET}.")
        return redirect("frontend:invitation-people", slug)
    with refusals_told(request):
        made = workers.invite_by_codes(study=study, **form.cleaned_data, now=timezone.now(), by=request.user)
        messages.success(request, f"{len(made):,} codes are made. Print the sheet, and cut it up.")
    return redirect("frontend:invitation-sheet", slug)


@require_safe
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """Codes and QR codes of those who have not joined, to print and cut up."""
    study = visible_study(request, slug)
    rows = study.invitations.filter(code__isnull=False, withdrawn_at=None, enrolments=None).order_by("id")
    page = page_of(request, rows, CODES_PER_PAGE)
    slips = [(row, codes.spelled(row.code or ""), qr_code(inviting.link_of(row))) for row in page]
    context = {"study": study, "page": page, "slips": slips, "entrance": f"{inviting.public_url()}/join/"}
    return render(request, "frontend/inviting/sheet.html", context)


@require_safe
def links(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody's link and code, as CSV: to be written to by other means."""
    study = visible_study(request, slug)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{study.slug}-links.csv"'
    response.write("\ufeff")  # spreadsheets take it for another encoding without
    table = csv.writer(response)
    table.writerow(["name", "email", "language", "note", "code", "link"])
    for row in study.invitations.personal().filter(withdrawn_at=None).order_by("id").iterator():
        cells = [row.name, row.email, row.language, row.note, codes.spelled(row.code or ""), inviting.link_of(row)]
        table.writerow([harmless(cell) for cell in cells])
    return response


urlpatterns = [
    path("studies/<slug:slug>/invitations/people/", people, name="invitation-people"),
    path("studies/<slug:slug>/invitations/people/letters/", letters, name="invitation-letters"),
    path("studies/<slug:slug>/invitations/people/codes/", codes_make, name="invitation-codes"),
    path("studies/<slug:slug>/invitations/people/sheet/", sheet, name="invitation-sheet"),
    path("studies/<slug:slug>/invitations/people/links/", links, name="invitation-links"),
]
