"""The roster as a browser without script uses it: read the form, type into it, press a button."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client as Browser

ADDRESS = "/entry/roster/"


class Fields(HTMLParser):
    """What a browser would send of one form."""

    def __init__(self, page: str, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.select = form, False, ""
        self.values: dict[str, str] = {}
        self.action = ""
        self.focus = ""
        self.feed(page)

    def handle_starttag(self, tag: str, found: Any) -> None:
        attrs = {key: value or "" for key, value in found}
        name = attrs.get("name", "")
        if tag == "form":
            self.inside = attrs.get("id") == self.form
            self.action = attrs.get("action", "") if self.inside else self.action
        if "autofocus" in attrs:
            self.focus = name
        if not self.inside:
            return
        if tag == "input" and name and _is_sent(attrs):
            self.values[name] = attrs.get("value", "")
        if tag == "select":
            self.select = name
            self.values[name] = ""
        if tag == "option" and self.select and "selected" in attrs:
            self.values[self.select] = attrs.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = ""


def _is_sent(attrs: dict[str, str]) -> bool:
    if attrs.get("type") in ("radio", "checkbox"):
        return "checked" in attrs
    return True


class Sheet:
    """One page of the roster, or its read-back."""

    def __init__(self, browser: Browser, response: Any) -> None:
        self.browser, self.response = browser, response
        self.status = response.status_code
        self.html = response.content.decode()
        fields = Fields(self.html, "read-back" if 'id="read-back"' in self.html else "roster")
        self.values, self.action, self.focus = fields.values, fields.action, fields.focus

    @classmethod
    def open(cls, browser: Browser, **query: str) -> Sheet:
        return cls(browser, browser.get(ADDRESS, query))

    @property
    def text(self) -> str:
        """What people read of the page itself, without tags."""
        main = self.html.partition('<main class="page"')[2].partition("</main>")[0]
        main = re.sub(r"<(script|style).*?</\1>", " ", main, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())

    def type(self, person: Any, **cells: str) -> Sheet:
        """Fill cells of a row; a cell emptied is sent empty, as browsers do."""
        for name, value in cells.items():
            self.values[f"{person.pk}-{name}"] = value
        return self

    def cell(self, person: Any, name: str) -> str:
        return self.values.get(f"{person.pk}-{name}", "")

    def press(self, act: str, **more: str) -> Sheet:
        response = self.browser.post(self.action, {**self.values, "act": act, **more})
        return Sheet(self.browser, response)

    def follow(self) -> Sheet:
        return Sheet(self.browser, self.browser.get(self.response.headers["Location"]))

    def errors(self, person: Any) -> list[str]:
        """The sentences at the row."""
        found = re.search(rf'id="e{person.pk}">(.*?)</ul>', self.html, re.DOTALL)
        return [unescape(each) for each in re.findall(r"<li>(.*?)</li>", found[1])] if found else []
