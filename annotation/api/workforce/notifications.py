"""What Prolific sends by itself. Whoever has not signed it is not heard; whoever has gives a reason to ask, no more."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from annotation import tasks
from annotation.access import Secret
from annotation.platforms.paid import PlatformRefused
from annotation.platforms.prolific import ProlificPlatform, webhooks

logger = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
@require_POST
def prolific_notifications(request: HttpRequest) -> HttpResponse:
    """204 once it is understood, whether or not it is about anything known here."""
    body = request.read(webhooks.LONGEST_BODY + 1)
    if len(body) > webhooks.LONGEST_BODY:
        return HttpResponse(status=400)
    secret = Secret(settings.PROLIFIC_WEBHOOK_SECRET)
    try:
        told = webhooks.notification(request.headers, body, secret=secret, now=timezone.now())
    except webhooks.UnreadableNotification as error:
        logger.warning("a notification of Prolific's: %s", error)
        return HttpResponse(status=400)
    except (webhooks.ForgedNotification, PlatformRefused) as error:
        logger.warning("a notification that says it is Prolific's: %s", error)
        return HttpResponse(status=401)
    if told is not None:
        tasks.enqueue_learning(ProlificPlatform.name, [told])
    return HttpResponse(status=204)
