"""Defences of signing in, and of the end of it."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ACCESS = "tests/clients/test_access.py"
SESSIONS = "tests/kpi_ops/test_sessions.py"
SETTINGS = "kpi_ops/settings.py"
SIGNING = "clients/models/signing.py"
DOORS = "tests/kpi_ops/test_signing.py"

SIGNING_IN = (
    Mutant(
        "the sign-in before every page", ACCESS, SETTINGS,
        '    "django.contrib.auth.middleware.LoginRequiredMiddleware",\n', "",
    ),
    Mutant(
        "forms with a token of their own",
        "tests/sweep/test_csrf.py::test_auth_009_every_form_of_every_address_needs_its_token",
        SETTINGS,
        '    "django.middleware.csrf.CsrfViewMiddleware",\n', "",
    ),
    Mutant(
        "the end of a session after twelve hours", SESSIONS, "kpi_ops/sessions.py",
        "session.flush()", "pass",
    ),
    Mutant(
        "the end of an idle session", SESSIONS, SETTINGS,
        "SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60", "SESSION_COOKIE_AGE = 14 * 24 * 3600",
    ),
    Mutant(
        "capitals in a password", "tests/kpi_ops/test_passwords.py", "kpi_ops/passwords.py",
        "if not any(character.isupper() for character in password):", "if False:",
    ),
)  # fmt: skip

ATTEMPTS = (
    Mutant(
        "the lock of a name",
        f"{DOORS}::test_auth_004_five_failures_lock_the_name_for_a_quarter_of_an_hour", SIGNING,
        "return self._is_locked() or self._in_this_minute() >= self.A_MINUTE",
        "return self._in_this_minute() >= self.A_MINUTE",
    ),
    Mutant(
        "attempts of an address",
        f"{DOORS}::test_auth_004_an_address_has_ten_attempts_a_minute", SIGNING,
        "return self._is_locked() or self._in_this_minute() >= self.A_MINUTE",
        "return self._is_locked()",
    ),
    Mutant(
        "one name in many spellings",
        f"{DOORS}::test_auth_004_other_ways_to_write_a_name_are_no_way_around", SIGNING,
        'name = unicodedata.normalize("NFKC", typed).replace("\\x00", "").strip().upper()',
        "name = typed",
    ),
    Mutant(
        "the address that our own proxy saw", "tests/kpi_ops/test_proxies.py",
        "clients/proxies.py", "return _one_visitor(forwarded[-proxies])",
        "return _one_visitor(forwarded[0])",
    ),
    Mutant(
        "the end of links to a new password",
        "tests/kpi_ops/test_password_reset.py::test_iso_047_a_mailed_link_does_nothing_for_an_account"
        "_that_was_closed_since", "clients/signing.py",
        'return f"{super()._make_hash_value(user, timestamp)}{user.session_epoch}"',
        "return super()._make_hash_value(user, timestamp)",
    ),
    Mutant(
        "sessions that end with the account",
        f"{SESSIONS}::test_auth_006_role_006_what_ends_all_sessions_and_tokens",
        sql="ALTER TABLE clients_user DISABLE TRIGGER kpi_end_of_user",
    ),
    Mutant(
        "sessions that end with the role",
        f"{SESSIONS}::test_auth_006_role_006_what_ends_all_sessions_and_tokens",
        sql="ALTER TABLE clients_membership DISABLE TRIGGER kpi_end_of_role",
    ),
    Mutant(
        "sessions that end at the sign-out",
        f"{SESSIONS}::test_auth_006_signing_out_ends_every_session", "clients/signing.py",
        "            request.user.end_sessions()\n", "",
    ),
)  # fmt: skip

MUTANTS = (*SIGNING_IN, *ATTEMPTS)
