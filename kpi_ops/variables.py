"""What the variables of the environment may hold; each refusal ends a sentence that names one."""

from typing import Any
from urllib.parse import urlsplit

from environs import ValidationError
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


def a_real_secret(value: str) -> None:
    if len(value) < 50 or len(set(value)) < 10:
        raise ValidationError("is too easy to guess: give at least 50 random characters.")
    if any(word in value.lower() for word in ("insecure", "example", "change", "debug-only")):
        raise ValidationError("is an example: give 50 random characters of your own.")


def a_postgresql_url(value: str) -> None:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValidationError(
            "must look like postgresql://user:password@host:5432/database;"
            " no other database is supported."
        )
    try:
        parts = conninfo_to_dict(value)
    except ProgrammingError as error:
        raise ValidationError(f"cannot be read: {str(error).strip()}.") from error
    if not parts.get("dbname"):
        raise ValidationError("names no database: add /name at the end.")


def is_local(host: str) -> bool:
    return (
        host in ("localhost", "[::1]", "::1")
        or host.endswith(".localhost")
        or (host.startswith("127.") and host.replace(".", "").isdigit())
    )


def named_hosts(hosts: list[str]) -> None:
    if not hosts or any("*" in host or not host.strip(". ") for host in hosts):
        raise ValidationError("must name each host; * and an empty name stand for any.")


def whole_origins(origins: list[str]) -> None:
    if any(not origin.startswith(("https://", "http://")) or "*" in origin for origin in origins):
        raise ValidationError("needs whole origins, such as https://kpi.example.com.")


def a_mail_server(value: str) -> None:
    if not value:
        return
    try:
        url = urlsplit(value)
        is_whole = url.scheme in ("smtp", "smtps") and url.hostname and url.port
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValidationError(
            "must look like smtp://user:password@host:587 (STARTTLS) or smtps://…:465."
        )


def between(low: int, high: int) -> Any:
    def check(value: int) -> None:
        if not low <= value <= high:
            raise ValidationError(f"must be between {low} and {high}.")

    return check
