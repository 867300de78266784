"""What granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# What is loaded now stays: the collector need not look through it again and again while requests are served.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
