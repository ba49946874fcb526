"""Callers of the API, and the addresses that it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from clients.models import ApiToken, Client, User
from tests.filled import fill
from tests.standing import standing


class Caller:
    """Speaks JSON, as an integrator does."""

    def __init__(self, browser: Browser, headers: dict[str, str]) -> None:
        self.browser, self.headers = browser, headers

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        kwargs: dict[str, Any] = {}
        if body is not None:
            kwargs = {"data": json.dumps(body), "content_type": "application/json"}
        call = getattr(self.browser, method)
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return call(f"/api/v1/{path}", headers={**self.headers, **named}, **kwargs)

    def get(self, path: str, **headers: str) -> Any:
        return self("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("post", path, {} if body is None else body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self("put", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self("patch", path, body, **headers)

    def delete(self, path: str) -> Any:
        return self("delete", path)


@pytest.fixture
def caller() -> Callable[..., Caller]:
    """A user with a token of their own."""

    def make(user: User, **token: Any) -> Caller:
        _, key = ApiToken.issue(user, "test", **token)
        return Caller(Browser(), {"Authorization": f"Token {key}"})

    return make


@standing
def own(acme: Client) -> dict[str, Any]:
    return fill(acme, "OWN", 320)


@standing
def foreign(acme_2: Client) -> dict[str, Any]:
    return fill(acme_2, "ZEBRA", 777)


@pytest.fixture
def supervisor(acme: Client, member: Any, caller: Any) -> Caller:
    return caller(member(acme, role="SUPERVISOR"))


@pytest.fixture
def everywhere(acme: Client, acme_2: Client, member: Any, caller: Any) -> Caller:
    """A supervisor of both clients."""
    return caller(member(acme, acme_2, role="SUPERVISOR"))


def list_views() -> dict[str, Any]:
    """Prefix → view set of every list below /api/v1/, found in the URL map."""
    found: dict[str, Any] = {}
    for pattern, prefix in _walk(get_resolver(), ""):
        view_class = getattr(pattern.callback, "cls", None)
        if prefix.startswith("api/v1/") and (pattern.name or "").endswith("-list") and view_class:
            found[pattern.name.removesuffix("-list")] = view_class
    return found


def _walk(resolver: URLResolver, prefix: str) -> Any:
    for each in resolver.url_patterns:
        here = prefix + str(each.pattern).removeprefix("^")
        if isinstance(each, URLPattern):
            yield each, here
        else:
            yield from _walk(each, here)
