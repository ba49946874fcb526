"""The pool page: free or taken, where for whom one may know, and what a supervisor does there."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from attendance.marks import Presence
from clients.models import Membership
from clients.scope import client_scope
from plant.models import Employee, Shift
from staffing.models import ShiftCoverage
from tests.staffing.factories import Plant, at, make_absence, make_coverage, make_floater, span

Sign = Any


def page(browser: Browser, plant: Plant, **more: Any) -> str:
    asked = {"client": plant.client.code, "date": "2025-12-03", "shift": plant.first.pk, **more}
    answer = browser.get("/pool/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def row_of(text: str, code: str) -> str:
    """The words of one floater's row, without the tags."""
    (row,) = [each for each in re.findall(r"<tr>.*?</tr>", text, re.S) if f"{code} <span" in each]
    return " ".join(re.sub(r"<[^>]*>", " ", row).split())


def post(browser: Browser, path: str, plant: Plant, **values: Any) -> Any:
    asked = f"client={plant.client.code}&date=2025-12-03&shift={plant.first.pk}"
    return browser.post(f"/pool/{path}?{asked}", values, follow=True)


def said(answer: Any) -> list[str]:
    return [str(each) for each in answer.context["messages"]]


@pytest.fixture
def boss(boots: Plant, member: Any, signed_in: Sign) -> Browser:
    return signed_in(member(boots.client))


def test_free_and_taken(boots: Plant, floater: Employee, boss: Browser) -> None:
    make_floater("EMP-016", full_name="Luis Peña")
    make_coverage(boots, floater, covers=make_absence(boots))
    text = page(boss, boots)
    assert "1 of 2 are free in shift 1ST." in text
    taken = row_of(text, "EMP-015")
    assert taken == (
        "EMP-015 Ana López ◐ Taken ACME, L1, 07:00–17:00 stale EMP-003 Confirm EMP-015"
    )
    free = row_of(text, "EMP-016")
    assert free.startswith("EMP-016 Luis Peña ● Free – – Assign EMP-016 Line L1")
    assert "2 of 2 are free in shift 2ND." in page(boss, boots, shift=boots.second.pk)


def test_a_confirmed_one_says_so(
    boots: Plant, floater: Employee, boss: Browser, member: Any
) -> None:
    row = make_coverage(boots, floater)
    with client_scope([boots.client]):
        row.confirm(by=member(boots.client))
    assert row_of(page(boss, boots), "EMP-015").endswith("17:00 confirmed –")


def test_stale_begins_a_day_after_the_start(
    boots: Plant, floater: Employee, member: Any, signed_in: Sign
) -> None:
    make_coverage(boots, floater)
    user = member(boots.client)
    for hours, word in ((23, "not confirmed"), (25, "stale")):
        with time_machine.travel(at("07:00") + datetime.timedelta(hours=hours), tick=False):
            assert f" {word} " in row_of(page(signed_in(user), boots), "EMP-015")


def test_iso_023_where_is_shown_to_members_of_that_client_only(
    boots: Plant, socks: Plant, floater: Employee, member: Any, signed_in: Sign
) -> None:
    absence = make_absence(boots)
    make_coverage(boots, floater, covers=absence)
    of_one = page(signed_in(member(socks.client)), socks)
    assert row_of(of_one, "EMP-015") == "EMP-015 Ana López ◐ Taken – –"
    assert [each for each in ("ACME,", "L1,", "EMP-003", "Acme Boots") if each in of_one] == []
    of_both = page(signed_in(member(boots.client, socks.client)), socks)
    # No buttons: it is the other client's assignment, and the page is of this one.
    assert row_of(of_both, "EMP-015") == (
        "EMP-015 Ana López ◐ Taken ACME, L1, 07:00–17:00 stale EMP-003"
    )


def test_iso_023_whom_somebody_covers_needs_the_names_of_that_client(
    boots: Plant, socks: Plant, floater: Employee, member: Any, signed_in: Sign
) -> None:
    make_coverage(boots, floater, covers=make_absence(boots))
    user = member(socks.client)
    since = (datetime.date(2020, 1, 1), None)
    Membership.objects.create(user=user, client=boots.client, role="VIEWER", valid=since)
    text = row_of(page(signed_in(user), socks), "EMP-015")
    assert text == "EMP-015 Ana López ◐ Taken ACME, L1, 07:00–17:00 stale –"


def test_somebody_taken_for_an_hour_is_not_free_for_the_shift(
    boots: Plant, floater: Employee, boss: Browser
) -> None:
    make_coverage(boots, floater, during=span("16:00", "17:00"))
    assert "Taken ACME, L1, 16:00–17:00" in row_of(page(boss, boots), "EMP-015")


# -- assign, confirm, unassign -------------------------------------------------------------------


def test_a_supervisor_assigns(boots: Plant, floater: Employee, boss: Browser) -> None:
    absence = make_absence(boots)
    values = {"employee": "EMP-015", "line": boots.line.pk, "covers": absence.pk}
    answer = post(boss, "assign/", boots, **values)
    assert said(answer) == ["EMP-015 is assigned to L1."]
    with client_scope([boots.client]):
        row = ShiftCoverage.objects.get()
    assert (row.covers_id, row.starts_at, row.entry_method) == (absence.pk, at("07:00"), "MANUAL")


def test_ac_04_the_page_does_not_book_twice(
    boots: Plant, socks: Plant, floater: Employee, member: Any, signed_in: Sign
) -> None:
    make_coverage(boots, floater)
    values = {"employee": "EMP-015", "line": socks.line.pk}
    answer = post(signed_in(member(boots.client, socks.client)), "assign/", socks, **values)
    assert said(answer) == ["EMP-015 is assigned to ACME, L1, 07:00–17:00."]
    answer = post(signed_in(member(socks.client)), "assign/", socks, **values)
    assert said(answer) == ["EMP-015 is already assigned in this period."]
    with client_scope([socks.client]):
        assert ShiftCoverage.objects.count() == 0


@pytest.mark.parametrize("code", ["EMP-003", "EMP-103", "NOBODY"])
def test_iso_021_unknown_own_and_foreign_people_are_told_alike(
    boots: Plant, socks: Plant, boss: Browser, code: str
) -> None:
    answer = post(boss, "assign/", boots, employee=code, line=boots.line.pk)
    assert said(answer) == [f"Unknown floating employee “{code}”."]


def test_a_foreign_line_or_record_is_as_unknown_as_none(
    boots: Plant, socks: Plant, floater: Employee, boss: Browser
) -> None:
    theirs = make_absence(socks)
    for key in (socks.line.pk, 99_999_999):
        answer = post(boss, "assign/", boots, employee="EMP-015", line=key)
        assert said(answer) == [f"Unknown line “{key}”."]
    for key in (theirs.pk, 99_999_999):
        values = {"employee": "EMP-015", "line": boots.line.pk, "covers": key}
        answer = post(boss, "assign/", boots, **values)
        assert said(answer) == [f"Unknown attendance record “{key}”."]


def test_a_supervisor_confirms(boots: Plant, floater: Employee, boss: Browser) -> None:
    row = make_coverage(boots, floater)
    answer = post(boss, f"{row.pk}/confirm/", boots)
    assert said(answer) == ["The assignment of EMP-015 is confirmed."]
    again = post(boss, f"{row.pk}/confirm/", boots)
    assert said(again) == ["This coverage is confirmed already."]


def test_a_supervisor_unassigns(
    boots: Plant, floater: Employee, member: Any, signed_in: Sign
) -> None:
    row, user = make_coverage(boots, floater), member(boots.client)
    with time_machine.travel(at("11:00"), tick=False):
        boss = signed_in(user)
        assert "Unassign EMP-015" in row_of(page(boss, boots), "EMP-015")
        assert said(post(boss, f"{row.pk}/unassign/", boots)) == ["EMP-015 is free again."]
    with client_scope([boots.client]):
        row.refresh_from_db()
    assert (row.ends_at, str(row.hours)) == (at("11:00"), "4.00")


@pytest.mark.parametrize(("role", "seen"), [("OPERATOR", 200), ("ENGINEER", 200), ("VIEWER", 403)])
def test_others_look_at_the_most(
    boots: Plant, floater: Employee, member: Any, signed_in: Sign, role: str, seen: int
) -> None:
    row = make_coverage(boots, floater)
    browser = signed_in(member(boots.client, role=role))
    answer = browser.get("/pool/", {"date": "2025-12-03", "shift": boots.first.pk})
    assert answer.status_code == seen
    assert '<button class="button">Confirm' not in answer.content.decode()
    for path in ("assign/", f"{row.pk}/confirm/", f"{row.pk}/unassign/"):
        assert post(browser, path, boots).status_code == 403


def test_iso_012_a_foreign_assignment_is_like_one_that_is_not_there(
    boots: Plant, socks: Plant, floater: Employee, boss: Browser
) -> None:
    row = make_coverage(socks, floater)
    for verb in ("confirm", "unassign"):
        answers = [boss.post(f"/pool/{pk}/{verb}/") for pk in (row.pk, 99_999_999, 2**70)]
        assert [each.status_code for each in answers] == [404] * 3
    for asked in ("client=ACME-2", "client=NOBODY", ""):
        path = f"/pool/assign/?{asked}&date=2025-12-03&shift={socks.first.pk}"
        assert boss.post(path, {"employee": "EMP-015"}).status_code == 404
    with client_scope([socks.client]):
        row.refresh_from_db()
    assert (row.confirmed_at, row.voided_at) == (None, None)


def test_the_role_in_the_client_of_the_row_decides(
    boots: Plant, socks: Plant, floater: Employee, member: Any, signed_in: Sign
) -> None:
    row, user = make_coverage(boots, floater), member(socks.client)
    since = (datetime.date(2020, 1, 1), None)
    Membership.objects.create(user=user, client=boots.client, role="OPERATOR", valid=since)
    browser = signed_in(user)
    assert post(browser, f"{row.pk}/confirm/", boots).status_code == 403
    assert post(browser, "assign/", boots, employee="EMP-015").status_code == 403


# -- the page itself -----------------------------------------------------------------------------


def test_with_several_clients_one_is_chosen(
    boots: Plant, socks: Plant, member: Any, signed_in: Sign
) -> None:
    answer = signed_in(member(boots.client, socks.client)).get("/pool/")
    assert re.findall(r'class="card" href="([^"]*)"', answer.content.decode()) == [
        "/pool/?client=ACME", "/pool/?client=ACME-2",
    ]  # fmt: skip


def test_the_page_opens_with_the_shift_that_runs(
    boots: Plant, floater: Employee, member: Any, signed_in: Sign
) -> None:
    user = member(boots.client)
    for clock, code in (("06:30", "1ST"), ("08:00", "1ST"), ("18:00", "2ND"), ("22:00", "2ND")):
        with time_machine.travel(at(clock), tick=False):
            answer = signed_in(user).get("/pool/")
            assert (answer.context["on"].isoformat(), answer.context["shift"].code) == (
                "2025-12-03", code,
            )  # fmt: skip


def test_after_midnight_the_page_opens_with_the_night_that_runs(
    boots: Plant, floater: Employee, boss: Browser
) -> None:
    """Whoever is sent at two in the morning is not sent to the coming night."""
    with time_machine.travel(at("02:00"), tick=False):
        answer = boss.get("/pool/")
        assert answer.context["on"] == datetime.date(2025, 12, 2)
        assert answer.context["shift"].code == "2ND"
        assert 'value="2025-12-02"' in answer.content.decode()
        posted = re.findall(r'action="/pool/assign/\?([^"]*)"', answer.content.decode())
        assert posted == [f"client=ACME&amp;date=2025-12-02&amp;shift={boots.second.pk}"]
        # The day that is asked for stays the day, and nothing of it has begun.
        answer = boss.get("/pool/", {"date": "2025-12-03"})
        assert answer.context["on"] == datetime.date(2025, 12, 3)
        assert answer.context["shift"].code == "1ST"


def test_the_day_beside_has_the_same_shift_only_where_it_runs(
    boots: Plant, floater: Employee, boss: Browser
) -> None:
    with client_scope([boots.client]):
        Shift.objects.filter(pk=boots.second.pk).update(weekdays=[3, 4])
    wednesday = boss.get("/pool/", {"date": "2025-12-03", "shift": boots.second.pk}).context
    assert wednesday["earlier"] == "/pool/?client=ACME&date=2025-12-02"
    assert wednesday["later"] == f"/pool/?client=ACME&date=2025-12-04&shift={boots.second.pk}"
    idle = "By the calendar it does not run on this day."
    assert idle not in page(boss, boots, shift=boots.second.pk)
    assert idle in page(boss, boots, shift=boots.second.pk, date="2025-12-05")


def test_unreadable_days_and_unknown_shifts(
    boots: Plant, socks: Plant, floater: Employee, boss: Browser
) -> None:
    answer = boss.get("/pool/", {"date": "03/12/2025"})
    assert answer.status_code == 400
    assert "Not a date in the form YYYY-MM-DD." in answer.content.decode()
    for date in ("0001-01-01", "9999-12-31"):
        assert boss.get("/pool/", {"date": date}).status_code == 400
    for key in (socks.first.pk, 99_999_999, "x", "1" * 30):
        assert boss.get("/pool/", {"date": "2025-12-03", "shift": key}).status_code == 404


def test_an_empty_pool_says_so(boots: Plant, boss: Browser) -> None:
    assert "The shared pool is empty." in page(boss, boots)


@pytest.mark.parametrize("number", [1, 12])
def test_the_page_costs_the_same_for_any_number(
    boots: Plant, boss: Browser, django_assert_max_num_queries: Any, number: int
) -> None:
    for each in range(number):
        person = make_floater(f"POOL-{each:02}")
        if each % 2:
            make_coverage(boots, person)
    make_absence(boots, presence=Presence.PARTIAL)
    with django_assert_max_num_queries(21):
        page(boss, boots)


def test_the_way_to_the_page_is_in_the_head(boots: Plant, boss: Browser) -> None:
    text = boss.get("/overview/").content.decode()
    assert '<a href="/pool/?client=ACME">Floaters</a>' in text
