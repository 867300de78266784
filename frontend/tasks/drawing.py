"""What pages want drawn before somebody waits for it; only kept: what is lost is drawn where it is asked for."""

import logging

import redis
from celery import shared_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

from evaluation.models import Report
from evaluation.reports.content import VERSION
from frontend.reporting import engine, offline
from frontend.reporting.keeping import KEPT_SECONDS

logger = logging.getLogger(__name__)


def enqueue_drawing(report: Report) -> None:
    """Once when a report is asked for, and once when it is read; without the queue nothing is drawn ahead."""
    try:
        if cache.add(f"report-drawing-{report.pk}-{report.state}", True, timeout=KEPT_SECONDS):
            draw_report.delay(report.pk)
    except (OperationalError, redis.RedisError) as error:
        logger.warning("report %d is not drawn ahead: the queue does not answer (%s)", report.pk, error)


@shared_task
def draw_report(report_id: int) -> None:
    """The script that draws, and what the copy of a report holds; of one that isn't built, the script alone."""
    engine.packed()
    report = Report.objects.built().filter(pk=report_id).first()
    if report is not None and report.content.get("version") == VERSION:
        offline.draw_ahead(report.content)
