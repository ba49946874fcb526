"""Which sheet opens: the shift that runs or ended last, by the clock of the client."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client as Browser

from clients.models import Client, User
from clients.scope import client_scope
from tests.entry.browser import ADDRESS, Sheet
from tests.entry.conftest import Plant, opened
from tests.plant.factories import make_line, make_shift

pytestmark = pytest.mark.django_db


def heading(sheet: Sheet) -> str:
    found = re.search(r"20\d\d-\d\d-\d\d</time> · (\S+ [\d:–]+, \w+)", sheet.html)
    day = re.search(r'<time datetime="([^"]+)"', sheet.html)
    assert found
    assert day
    return f"{day[1]} {found[1]}"


# America/Matamoros is six hours behind UTC in December; 1ST 07:00–17:00, 2ND 21:00–06:00, both
# from Monday to Friday.
@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2025-12-03T14:00Z", "2025-12-03 1ST 07:00–17:00, running"),
        ("2025-12-03T23:59Z", "2025-12-03 1ST 07:00–17:00, ended"),
        ("2025-12-04T03:00Z", "2025-12-03 2ND 21:00–06:00, running"),
        ("2025-12-04T11:00Z", "2025-12-03 2ND 21:00–06:00, running"),
        ("2025-12-04T12:30Z", "2025-12-03 2ND 21:00–06:00, ended"),
        ("2025-12-07T18:00Z", "2025-12-05 2ND 21:00–06:00, ended"),
    ],
)
def test_the_sheet_of_the_shift_that_runs_or_ended_last(
    boots: Plant, member: Callable[..., User], signed_in: Callable[..., Browser],
    instant: str, expected: str,
) -> None:  # fmt: skip
    with time_machine.travel(instant, tick=False):
        browser = signed_in(member(boots.client))
        assert heading(Sheet.open(browser)) == expected


def links(sheet: Sheet) -> dict[str, str]:
    found = re.findall(
        r'href="[^"?]*\?client=ACME&amp;([^"]+)"[^>]*>.*?hidden">([^<]+)<', sheet.html
    )
    return {words: query.replace("&amp;", "&") for query, words in found}


@time_machine.travel("2025-12-03T20:00Z", tick=False)
def test_the_way_to_the_shifts_and_days_beside(
    boots: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    browser = signed_in(member(boots.client))
    assert links(opened(browser, boots)) == {
        "The day before": "date=2025-12-02&shift=1ST",
        "The shift before": "date=2025-12-02&shift=2ND",
        "The shift after": "date=2025-12-03&shift=2ND",
    }
    assert links(Sheet.open(browser, date="2025-12-02", shift="2ND")) == {
        "The day before": "date=2025-12-01&shift=2ND",
        "The day after": "date=2025-12-03&shift=2ND",
        "The shift before": "date=2025-12-02&shift=1ST",
        "The shift after": "date=2025-12-03&shift=1ST",
    }


def test_a_chosen_day_opens_with_a_shift_that_runs_on_it(boots: Plant, supervisor: Browser) -> None:
    with client_scope([boots.client]):
        make_shift(boots.client, "07:00", "15:00", code="SAT", weekdays=[6])
    assert heading(Sheet.open(supervisor, date="2025-12-06")) == "2025-12-06 SAT 07:00–15:00, ended"


def test_the_shift_of_a_line_comes_before_that_of_all(boots: Plant, supervisor: Browser) -> None:
    with client_scope([boots.client]):
        other = make_line(boots.client, code="L2")
        make_shift(boots.client, "06:00", "14:00", code="1ST", line=other)
    assert "1ST 06:00–14:00" in heading(opened(supervisor, boots, line="L2"))
    assert "1ST 07:00–17:00" in heading(opened(supervisor, boots, line="L1"))
    assert "1ST 07:00–17:00" in heading(opened(supervisor, boots))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"line": "L9"}, "Unknown line “L9”."),
        ({"line": "S1"}, "Unknown line “S1”."),
        ({"shift": "9TH"}, "Unknown shift “9TH”."),
        ({"date": "03/12/2025"}, "“03/12/2025” is not a date. Write it as 2025-12-31."),
        ({"date": "2025-02-30"}, "“2025-02-30” is not a date. Write it as 2025-12-31."),
        ({"date": "2999-01-01"}, "A future date cannot be recorded."),
        ({"date": "1999-12-31"}, "Choose a day since 2000."),
    ],
)
def test_what_an_address_cannot_mean(
    boots: Plant, socks: Plant, supervisor: Browser, query: dict[str, str], sentence: str
) -> None:
    answer = Sheet.open(supervisor, client="ACME", **query)
    assert answer.status == 400
    assert sentence in answer.text


def test_a_foreign_client_is_not_found(boots: Plant, socks: Plant, supervisor: Browser) -> None:
    answers = [supervisor.get(f"{ADDRESS}?client={code}") for code in ("ACME-2", "NOBODY")]
    assert [each.status_code for each in answers] == [404, 404]


def test_people_of_several_clients_choose_one(
    boots: Plant, socks: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    browser = signed_in(member(boots.client, socks.client))
    page = Sheet.open(browser)
    assert "Choose a client." in page.text
    assert re.findall(r'class="card" href="([^"]+)"', page.html) == [
        "?client=ACME",
        "?client=ACME-2",
    ]


def test_a_client_without_shifts_says_so(
    acme: Client, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    page = Sheet.open(signed_in(member(acme)))
    assert page.status == 200
    assert "Acme Boots has no shifts yet." in page.text


def test_the_roster_is_in_the_menu_of_those_who_enter(
    boots: Plant, member: Callable[..., User], signed_in: Callable[..., Browser]
) -> None:
    for role, shown in (("OPERATOR", True), ("VIEWER", False)):
        page = signed_in(member(boots.client, role=role)).get("/overview/?client=ACME")
        assert ('href="/entry/roster/?client=ACME"' in page.content.decode()) is shown
