"""The queue: `default` for counting and bookkeeping, `gpu` for scoring."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("twinset")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
