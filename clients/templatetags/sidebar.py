"""The list of pages beside every page of the admin."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


class Page(NamedTuple):
    """What the side list says of one kind of row."""

    object_name: str
    name: str
    admin_url: str | None
    add_url: str | None


class App(NamedTuple):
    app_label: str
    name: str
    app_url: str
    models: tuple[Page, ...]


@register.simple_tag(takes_context=True)
def sidebar(context: Any) -> SafeString:
    """Django's, written once for each place and set of rights, not again for every page."""
    apps = tuple(_app(each) for each in context.get("available_apps") or ())
    path = quote(context["request"].path)
    addresses = [address for app in apps for address in _addresses(app)]
    here = " ".join(each for each in addresses if each in path)
    return _written(get_language(), apps, here)


def _app(shown: dict[str, Any]) -> App:
    pages = (
        Page(each["object_name"], str(each["name"]), each["admin_url"], each["add_url"])
        for each in shown["models"]
    )
    return App(shown["app_label"], str(shown["name"]), shown["app_url"], tuple(pages))


def _addresses(app: App) -> list[str]:
    return [app.app_url, *(page.admin_url for page in app.models if page.admin_url)]


@lru_cache(maxsize=256)
def _written(_language: str | None, apps: tuple[App, ...], here: str) -> SafeString:
    """Of the path the template asks only which of the addresses are in it."""
    shown = {"available_apps": apps, "request": {"path": here}}
    return render_to_string("admin/nav_sidebar.html", shown)
