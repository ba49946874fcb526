"""Every address × every kind of person: one expected answer each (ROLE-001 to ROLE-008)."""

from __future__ import annotations

import pytest

from tests.sweep import table
from tests.sweep.walk import calls
from tests.sweep.world import LETTERS, WALKED, World, addresses, sent, unrendered


def test_every_address_has_an_entry(world: World) -> None:
    assert [each.name for each in addresses() if not list(calls(world, each))] == []


def test_every_entry_has_an_address(world: World) -> None:
    found = addresses()
    assert set(table.PAGES) == {each.name for each in found if each.model is None}
    assert set(table.RIGHTS) == {each.label for each in found if each.model}
    verbs = {each.verb for each in found if each.is_api and each.model}
    assert {verb for verb, _ in table.API} == verbs


@pytest.mark.parametrize("letter", LETTERS)
def test_every_address_answers_by_role(world: World, letter: str) -> None:
    browser = world.browser(letter)
    wrong = []
    for address in addresses():
        for method, path, answer in calls(world, address):
            if method == "get" and letter in WALKED:
                continue  # judged by the walk that renders every page
            # A file holds rows of one client; platform admins see several.
            path += "?client=ACME" if letter == "A" and address.verb == "export" else ""
            with unrendered():
                status = sent(browser, method, path).status_code
            if status != answer.of(letter):
                wrong.append(f"{method} {path}: {status}, not {answer.of(letter)}")
    assert "\n".join(wrong) == ""
