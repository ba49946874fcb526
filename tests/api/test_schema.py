"""The description of the API, and the page that shows it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import resolve

from clients.models import Client
from clients.views import ClientViewSet
from tests.api.conftest import Caller, list_views


@pytest.fixture
def described(supervisor: Caller) -> dict[str, Any]:
    answer = supervisor.browser.get(
        "/api/v1/schema/?format=json",
        headers={**supervisor.headers, "Accept": "application/vnd.oai.openapi+json"},
    )
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_description_is_made_without_a_warning(
    db: None, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "schema.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    assert file.read_text().startswith("openapi: 3.1.1\n")


def test_every_address_is_described_with_its_refusals(described: dict[str, Any]) -> None:
    for prefix, view in list_views().items():
        if not issubclass(view, ClientViewSet):
            continue
        listed = described["paths"][f"/api/v1/{prefix}/"]["get"]
        assert {"200", "400", "401", "403"} <= set(listed["responses"]), prefix
        assert {"client", "cursor", "page_size", "ordering"} <= {
            each["name"] for each in listed["parameters"]
        }, prefix


def test_every_create_shows_an_example_and_every_change_its_conflict(
    described: dict[str, Any],
) -> None:
    for prefix, view in list_views().items():
        if not (issubclass(view, ClientViewSet) and "post" in view.http_method_names):
            continue
        create = described["paths"][f"/api/v1/{prefix}/"]["post"]
        content = create["requestBody"]["content"]["application/json"]
        shown = [each["value"] for each in content["examples"].values()]
        assert shown == [json.loads(json.dumps(view.example))], prefix
        change = described["paths"][f"/api/v1/{prefix}/{{id}}/"]["patch"]
        assert {"200", "400", "403", "404", "409"} <= set(change["responses"]), prefix


def test_the_ways_to_sign_in_are_described(described: dict[str, Any]) -> None:
    schemes = described["components"]["securitySchemes"]
    assert (schemes["token"]["in"], schemes["token"]["name"]) == ("header", "Authorization")
    assert schemes["cookieAuth"]["in"] == "cookie"


def test_the_description_names_no_client(
    own: Any, foreign: Any, acme: Client, described: dict[str, Any]
) -> None:
    text = json.dumps(described)
    assert "ACME" not in text
    assert "ZEBRA" not in text


def test_the_page_of_the_api_needs_nothing_that_the_policy_forbids(
    acme: Client, member: Any
) -> None:
    browser = Browser()
    browser.force_login(member(acme), backend="clients.backends.MemberBackend")
    page = browser.get("/api/v1/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for inline in ("<style", " style=", "<script>", " onclick=", "javascript:"):
        assert inline not in text
    sources = [part.partition('"')[0] for part in text.split('src="')[1:]]
    assert len(sources) >= 3
    for source in sources:
        if source.startswith("/static/"):
            assert finders.find(source.removeprefix("/static/")), source
        else:
            assert browser.get(source).status_code == 200, source


def test_every_address_in_the_guide_exists() -> None:
    guide = (settings.BASE_DIR / "docs" / "api.md").read_text()
    addresses = set(re.findall(r"/api/v1/[a-z0-9/-]*", guide))
    assert len(addresses) >= 10
    for address in addresses - {"/api/v1/"}:
        assert resolve(address), address


def test_every_call_in_the_guide_is_described(described: dict[str, Any]) -> None:
    guide = (settings.BASE_DIR / "docs" / "api.md").read_text()
    calls = re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/api/v1/[^`?]*)", guide)
    assert len(calls) >= 8
    for method, address in calls:
        path = address.replace("/17/", "/{id}/").replace("/oee/", "/{key}/")
        assert method.lower() in described["paths"][path], (method, address)
