"""Every address × every kind of person: one expected answer each (ROLE-001 to ROLE-008)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.template.backends.django import Template
from drf_spectacular.renderers import OpenApiYamlRenderer

from tests.sweep import table
from tests.sweep.world import LETTERS, UNKNOWN, Address, World, addresses, key_of_page, sent

Call = tuple[str, str, table.Answer]


def calls(world: World, address: Address) -> Iterator[Call]:
    """Method, path and expected answers of one address; nothing for one without an entry."""
    if address.model is None:
        if address.name in table.PAGES:
            yield "get", page(world, address), table.PAGES[address.name]
        return
    row = world.row(address.model)
    kinds, answer = (
        (table.API, table.api_answer) if address.is_api else (table.ADMIN, table.admin_answer)
    )
    for verb, method in kinds:
        if verb == address.verb and address.label in table.RIGHTS:
            key = UNKNOWN if method == "delete" else row.pk
            # A file holds rows of one client; platform admins see several.
            one = "?client=ACME" if verb == "export" else ""
            yield method, address.of_key(key) + one, answer(address.label, verb, method)


def page(world: World, address: Address) -> str:
    path = address.at(
        key="oee",
        app_label="plant",
        url="no-such-page",
        pk=key_of_page(address, world.own),
        entity="production_entry",
        form="csv",
    )
    if address.name == "admin:autocomplete":
        path += "?app_label=plant&model_name=workorder&field_name=line"
    return path


def test_every_address_has_an_entry(world: World) -> None:
    assert [each.name for each in addresses() if not list(calls(world, each))] == []


def test_every_entry_has_an_address(world: World) -> None:
    found = addresses()
    assert set(table.PAGES) == {each.name for each in found if each.model is None}
    assert set(table.RIGHTS) == {each.label for each in found if each.model}
    verbs = {each.verb for each in found if each.is_api and each.model}
    assert {verb for verb, _ in table.API} == verbs


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the status counts here; the marker sweep renders every page."""
    monkeypatch.setattr(Template, "render", lambda *args, **more: "")
    monkeypatch.setattr(OpenApiYamlRenderer, "render", lambda *args, **more: b"")


@pytest.mark.parametrize("letter", LETTERS)
def test_every_address_answers_by_role(world: World, unrendered: None, letter: str) -> None:
    browser = world.browser(letter)
    wrong = []
    for address in addresses():
        for method, path, answer in calls(world, address):
            status = sent(browser, method, path).status_code
            if status != answer.of(letter):
                wrong.append(f"{method} {path}: {status}, not {answer.of(letter)}")
    assert "\n".join(wrong) == ""
