"""Every address × every kind of person × own, second, foreign and unknown rows: one answer each."""

from __future__ import annotations

import pytest

from clients.models import Membership
from tests.sweep import table
from tests.sweep.conftest import ROLES, SINCE, member
from tests.sweep.walk import addresses_of_one_row, calls, foreign_key
from tests.sweep.world import (
    LETTERS,
    UNKNOWN,
    WALKED,
    World,
    addresses,
    sent,
    unrendered,
)


def test_role_008_every_address_has_an_entry(world: World) -> None:
    assert [each.name for each in addresses() if not list(calls(world, each))] == []


def test_role_008_every_entry_has_an_address(world: World) -> None:
    found = addresses()
    assert set(table.PAGES) == {each.name for each in found if each.model is None}
    assert set(table.RIGHTS) == {each.label for each in found if each.model}
    verbs = {each.verb for each in found if each.is_api and each.model}
    assert {verb for verb, _ in table.API} == verbs


@pytest.mark.parametrize("letter", LETTERS)
def test_role_001_iso_058_every_address_answers_by_role(world: World, letter: str) -> None:
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


# -- rows of other clients ----------------------------------------------------------------------


@pytest.mark.parametrize("letter", "VOSX")
def test_role_003_role_004_iso_059_foreign_and_unknown_rows_answer_by_role(
    world: World, letter: str
) -> None:
    """403 for what the role may never do, 404 for rows that are not theirs. M and E are judged
    byte by byte elsewhere; of the others one is asked for unknown rows too."""
    browser, wrong = world.browser(letter), []
    for address, method, answer in addresses_of_one_row():
        expected = table.foreign_answer(address, method, answer, letter)
        for key in (foreign_key(world, address), *([UNKNOWN] if letter == "S" else [])):
            with unrendered():
                status = sent(browser, method, address.of_key(key)).status_code
            if status != expected:
                wrong.append(f"{method} {address.of_key(key)}: {status}, not {expected}")
    assert "\n".join(wrong) == ""


@pytest.mark.parametrize("roles", ["MV", "SO", "OE"])
def test_role_002_iso_018_the_role_in_the_rows_client_decides(world: World, roles: str) -> None:
    """With the first role in one client and the second in another: rows of the second one."""
    first, second = roles
    user = member(f"own-{roles}-both", ROLES[first], world.acme)
    Membership.objects.create(user=user, client=world.acme_2, role=ROLES[second], valid=SINCE)
    browser = world.browser_of(user)
    wrong, refused = [], 0
    for address, method, answer in addresses_of_one_row():
        expected = table.second_answer(address, method, answer, first, second)
        key = UNKNOWN if method == "delete" else foreign_key(world, address)
        with unrendered():
            status = sent(browser, method, address.of_key(key)).status_code
        if status != expected:
            wrong.append(f"{method} {address.of_key(key)}: {status}, not {expected}")
        refused += expected == 403 and first in answer.letters
    assert "\n".join(wrong) == ""
    assert refused > 20 or roles == "OE"
