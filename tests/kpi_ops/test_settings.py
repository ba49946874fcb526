import os
import subprocess
import sys

import pytest
from django.conf import settings

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
