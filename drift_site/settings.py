"""Settings come from the environment or from `.env`; `.env.example` lists every one with its unit and default."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from drift_site import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(os.environ.get("DRIFT_ENV_FILE", str(BASE_DIR / ".env")))


def number(name: str, default: int, *, least: int = 0) -> int:
    try:
        value: int = env.int(name, default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {env(name)!r}.") from None
    if value < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}.")
    return value


def names(name: str, default: list[str]) -> list[str]:
    return [text for given in env.list(name, default=default) if (text := given.strip())]


def port_range(name: str, default: str) -> range:
    text: str = env.str(name, default)
    first, _, last = text.partition("-")
    try:
        ports = range(int(first), int(last or first) + 1)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a range such as {default}, not {text!r}.") from None
    if not ports or ports[0] < 1 or ports[-1] > 65535:
        raise ImproperlyConfigured(f"{name} must be a range of ports from 1 to 65535, not {text!r}.")
    return ports


def rate(name: str, default: str) -> str:
    text: str = env.str(name, default)
    if not re.fullmatch(r"[1-9]\d*/(second|minute|hour|day)", text):
        raise ImproperlyConfigured(f"{name} must be a rate such as {default}, not {text!r}.")
    return text


def listen_address(name: str) -> tuple[str, int] | None:
    text: str = env.str(name, "")
    host, _, port = text.rpartition(":")
    if not text:
        return None
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise ImproperlyConfigured(f"{name} must be an address and a port such as 127.0.0.1:9464, not {text!r}.")
    return host.strip("[]"), int(port)


# --- Where things are ------------------------------------------------------------------------------------------

DRIFT_DATA_DIR = Path(env.str("DRIFT_DATA_DIR", str(BASE_DIR / "var"))).expanduser()
# Where people reach this server, for the links in mails: https://drift.example.org
DRIFT_PUBLIC_URL: str = env.str("DRIFT_PUBLIC_URL", "http://localhost:8000").rstrip("/")
# The second WebSocket port, where the original's clients look; it is the `ws_port` of the original's REST answers.
DRIFT_LEGACY_PORT = number("DRIFT_LEGACY_PORT", 8765, least=1)


# --- Database and channel layer --------------------------------------------------------------------------------


def database() -> dict[str, Any]:
    if env.str("DATABASE_URL", ""):
        chosen: dict[str, Any] = env.db("DATABASE_URL")
    elif env.str("DB_NAME", ""):
        # The original's variables.
        chosen = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": env.str("DB_NAME"),
            "USER": env.str("DB_USER", ""),
            "PASSWORD": env.str("DB_PASSWORD", ""),
            "HOST": env.str("DB_HOST", ""),
            "PORT": env.str("DB_PORT", ""),
        }
    else:
        chosen = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DRIFT_DATA_DIR / "drift.sqlite3")}
    if chosen["ENGINE"].endswith("sqlite3"):
        # WAL lets readers go on while the recorder writes; IMMEDIATE makes writers queue instead of failing half way.
        chosen["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            **chosen.get("OPTIONS", {}),
        }
    elif chosen["ENGINE"].endswith("postgresql"):
        # Under ASGI each request has a thread of its own, which would leave its connection open behind it.
        chosen["CONN_MAX_AGE"] = 0
        chosen["CONN_HEALTH_CHECKS"] = True
        # A host that does not answer at all must not hold a request, or the recorder, for the system's two minutes.
        chosen["OPTIONS"] = {"connect_timeout": 5, **chosen.get("OPTIONS", {})}
    return chosen


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# True where DRIFT keeps its own database file: the host of one process, who has no secrets to set up.
EMBEDDED = not env.str("DATABASE_URL", "") and not env.str("DB_NAME", "")

REDIS_URL: str = env.str("REDIS_URL", "")
if REDIS_URL:
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": env.str("DRIFT_REDIS_PREFIX", "drift")},
        }
    }
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": env.str("DRIFT_REDIS_PREFIX", "drift"),
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}}
    # Throttles and lockouts count across workers, hence not each process's own memory.
    CACHES = {
        "default": {
            "BACKEND": "accounts.cache.CountingDatabaseCache",
            "LOCATION": "drift_cache",
            # Past this many entries a third goes, expired or not: far above what the throttles hold.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
    }


# --- Security --------------------------------------------------------------------------------------------------

DEBUG: bool = env.bool("DEBUG", False)
SECRET_KEY: str = env.str("SECRET_KEY", "")
if not SECRET_KEY and not EMBEDDED and not DEBUG:
    raise ImproperlyConfigured("SECRET_KEY must be set (a long random text) when DATABASE_URL or DB_NAME is.")
SECRET_KEY = SECRET_KEY or secret_key.kept_in(DRIFT_DATA_DIR)
# The guests of a LAN party come by IP address, which nobody knows beforehand.
ALLOWED_HOSTS: list[str] = names("ALLOWED_HOSTS", ["*"] if EMBEDDED or DEBUG else [])
if not ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the host names of this server, separated by commas.")
CSRF_TRUSTED_ORIGINS: list[str] = names("CSRF_TRUSTED_ORIGINS", [])
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "drift_site.errors.csrf_failure"
# Nothing is loaded from elsewhere, and no script or style stands in a page but the import map, which has a nonce.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the API page's style sheet brings its marks along
        "font-src": [SELF],
        "connect-src": [SELF],  # and WebSockets of the same host: drift_site.security
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
if DRIFT_PUBLIC_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 30 * 24 * 60 * 60

# Reverse proxies in front of this server that set X-Forwarded-For; with 0 that header is not believed.
DRIFT_PROXIES = number("DRIFT_PROXIES", 0)
if DRIFT_PROXIES or DRIFT_PUBLIC_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


# --- Accounts --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "lobby"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # refuses those who are locked out before anything is looked at
    "django.contrib.auth.backends.ModelBackend",
    "accounts.backends.SecurityAnswerBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "accounts.passwords.MaximumLengthValidator",
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
    )
]
# Takes the `user_id` of the original's calls at its word, for clients on a closed LAN that keep no cookies.
DRIFT_TRUST_CLIENT_USER_ID: bool = env.bool("DRIFT_TRUST_CLIENT_USER_ID", False)

KNOX_TOKEN_MODEL = "accounts.AuthToken"  # noqa: S105  a model's name
REST_KNOX = {"TOKEN_TTL": timedelta(days=number("DRIFT_TOKEN_DAYS", 30, least=1))}
DRIFT_MAX_DEVICES = number("DRIFT_MAX_DEVICES", 20, least=1)  # tokens a user; the oldest gives way
DRIFT_TICKET_SECONDS = 30  # a WebSocket ticket's life

# So many wrong passwords or answers for one name from one address, and that pair is locked out for so long.
AXES_FAILURE_LIMIT = number("DRIFT_SIGN_IN_FAILURES", 5, least=1)
AXES_COOLOFF_TIME = timedelta(minutes=number("DRIFT_LOCKOUT_MINUTES", 15, least=1))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # failures are what is counted; a list of sign-ins would only grow
AXES_VERBOSE = False
AXES_USERNAME_CALLABLE = "accounts.clients.username_key"
AXES_CLIENT_IP_CALLABLE = "accounts.clients.address"
AXES_SENSITIVE_PARAMETERS = [
    "username", "ip_address", "current_password", "new_password", "security_question", "security_answer", "email",
]  # fmt: skip

EMAIL_CONFIGURED = bool(env.str("EMAIL_URL", ""))
if EMAIL_CONFIGURED:
    try:
        globals().update(env.email_url("EMAIL_URL"))
    except (KeyError, ValueError):
        # Not the value itself: it holds the mail account's password.
        raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@host:587.") from None
DEFAULT_FROM_EMAIL: str = env.str("DRIFT_EMAIL_FROM", "DRIFT <drift@localhost>")
EMAIL_TIMEOUT = 10  # seconds
PASSWORD_RESET_TIMEOUT = 60 * 60  # seconds a mailed link works
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # bytes a request's body


# --- REST API --------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "drift_site.parsers.JSONParser",
        "drift_site.parsers.FormParser",
        "drift_site.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.SearchFilter",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "drift_site.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # There are no versions, and what a caller names as one must not get into the schema's file name: it is a header.
    "ALLOWED_VERSIONS": [""],
    "EXCEPTION_HANDLER": "drift_site.errors.exception_handler",
    # For views with a `throttle_scope` and accounts.throttles.ScopedThrottle.
    "DEFAULT_THROTTLE_RATES": {
        "sign_in": rate("DRIFT_RATE_SIGN_IN", "60/minute"),  # an address
        "register": rate("DRIFT_RATE_REGISTER", "60/hour"),  # an address
        "password": rate("DRIFT_RATE_PASSWORD", "30/hour"),  # an address: change, reset, mailed links
        "password_of_user": rate("DRIFT_RATE_PASSWORD_OF_USER", "20/hour"),  # a name, from any address
        "ws_ticket": rate("DRIFT_RATE_WS_TICKET", "120/minute"),  # a user
    },
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "DRIFT",
    "DESCRIPTION": "Drone Racing Instant Flight Tracker: races, telemetry, laps. See docs/api.md.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"StandingStatusEnum": ["RUN", "FIN", "DNF", "DNS", "DSQ"]},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "drift_site.schema.document_errors",
    ],
}


# --- Telemetry -------------------------------------------------------------------------------------------------

DRIFT_UDP_HOST: str = env.str("DRIFT_UDP_HOST", "0.0.0.0")  # noqa: S104  pilots send from other machines
DRIFT_UDP_PORTS = port_range("DRIFT_UDP_PORTS", "9001-9064")
DRIFT_UDP_BUFFER = number("DRIFT_UDP_BUFFER", 4 * 1024 * 1024, least=4096)  # bytes a socket
DRIFT_TICK_MS = number("DRIFT_TICK_MS", 20, least=1)
DRIFT_MAX_DRONES = number("DRIFT_MAX_DRONES", 32, least=1)  # a race
DRIFT_MAX_FRAME_RATE = number("DRIFT_MAX_FRAME_RATE", 1000, least=1)  # frames/s a drone
DRIFT_SOURCE_SILENCE_S = number("DRIFT_SOURCE_SILENCE_S", 3, least=1)
DRIFT_ALLOWED_SOURCES: list[str] = names("DRIFT_ALLOWED_SOURCES", [])  # addresses or networks; empty: all
DRIFT_RECORD_INTERVAL_MS = number("DRIFT_RECORD_INTERVAL_MS", 500, least=1)
DRIFT_RECORD_BATCH = number("DRIFT_RECORD_BATCH", 5000, least=1)  # frames
DRIFT_JOURNAL_SEGMENT_MB = number("DRIFT_JOURNAL_SEGMENT_MB", 64, least=1)  # MB (2^20 bytes) a journal file
DRIFT_JOURNAL_FSYNC_MS = number("DRIFT_JOURNAL_FSYNC_MS", 1000)  # ms between two fsyncs of a journal; 0: never
DRIFT_JOURNAL_KEEP: bool = env.bool("DRIFT_JOURNAL_KEEP", False)  # keep the journals of ended races
DRIFT_RETENTION_DAYS = number("DRIFT_RETENTION_DAYS", 0)  # days TimescaleDB keeps frames; 0: for ever
DRIFT_MAX_ACTIVE_RACES = number("DRIFT_MAX_ACTIVE_RACES", 4, least=1)  # a user
DRIFT_SILENT_MINUTES = number("DRIFT_SILENT_MINUTES", 30, least=1)
DRIFT_MAX_VIEWERS = number("DRIFT_MAX_VIEWERS", 2000, least=1)  # a process
DRIFT_MAX_VIEWERS_PER_ADDRESS = number("DRIFT_MAX_VIEWERS_PER_ADDRESS", 200, least=1)


# --- The operator's metrics ------------------------------------------------------------------------------------

DRIFT_METRICS_TOKEN: str = env.str("DRIFT_METRICS_TOKEN", "")  # for /metrics; staff may read it without
DRIFT_METRICS_LISTEN = listen_address("DRIFT_METRICS_LISTEN")  # of ingest_udp, which has no other port for it
if DRIFT_METRICS_LISTEN and not DRIFT_METRICS_TOKEN:
    raise ImproperlyConfigured("DRIFT_METRICS_LISTEN needs DRIFT_METRICS_TOKEN: nobody could read the metrics there.")


# --- Django ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # before staticfiles: it makes runserver serve ASGI
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "knox",
    "axes",
    "accounts",
    "races",
    "telemetry",
    "management",
    "drift_site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "drift_site.security.SecurityHeaders",
    "drift_site.page_forms.PageForms",  # before whatever may refuse a request on a page that reads its form
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# django-axes' middleware would answer who is locked out. All who prove a password here say so themselves, and under
# ASGI it fails: it takes the names that were tried for the answer.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]
# accounts.AuthToken takes the place of knox's own model, whose table would stay empty.
MIGRATION_MODULES = {"knox": None}
ROOT_URLCONF = "drift_site.urls"
ASGI_APPLICATION = "drift_site.asgi.application"
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
    },
]
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DRIFT_DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}
SERVESTATIC_USE_MANIFEST = not DEBUG

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("DRIFT_LOG_LEVEL", "INFO")},
    "loggers": {"uvicorn.access": {"level": "WARNING"}, "daphne": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
}
