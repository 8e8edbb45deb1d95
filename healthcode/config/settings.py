"""Settings of every process. Production reads the environment; ``./run`` fills it in for the demo.

========================  ==========================================================================
``DATABASE_URL``          ``postgresql://user:password@host:port/name`` (``?host=/dir`` for a socket)
``REDIS_URL``             Valkey or Redis: cache, and broker unless ``CELERY_BROKER_URL`` is set
``HC_SECRET_DIR``         folder with one file per secret (see ``secret``)
``HC_DEMO``               ``1``: on-screen inbox instead of SMS, demonstration bar, plain HTTP
``HC_TESTING``            ``1``: set by the test plugin; fast password hashing only
``HC_ALLOWED_HOSTS``      comma-separated host names (production)
``HC_KEY_DIR``            folder that keeps the private signing keys; unset: sealed in the database
``HC_STATIC_ROOT``        folder that ``collectstatic`` fills and that is served (production)
``HC_RECOLOUR_FIRST``     ``green`` (default) or ``red``: who is decided first when areas or rules change
========================  ==========================================================================
"""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DEMO = os.environ.get("HC_DEMO") == "1"
TESTING = os.environ.get("HC_TESTING") == "1"


def secret(name: str) -> str:
    """Return the secret ``name`` from ``HC_SECRET_DIR``; raise ``ImproperlyConfigured`` when it is missing.

    There is no default secret: a system without its secrets must not start.
    """
    folder = os.environ.get("HC_SECRET_DIR")
    if not folder:
        raise ImproperlyConfigured("HC_SECRET_DIR is not set: it names the folder that holds the secrets")
    path = Path(folder) / name
    if not path.is_file():
        raise ImproperlyConfigured(f"secret {name!r} is missing: expected the file {path}")
    return path.read_text(encoding="ascii").strip()


def optional_secret(name: str) -> str:
    """Return the secret ``name``, or nothing where the installation has none."""
    folder = os.environ.get("HC_SECRET_DIR")
    return secret(name) if folder and (Path(folder) / name).is_file() else ""


def database(url: str) -> dict[str, Any]:
    """Turn a PostgreSQL URL into Django's settings of one database, with psycopg's connection pool."""
    parts = conninfo_to_dict(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {ours: str(parts.pop(theirs, "") or "") for ours, theirs in names.items()}
    pool = False if TESTING else {"min_size": 1, "max_size": 8, "timeout": 10}
    options: dict[str, Any] = {**parts, "pool": pool}
    return {"ENGINE": "django.db.backends.postgresql", **found, "OPTIONS": options, "CONN_MAX_AGE": 0}


# `decide` and `compile_catalogues` run without a database or secrets (HC_OFFLINE=1, set by ./run for them).
OFFLINE = os.environ.get("HC_OFFLINE") == "1"

SECRET_KEY = "offline" * 8 if OFFLINE else secret("django_secret_key")
DATA_KEY = "" if OFFLINE else secret("data_key")
INDEX_KEY = "" if OFFLINE else secret("index_key")
REFERENCE_KEY = "" if OFFLINE else secret("reference_key")
# The public key of the offline root, a JWK; every gate page carries it. Production has this file, and no other of it.
ROOT_PUBLIC = optional_secret("root_public")
# The root itself, PEM: in demonstrations and development only, where nothing is offline.
ROOT_KEY = optional_secret("root_key")
# Who may read /metrics. Without it there is no such page.
METRICS_TOKEN = optional_secret("metrics_token")

DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("HC_ALLOWED_HOSTS", "").split(",") if h]
if DEMO:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", "testserver"]

INSTALLED_APPS = [
    "appeals",
    "venues",
    "family",
    "healthcode",
    "healthcode.config.backoffice.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "rest_framework",
    "django_celery_beat",
    "pgtrigger",
    "csp",
]

if DEMO:
    INSTALLED_APPS.append("healthcode.config.demo")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "healthcode.middleware.private_pages",
]

ROOT_URLCONF = "healthcode.config.urls"
WSGI_APPLICATION = "healthcode.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "healthcode.Account"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "healthcode.context.page",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

DATABASES = {} if OFFLINE else {"default": database(os.environ.get("DATABASE_URL", ""))}
REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("HC_STATIC_ROOT") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
_STATIC_FILES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Collected once for production; found where they lie otherwise.
    "staticfiles": {
        "BACKEND": _STATIC_FILES if STATIC_ROOT else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = STATIC_ROOT is None

PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else ["django.contrib.auth.hashers.Argon2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]

# --- sign-in by phone and one-time code -------------------------------------------------------------------
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "healthcode.accounts.PhoneAdapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_FORMS = {"confirm_login_code": "healthcode.forms.SignInCodeForm"}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "request_login_code": "20/m/ip,3/m/key",
}

# --- protection -------------------------------------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "healthcode.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if not DEMO:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # JSON and nothing else: no ?format=, no page for browsers.
    "URL_FORMAT_OVERRIDE": None,
}
# Signed requests of one department a minute, whatever keys it uses.
SYSTEM_RATE = "120/m"
# Requests of one device at a gate a minute.
DEVICE_RATE = "240/m"
SPECTACULAR_SETTINGS = {
    "TITLE": _("Zhejiang Health Code: evidence of departments"),
    "DESCRIPTION": _("How the systems of authorised departments share evidence (N3.2)."),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": [],
    "ENUM_NAME_OVERRIDES": {},
}

# --- background work --------------------------------------------------------------------------------------
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"healthcode": {"level": "INFO"}},
}

# --- control orders (其他须纳入) -----------------------------------------------------------------------------
# How many people one list may name, and how many minutes an approved order waits and can be stopped.
HC_LIST_CAP = int(os.environ.get("HC_LIST_CAP", "50"))
HC_ORDER_DELAY_MINUTES = int(os.environ.get("HC_ORDER_DELAY_MINUTES", "120"))

# --- importing files in the back office -----------------------------------------------------------------------
# How many rows a file may have to be shown before it is recorded; a longer one goes through ``load_evidence``.
HC_PREVIEW_ROWS = int(os.environ.get("HC_PREVIEW_ROWS", "5000"))

# --- changes of areas and rules --------------------------------------------------------------------------------
# ``green``: people who may turn green are decided before those who may turn red; ``red``: the other way round.
HC_RECOLOUR_FIRST = os.environ.get("HC_RECOLOUR_FIRST", "green")
if HC_RECOLOUR_FIRST not in ("green", "red"):
    raise ImproperlyConfigured(f"HC_RECOLOUR_FIRST is {HC_RECOLOUR_FIRST!r}: it is green or red")

# --- the outside world: one implementation per Protocol of healthcode.domain.ports --------------------------
SMS_GATEWAY = "healthcode.gateways.inbox.InboxSms"
IDENTITY_AUTHORITY = "healthcode.gateways.register.DemoRegister"
KEY_FOLDER = os.environ.get("HC_KEY_DIR", "")
KEY_CUSTODY = f"healthcode.gateways.custody.{'FileCustody' if KEY_FOLDER else 'SealedCustody'}"
GUARDIAN_REGISTER = "family.gateways.DemoGuardians"
REPRESENTATION = "family.gateways.Bonds"

# --- family (代办) ------------------------------------------------------------------------------------------
# How many dependants one person may have, and how often a day consent may be asked (by one, and about one document).
HC_FAMILY_CAP = int(os.environ.get("HC_FAMILY_CAP", "10"))
HC_ASKINGS_A_DAY = int(os.environ.get("HC_ASKINGS_A_DAY", "5"))
# How many people one account may look up in an hour (代查).
HC_LOOKUPS_AN_HOUR = int(os.environ.get("HC_LOOKUPS_AN_HOUR", "60"))
