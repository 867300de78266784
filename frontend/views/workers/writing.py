"""What a worker writes to the people who run the study: a message, or the wish to look at a rejection again."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation import messages
from annotation.errors import CannotWrite
from annotation.models import Enrolment, Rejection
from frontend import limits
from frontend.limits import limited
from frontend.views.workers.arriving import enrolment_of, home_address, home_page
from frontend.views.workers.links import SeeOther, worker_page


@worker_page
@require_POST
@limited("writing", per_minute=6, by=limits.enrolled_worker)
def message_send(request: HttpRequest, *, token: str) -> HttpResponse:
    """What can't be sent is said beside the text, which stays."""
    enrolled = enrolment_of(token)
    text, about = request.POST.get("text", ""), request.POST.get("rejection", "")
    try:
        messages.write_to_researchers(
            study=enrolled.study,
            worker=enrolled.worker,
            text=text,
            now=timezone.now(),
            rejection=_rejection(enrolled, about) if about else None,
        )
    except CannotWrite as error:
        refused = {"problem": str(error), "text": text[: 2 * messages.MAX_LENGTH], "about": about}
        return home_page(request, enrolled, is_back=True, refused=refused)
    return SeeOther(f"{home_address(enrolled)}?sent=1#messages")


def _rejection(enrolled: Enrolment, about: str) -> Rejection:
    """Of this worker's own work in this study."""
    rows = Rejection.objects.filter(place__worker=enrolled.worker, place__posting__batch__study=enrolled.study)
    is_number = about.isascii() and about.isdigit() and len(about) < 19
    found = rows.filter(pk=int(about)).first() if is_number else None
    if found is None:
        raise CannotWrite(_("This is not about work of yours. Open your own page again."))
    return found


urlpatterns = [path("me/<str:token>/messages/", message_send, name="message-send")]
