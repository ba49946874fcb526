import atexit
import json
import os
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection

SECRET = "k9#Vq2!mZx7Lw4Rt8Bn1Yc6Hd3Jf5Gs0Pa-Ue_Oi+Tr=Wq%Ee^Rr"
HOSTS = "kpi.plant.example"
URL = "postgresql://kpi:pass@db.plant:5433/kpi?sslmode=require"
PRODUCTION = {"SECRET_KEY": SECRET, "DATABASE_URL": URL, "ALLOWED_HOSTS": HOSTS}


def load(then="", **variables):
    """The settings as another process reads them, with this environment and nothing else."""
    code = (
        "import django.core.exceptions as e\n"
        "try:\n"
        f"    import kpi_ops.settings as s; {then or 'pass'}\n"
        "except e.ImproperlyConfigured as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(settings.BASE_DIR), **variables},
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert not done.stderr, done.stderr
    return done.stdout.strip()


def judged(variables):
    """What is refused; many environments are read in one process, for it starts slowly."""
    global _server
    if _server is None:
        _server = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(settings.BASE_DIR)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/",
        )  # fmt: skip
        atexit.register(_server.kill)
    print(json.dumps(variables), file=_server.stdin, flush=True)
    return json.loads(_server.stdout.readline())


_server = None
SERVER = """
import importlib, json, os, sys
import django.core.exceptions as e
for line in sys.stdin:
    os.environ.update(variables := json.loads(line))
    try:
        sys.modules.pop("kpi_ops.settings", None)
        importlib.import_module("kpi_ops.settings")
        print(json.dumps(""), flush=True)
    except e.ImproperlyConfigured as error:
        print(json.dumps(str(error)), flush=True)
    for name in variables:
        del os.environ[name]
"""


def test_without_debug_nothing_starts_without_secret_and_database():
    assert load() == (
        "The settings are not usable: ALLOWED_HOSTS is not set. DATABASE_URL is not set."
        " SECRET_KEY is not set."
        " With DEBUG off a secret key, a database and host names are required;"
        " DEBUG=1 gives a trial on this machine."
    )


def test_every_bad_variable_is_named_at_once():
    text = load(
        DEBUG="maybe",
        SECRET_KEY="short",
        DATABASE_URL="sqlite:///db",
        TRUSTED_PROXIES="99",
        SESSION_IDLE_MINUTES="long",
    )
    assert "DATABASE_URL must look like postgresql://" in text
    assert "DEBUG is neither on nor off: use 1 or 0." in text
    assert "SECRET_KEY is too easy to guess: give at least 50 random characters." in text
    assert "TRUSTED_PROXIES must be between 0 and 5." in text
    assert "SESSION_IDLE_MINUTES is not a whole number." in text


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        (SECRET[:49], "SECRET_KEY is too easy to guess"),
        ("a" * 60, "SECRET_KEY is too easy to guess"),
        ("django-insecure-" + SECRET, "SECRET_KEY is an example"),
        (SECRET + "change-me", "SECRET_KEY is an example"),
    ],
)
def test_weak_secret_is_refused(secret, sentence):
    assert sentence in load(SECRET_KEY=secret, DATABASE_URL=URL, ALLOWED_HOSTS=HOSTS)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://a@b/c", "DATABASE_URL must look like postgresql://"),
        ("postgresql://host:5432", "DATABASE_URL names no database"),
        ("postgresql://host/db?nonsense=1", "DATABASE_URL cannot be read"),
    ],
)
def test_other_database_is_refused(url, sentence):
    assert sentence in load(SECRET_KEY=SECRET, DATABASE_URL=url)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name each host"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name each host"),
        ({"ALLOWED_HOSTS": "kpi.example,."}, "ALLOWED_HOSTS must name each host"),
        ({"HTTPS": "0"}, "HTTPS is off, and passwords for kpi.plant.example would travel"),
        ({"DEBUG": "1"}, "DEBUG shows secrets on its error pages; it cannot be on for kpi.plant"),
        (
            {"CSRF_TRUSTED_ORIGINS": "https://a.example,http://kpi.example"},
            "CSRF_TRUSTED_ORIGINS names an origin without https://.",
        ),
        ({"CSRF_TRUSTED_ORIGINS": "kpi.example"}, "CSRF_TRUSTED_ORIGINS needs whole origins"),
        ({"CSRF_TRUSTED_ORIGINS": "https://*.example"}, "CSRF_TRUSTED_ORIGINS needs whole"),
        ({"SESSION_IDLE_MINUTES": "14"}, "SESSION_IDLE_MINUTES must be between 15 and 720."),
        ({"SESSION_IDLE_MINUTES": "721"}, "SESSION_IDLE_MINUTES must be between 15 and 720."),
        ({"MAIL_URL": "mail.example"}, "MAIL_URL must look like smtp://user:password@host:587"),
        ({"MAIL_URL": "smtp://mail.example:x"}, "MAIL_URL must look like smtp://user"),
        ({"MAIL_URL": "smtps://mail.example:465"}, "MAIL_FROM must be the address that mails"),
    ],
)
def test_auth_005_auth_009_weak_settings_are_refused(variables, sentence):
    assert sentence in judged({**PRODUCTION, **variables})


def test_good_settings_are_not_refused():
    mail = {"MAIL_URL": "smtp://a%40b:p@mail.example:587", "MAIL_FROM": "kpi@plant.example"}
    assert judged({**PRODUCTION, **mail}) == ""
    assert judged({**PRODUCTION, "HTTPS": "0", "ALLOWED_HOSTS": "localhost,127.0.0.1"}) == ""


def test_server_settings_are_closed():
    assert load(
        "print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,"
        " s.SECURE_HSTS_SECONDS, s.PASSWORD_HASHERS[0].rsplit('.')[-1],"
        " s.STORAGES['staticfiles']['BACKEND'].rsplit('.')[-1])",
        **PRODUCTION,
    ) == ("False True True True 31536000 Argon2PasswordHasher CompressedManifestStaticFilesStorage")


def test_database_url_becomes_a_connection_under_the_web_role():
    assert load(
        "d = s.DATABASES['default']; print(d['ENGINE'], d['NAME'], d['USER'], d['PASSWORD'],"
        " d['HOST'], d['PORT'], d['ATOMIC_REQUESTS'], sorted(d['OPTIONS'].items()))",
        **PRODUCTION,
    ) == (
        "clients.postgresql kpi kpi pass db.plant 5433 False"
        " [('options', '-c role=kpi_app'), ('sslmode', 'require')]"
    )


def test_content_security_policy_has_no_way_out():
    policy = str(settings.SECURE_CSP)
    assert "unsafe" not in policy
    assert "http" not in policy
    assert settings.SECURE_CSP["frame-ancestors"] == ["'none'"]
    assert settings.SECURE_CSP["base-uri"] == ["'none'"]


def test_scope_opens_right_after_the_user_is_known():
    order = [name.rpartition(".")[2] for name in settings.MIDDLEWARE]
    assert order.index("ScopeMiddleware") == order.index("AuthenticationMiddleware") + 1


@pytest.mark.django_db
def test_auth_009_the_check_for_deployment_finds_nothing():
    """It asks the database for its version."""
    found = connection.get_connection_params()
    where = urlencode({name: found[name] for name in ("host", "port", "user") if name in found})
    url = f"postgresql:///{found['dbname']}?{where}"
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        env={"PATH": os.environ["PATH"], **PRODUCTION, "DATABASE_URL": url},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0, "System check identified no issues (3 silenced).\n", "",
    )  # fmt: skip
