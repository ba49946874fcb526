"""Every page, as everybody who may open it. `make browser` runs this."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.conftest import WHO
from tests.browser.looking import Looker, told
from tests.sweep import walk
from tests.sweep.world import Address, World, addresses

OpenAs = Callable[[str], Looker]
SIGN_IN = "/accounts/login/"


def paths(world: World, who: str) -> Iterator[str]:
    """What this person is shown, and for each kind of refusal the page that says so."""
    letter = "M" if who == "H" else who
    # Strangers are sent to the sign-in page from everywhere: once is enough.
    refusals = {302, 403, 404} if who == "X" else {403, 404}
    shown = {200} if who == "X" else {200, 302}
    for address in addresses():
        if is_data(address):
            continue
        for method, path, answer in walk.calls(world, address):
            status = answer.of(letter)
            if method != "get" or status not in shown | refusals:
                continue
            refusals.discard(status)
            yield path
            if status == 200 and address.model is None:
                yield from more(world, address, who)
            elif status == 200 and address.verb == "changelist":
                yield f"{path}?voided=yes"


def is_data(address: Address) -> bool:
    return address.verb == "export" or (address.is_api and address.name != "api:docs")


def more(world: World, address: Address, who: str) -> Iterator[str]:
    for path in walk.pages(address, world.own):
        is_shown = not path.startswith("/kpi/") or who in "AH" or path.split("/")[2] in walk.ALWAYS
        if is_shown and "format=csv" not in path:
            yield path


@pytest.mark.parametrize("who", WHO)
def test_no_page_breaks_a_rule(who: str, committed: World, looker: OpenAs) -> None:
    browser = looker(who)
    for path in dict.fromkeys(paths(committed, who)):
        if browser.open(path):
            browser.look()
        if who != "X" and path != SIGN_IN and SIGN_IN in browser.page.url:
            browser.note("signed out", browser.page.url)
    print(f"{who}: {browser.opened} pages")
    assert not browser.found, told(browser.found)
