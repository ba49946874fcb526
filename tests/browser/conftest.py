"""The filled world, committed; the product served from it; and a browser that looks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import transaction
from django.test import TransactionTestCase
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, sync_playwright

from tests.browser.looking import Looker
from tests.sweep.conftest import world_made
from tests.sweep.table import ALL
from tests.sweep.world import World

# Letters of the table, and H, a manager with all flags.
WHO = ALL + "H"


@pytest.fixture(scope="session")
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Seen by the threads of the server, too; taken away by the owner of the tables."""
    with django_db_blocker.unblock():
        TransactionTestCase()._fixture_teardown()  # what a run left that was cut off
        with transaction.atomic():
            world = world_made()
        yield world
        TransactionTestCase()._fixture_teardown()


@pytest.fixture(scope="session")
def sessions(committed: World) -> dict[str, str]:
    """Made before the browser starts: in its thread Django refuses to ask the database."""
    cookies = {who: committed.browser(who).cookies.get("sessionid") for who in WHO}
    return {who: cookie.value for who, cookie in cookies.items() if cookie}


@pytest.fixture(scope="session")
def address(committed: World) -> Iterator[str]:
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture(scope="session")
def chromium(sessions: dict[str, str]) -> Iterator[Browser]:
    # Its own sandbox does not start for root, as which containers run.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        yield browser
        browser.close()


@pytest.fixture
def looker(
    chromium: Browser, address: str, sessions: dict[str, str]
) -> Iterator[Callable[[str], Looker]]:
    """A browser in which the person of a letter is signed in; at the end it has found nothing."""
    made = []

    def open_as(who: str) -> Looker:
        made.append(Looker(chromium, address, sessions.get(who)))
        return made[-1]

    yield open_as
    for each in made:
        each.context.close()
