"""Letters to who is invited."""

import time

from celery import shared_task
from django.utils import timezone

from annotation import inviting, workers
from annotation.tasks.asking import ask_once, is_overtaken, or_swept

SECONDS_TO_SEND = 20  # that one message sends for: what else waits for the consumer gets its turn
NUM_LETTERS = 200  # looked at in one message


def enqueue_letters() -> None:
    """Ask for what waits to be sent; the sweep is the guarantee."""
    with or_swept("letters to who is invited wait for the sweep"):
        ask_once(send_letters)


@shared_task(name="annotation.tasks.send_letters")
def send_letters() -> None:
    """Send what waits, for a while; it is its own sweep, and each letter is one consumer's at a time."""
    if is_overtaken(send_letters):
        return
    until = time.monotonic() + SECONDS_TO_SEND
    due = workers.emails_due(now=timezone.now())
    for invitation_id in list(due.values_list("pk", flat=True)[:NUM_LETTERS]):
        if time.monotonic() > until:
            break
        inviting.send(invitation_id=invitation_id, clock=timezone.now)
    else:
        return
    enqueue_letters()
