"""Every address × every kind of person × own, second, foreign and unknown rows: one answer each."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from clients.models import Membership
from holds.models import WIPHold
from plant.models import LineShift, WorkOrder
from staffing.models import ShiftCoverage
from tests.sweep import table
from tests.sweep.conftest import ROLES, SINCE, member
from tests.sweep.test_writes import stored
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


@pytest.mark.parametrize("roles", ["MV", "SO"])
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
    assert refused > 20


# -- forms of pages ------------------------------------------------------------------------------


def test_role_008_every_page_that_takes_forms_alone_has_a_form() -> None:
    only_post = {name for name, answer in table.PAGES.items() if answer.status == 405}
    named = {name.partition(" ")[0] for name in table.FORMS}
    assert only_post - named == {"logout", "admin:logout"}


def answered(world: World, browser: Browser, name: str, key: int, client: str) -> int:
    form = table.FORMS[name]
    (address,) = [each for each in addresses() if each.name == name.partition(" ")[0]]
    narrowed = f"client={client}&" if client else ""
    path = f"{address.at(pk=key)}?{narrowed}{form.asks}".replace("KEY", str(key))
    says = {each: text.replace("KEY", str(key)) for each, text in form.says.items()}
    with unrendered():
        return int(browser.post(path, says).status_code)


@pytest.mark.parametrize("letter", "VOSMENXLG")
def test_role_003_iso_012_iso_018_forms_are_taken_by_role_and_row(
    world: World, letter: str
) -> None:
    browser, wrong = world.browser(letter), []
    for name, form in table.FORMS.items():
        keys = {world.foreign[form.model].pk: False, UNKNOWN: False, world.own[form.model].pk: True}
        for key, is_own in keys.items():
            status, expected = (
                answered(world, browser, name, key, "ACME"),
                form.expected(letter, is_own=is_own),
            )
            if status != expected:
                wrong.append(f"{name} {key}: {status}, not {expected}")
    assert wrong == []


@pytest.mark.parametrize("roles", ["MV", "SO", "EV"])
def test_role_002_a_form_is_judged_by_the_role_in_its_client(world: World, roles: str) -> None:
    first, second = roles
    user = member(f"own-{roles}-both", ROLES[first], world.acme)
    Membership.objects.create(user=user, client=world.acme_2, role=ROLES[second], valid=SINCE)
    kinds = (WorkOrder, WIPHold, ShiftCoverage, LineShift)
    browser, wrong = world.browser_of(user), []
    before = [stored(world, each) for each in kinds]
    for name, form in table.FORMS.items():
        # Without a client in the address, but where the page itself is of one.
        client = "ACME-2" if form.asks or name.startswith("entry") else ""
        status = answered(world, browser, name, world.foreign[form.model].pk, client)
        # Of many orders each is judged alone: the page says which of them was refused.
        is_taken = second in form.letters or name == "dashboards:orders-move"
        expected = form.status if is_taken else 403
        if status != expected:
            wrong.append(f"{name}: {status}, not {expected}")
    assert wrong == []
    if second == "V":
        assert [stored(world, each) for each in kinds] == before
