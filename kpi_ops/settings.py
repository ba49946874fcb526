"""One file of settings. Every value that differs between installations is an environment variable.

All variables are read before anything is refused, so that one look at the message is enough.
With DEBUG on everything has a default; with DEBUG off nothing secret has.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvValidationError
from psycopg.conninfo import conninfo_to_dict

from kpi_ops import embedded
from kpi_ops.variables import (
    a_mail_server,
    a_postgresql_url,
    a_real_secret,
    between,
    is_local,
    named_hosts,
    whole_origins,
)

BASE_DIR = Path(__file__).resolve().parent.parent
TYPE_CHECKER = "mypy" in sys.modules
TESTING = "pytest" in sys.modules


env = Env(eager=False)
DEBUG: bool = env.bool("DEBUG", default=TESTING or TYPE_CHECKER)
SECRET_KEY: str = (
    env.str("SECRET_KEY", default="debug-only" * 5)
    if DEBUG
    else env.str("SECRET_KEY", validate=a_real_secret)
)
DATABASE_URL: str | None = (
    env.str("DATABASE_URL", default=None, validate=a_postgresql_url)
    if DEBUG
    else env.str("DATABASE_URL", validate=a_postgresql_url)
)
OWNER_DATABASE_URL: str | None = env.str(
    "OWNER_DATABASE_URL", default=None, validate=a_postgresql_url
)
DATABASE_POOL: int = env.int("DATABASE_POOL", default=0, validate=between(0, 200))
KPI_OPS_DATA = Path(env.str("KPI_OPS_DATA", default="") or BASE_DIR / ".data")
ALLOWED_HOSTS: list[str] = (
    env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"], validate=named_hosts)
    if DEBUG
    else env.list("ALLOWED_HOSTS", validate=named_hosts)
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[], validate=whole_origins
)
HTTPS: bool = env.bool("HTTPS", default=not DEBUG)
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=0, validate=between(0, 5))
SESSION_IDLE_MINUTES: int = env.int("SESSION_IDLE_MINUTES", default=120, validate=between(15, 720))
MAIL_URL: str = env.str("MAIL_URL", default="", validate=a_mail_server)
MAIL_FROM: str = env.str("MAIL_FROM", default="")
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")


def refuse(errors: Mapping[str, list[str]]) -> None:
    lines = []
    for name, texts in sorted(errors.items()):
        text = " ".join(texts)
        text = text.replace("Environment variable not set.", "is not set.")
        text = text.replace("Not a valid boolean.", "is neither on nor off: use 1 or 0.")
        text = text.replace("Not a valid integer.", "is not a whole number.")
        lines.append(f"{name} {text}")
    hint = (
        " With DEBUG off a secret key, a database and host names are required;"
        " DEBUG=1 gives a trial on this machine."
    )
    raise ImproperlyConfigured(
        "The settings are not usable: " + " ".join(lines) + ("" if DEBUG else hint)
    )


try:
    env.seal()
except EnvValidationError as error:
    refuse(cast(Mapping[str, list[str]], error.error_messages))


def weak() -> dict[str, list[str]]:
    """What is well-formed each by itself, and not safe together."""
    found: dict[str, list[str]] = {}
    public = [host for host in ALLOWED_HOSTS if not is_local(host)]
    if DEBUG and public:
        found["DEBUG"] = [f"shows secrets on its error pages; it cannot be on for {public[0]}."]
    if not DEBUG and not HTTPS and public:
        found["HTTPS"] = [f"is off, and passwords for {public[0]} would travel in the open."]
    if HTTPS and any(origin.startswith("http://") for origin in CSRF_TRUSTED_ORIGINS):
        found["CSRF_TRUSTED_ORIGINS"] = ["names an origin without https://."]
    if MAIL_URL and "@" not in MAIL_FROM:
        found["MAIL_FROM"] = ["must be the address that mails come from when MAIL_URL is set."]
    return found


if weak():
    refuse(weak())

# -- database ----------------------------------------------------------------------------------


def connection_of(url: str) -> dict[str, Any]:
    parts = {name: value for name, value in conninfo_to_dict(url).items() if value is not None}
    return {
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": parts,
    }


def embedded_connection() -> dict[str, Any]:
    """Tests have a cluster of their own: the demo data are never within their reach."""
    if TYPE_CHECKER:
        return {"NAME": embedded.DATABASE}
    try:
        return embedded.start(KPI_OPS_DATA / ("test" if TESTING else "demo"), durable=not TESTING)
    except embedded.EmbeddedDatabaseError as error:
        raise ImproperlyConfigured(str(error)) from error


connection = connection_of(DATABASE_URL) if DATABASE_URL else embedded_connection()
# Every connection of the application takes the role that owns nothing and bypasses nothing;
# the engine drops this option for migrations, which are the owner's work.
options: dict[str, Any] = connection.pop("OPTIONS", {})
options["options"] = " ".join(
    filter(None, [options.get("options"), f"-c role={embedded.APPLICATION}"])
)
if DATABASE_POOL:
    options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10}

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "clients.postgresql",
        **connection,
        "OPTIONS": options,
        # A request opens its transaction where it sets its scope, in ScopeMiddleware.
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": "test_kpi_ops"},
    }
}
# A separate sign-in for the owner of the schema; without it the normal one owns it.
OWNER_DATABASE: dict[str, Any] = connection_of(OWNER_DATABASE_URL) if OWNER_DATABASE_URL else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- applications ------------------------------------------------------------------------------

# Ours first: its commands and templates win.
INSTALLED_APPS = [
    "clients.apps.ClientsConfig",
    "kpis",
    "plant",
    "machines",
    "attendance",
    "production",
    "downtime",
    "quality",
    "holds",
    "staffing",
    "entry",
    "dashboards",
    "demo",
    "clients.apps.OpsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
]

MIDDLEWARE = [
    "kpi_ops.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kpi_ops.sessions.SessionLimitsMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Opens the request's transaction, so everything that reads a client's row comes after it.
    "clients.middleware.ScopeMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "kpi_ops.urls"
WSGI_APPLICATION = "kpi_ops.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboards.context.head",
            ],
        },
    }
]

# -- sign-in -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "clients.User"
AUTHENTICATION_BACKENDS = ["clients.backends.MemberBackend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    # Argon2 is slow on purpose, and every test signs somebody in.
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")

AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "kpi_ops.passwords.MixedCharactersValidator", "OPTIONS": {"max_length": 128}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username"]},
    },
]

PASSWORD_RESET_TIMEOUT = 3600

# With the session it ends: a cookie of its own would tell it to the next person at the terminal.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60
SESSION_SAVE_EVERY_REQUEST = False  # SessionLimitsMiddleware renews it in steps
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS

# -- mail --------------------------------------------------------------------------------------


def mailer(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    is_tls = parts.scheme == "smtps"
    return {
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port,
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_ssl": is_tls,
            "use_tls": not is_tls,
            "timeout": 20,
        }
    }


# Without a server there is no mail at all: pages that would promise one say so.
MAILERS: dict[str, dict[str, Any]] = {"default": mailer(MAIL_URL)} if MAIL_URL else {}
DEFAULT_FROM_EMAIL = MAIL_FROM or "nobody@localhost"

# -- browser -----------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Neither other hosts below this one nor the lists of browsers are ours to promise for; and who
# has no mail server may do without.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "mail.W001"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

# Ten thousand rows of the widest file stay below this.
UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

STATIC_URL = "static/"
STATIC_ROOT = KPI_OPS_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# -- language and time -------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "kpi_ops.formats"
# Each client has its own zone; the installation has none.
USE_TZ = True
TIME_ZONE = "UTC"

# -- API ---------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clients.tokens.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "clients.pagination.ClientCursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clients.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clients.views.api_exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "kpi_ops",
    "DESCRIPTION": (
        "Production, downtime and quality rows of contract manufacturers, and the KPIs made of"
        " them. Every answer holds rows of the caller's clients only."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["clients.permissions.BelongsToSomeClient"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices stay where they are used: two models may both call a field “kind”.
    "POSTPROCESSING_HOOKS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# -- logging -----------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
