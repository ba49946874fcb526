"""API tokens: found before the scope is set, used by the API afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from clients.models import ApiToken

if TYPE_CHECKING:
    from clients.models import User

KEYWORD = "Token"


def token_of(request: HttpRequest) -> ApiToken | None:
    """The usable token named by the Authorization header, if there is one."""
    keyword, _, key = request.headers.get("Authorization", "").partition(" ")
    if keyword != KEYWORD or not key:
        return None
    digest = ApiToken.digest_of(key.strip())
    token = ApiToken.objects.select_related("user").filter(digest=digest).first()
    if token is None or not token.is_usable():
        return None
    now = timezone.now()
    # Once a minute is exact enough, and spares a write on every request.
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() > 60:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


class ApiTokenAuthentication(BaseAuthentication):
    """Hands the API the token that the scope was built from."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        token = getattr(request._request, "api_token", None)
        if token is not None:
            return token.user, token
        if request.headers.get("Authorization", "").startswith(f"{KEYWORD} "):
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return None

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD
