"""Two filled clients and everybody who could ask; the addresses that there are; bare answers."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.template.backends.django import Template
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.renderers import OpenApiYamlRenderer

from clients.admin_base import ClientModelAdmin
from clients.models import Client, ClientModel, ClientRow, User
from clients.scope import client_scope

UNKNOWN = 40_000_000
DAY = "2026-03-04"
PERIOD = f"from={DAY}&to={DAY}"
LETTERS = "VOSMEANXLG"
# Whose every page is rendered and searched; of the others the statuses are judged.
WALKED = "VOSE"
# Codes, names and texts of the foreign client begin with the word; its counts are the number.
MARKS = re.compile(r"zebra|acme-2|987\D?654|9\D?876\D?540", re.IGNORECASE)
PASSING = re.compile(
    r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"'
)

# Pages of one row: whose it is, by the first part of the page's name; else it is of a batch.
PAGES_OF = {
    "dashboards:order": "WorkOrder", "dashboards:hold": "WIPHold",
    "dashboards:row": "ProductionEntry",
}  # fmt: skip

Filled = dict[str, Any]


@dataclass(frozen=True, repr=False)
class World:
    acme: Client
    acme_2: Client
    own: Filled
    foreign: Filled
    users: dict[str, User]
    beside: dict[str, Any]  # rows that belong to no client

    def browser(self, who: str) -> Browser:
        """`who` is a letter of the table, H a manager with all flags, Z the foreign one."""
        return self.browser_of(self.users.get(who))

    def browser_of(self, user: User | None) -> Browser:
        browser = Browser(raise_request_exception=False)
        if user is not None:
            # As stored: sessions of an earlier epoch are over.
            user = User.objects.get(pk=user.pk)
            browser.force_login(user, backend="clients.backends.MemberBackend")
        return browser

    def row(self, model: Any, rows: Filled | None = None) -> Any:
        rows = self.own if rows is None else rows
        if model is Client:
            return rows["Line"].client
        return rows[model.__name__] if issubclass(model, ClientRow) else self.beside[model.__name__]

    def void_the_foreign(self) -> None:
        with client_scope([self.acme_2]):
            for row in self.foreign.values():
                if isinstance(row, ClientModel):
                    type(row).objects.filter(client=self.acme_2).update(
                        voided_at=row.created_at, void_reason="typed twice"
                    )


# -- addresses ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """One entry of the URL map."""

    name: str
    pattern: str
    verb: str = ""
    model: Any = None

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    @property
    def is_of_one_row(self) -> bool:
        return "object_id>" in self.pattern or "pk>" in self.pattern

    @property
    def label(self) -> str:
        return self.model._meta.label if self.model else ""

    def at(self, **values: Any) -> str:
        """The path, with groups and converters replaced by values."""
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", self.pattern)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), path)
        return "/" + path.replace("^", "").replace("$", "")

    def of(self, row: Any) -> str:
        return self.of_key(row.pk)

    def of_key(self, key: Any) -> str:
        return self.at(object_id=key, pk=key, form="csv", entity="production_entry")


def walked(resolver: URLResolver, prefix: str = "", spaces: str = "") -> Iterator[Any]:
    for each in resolver.url_patterns:
        here = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield each, here, spaces
        else:
            inner = f"{spaces}{each.namespace}:" if each.namespace else spaces
            yield from walked(each, here, inner)


ADMINS = {
    f"{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry
}
VERBS = ("changelist", "export", "add", "history", "delete", "change", "void", "verify")


@cache
def addresses() -> tuple[Address, ...]:
    return tuple(_address(*each) for each in walked(get_resolver()))


def _address(entry: URLPattern, pattern: str, spaces: str) -> Address:
    name = f"{spaces}{entry.name or ''}"
    stem, _, verb = (entry.name or "").rpartition("_")
    if spaces == "admin:" and stem in ADMINS and verb in VERBS:
        return Address(name, pattern, verb, ADMINS[stem])
    if spaces == "admin:" and not entry.name and pattern.endswith("<path:object_id>/"):
        app, model = pattern.split("/")[1:3]
        return Address(f"admin:{app}_{model}_short", pattern, "short", apps.get_model(app, model))
    if spaces == "admin:" and not entry.name:
        return Address("admin-nothing-there", pattern)
    if pattern == "admin/login/" and not entry.name:
        return Address("admin-login-redirect", pattern)
    if spaces == "api:" and hasattr(entry.callback, "actions"):
        basename = entry.callback.initkwargs["basename"]
        verb = entry.name.removeprefix(f"{basename}-")
        return Address(name, pattern, verb, entry.callback.cls.queryset.model)
    return Address(name, pattern)


def key_of_page(address: Address, rows: Filled) -> int:
    return int(rows[PAGES_OF.get(address.name.partition("-")[0], "ImportBatch")].pk)


def admins_of_client_rows() -> list[ClientModelAdmin]:
    return [each for each in admin.site._registry.values() if isinstance(each, ClientModelAdmin)]


def view_sets() -> dict[str, Any]:
    """Prefix → view set, of every list of client rows below /api/v1/."""
    found = {}
    for entry, _pattern, spaces in walked(get_resolver()):
        if (
            spaces == "api:"
            and (entry.name or "").endswith("-list")
            and hasattr(entry.callback, "actions")
        ):
            found[entry.callback.initkwargs["basename"]] = entry.callback.cls
    return found


# -- answers -------------------------------------------------------------------------------------


def body(response: Any) -> str:
    """The text of an answer, without what differs from answer to answer by itself."""
    content = (
        b"".join(response.streaming_content) if response.streaming else bytes(response.content)
    )
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            content = b"\n".join(file.read(name) for name in file.namelist())
    return PASSING.sub("", content.decode("utf-8", "replace"))


def sent(browser: Browser, method: str, path: str, values: Any = None, **headers: str) -> Any:
    """A request as page or integrator would send it."""
    if method == "get":
        return browser.get(path, headers=headers)
    if path.startswith("/api/"):
        return getattr(browser, method)(
            path,
            data=json.dumps({} if values is None else values),
            content_type="application/json",
            headers=headers,
        )
    return browser.post(path, values or {}, headers=headers)


@contextmanager
def unrendered() -> Iterator[None]:
    """Where only statuses, contexts and errors count, no page is put together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", lambda *args, **more: "")
        patch.setattr(OpenApiYamlRenderer, "render", lambda *args, **more: b"")
        yield


def seen(response: Any, *, less: Any = ()) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers; what the caller has typed is left out."""
    text = body(response)
    for each in less if isinstance(less, list | tuple) else [less]:
        text = text.replace(str(each), "…")
    headers = {key: value for key, value in response.headers.items() if key not in LENGTHS}
    if "Location" in headers:
        for each in less if isinstance(less, list | tuple) else [less]:
            headers["Location"] = headers["Location"].replace(str(each), "…")
    headers["Content-Security-Policy"] = ""
    return response.status_code, text, headers


LENGTHS = {"Content-Length", "Set-Cookie"}


class Form(HTMLParser):
    """What a browser would send for the main form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.select = self.area = ""
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, found: Any) -> None:
        attrs = dict(found)
        name = attrs.get("name", "")
        if tag == "form":
            self.inside = attrs.get("method", "get").lower() == "post" and "_form" in str(
                attrs.get("id")
            )
        if not self.inside:
            return
        if tag == "input" and name and _is_sent(attrs):
            self.values.setdefault(name, []).append(attrs.get("value") or "")
        if tag == "textarea":
            self.area = name
            self.values.setdefault(name, [""])
        if tag == "select":
            self.select = name
            self.values.setdefault(name, [])
        if tag == "option" and self.select and "selected" in attrs:
            self.values.setdefault(self.select, []).append(attrs.get("value") or "")

    def handle_data(self, text: str) -> None:
        if self.inside and self.area:
            self.values[self.area] = [self.values[self.area][0] + text.lstrip("\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = ""
        if tag == "textarea":
            self.area = ""


def _is_sent(attrs: dict[str, Any]) -> bool:
    kind = attrs.get("type", "text")
    if kind in ("checkbox", "radio"):
        return "checked" in attrs
    return kind not in ("submit", "file", "button")


def form_of(page: str) -> dict[str, list[str]]:
    return Form(page).values


def made_beside(make: Callable[[], User]) -> dict[str, Any]:
    """A row of every admin page that belongs to no client."""
    from clients.models import ApiToken, AuditEntry

    user = make()
    token, _ = ApiToken.issue(user, "Zebra token")
    return {
        "User": user,
        "ApiToken": token,
        "Membership": user.memberships.get(),
        "AuditEntry": AuditEntry,
    }
