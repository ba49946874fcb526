"""The page of holds, its steps, and the page of work in process."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client
from clients.scope import client_scope
from holds.models import WIPHold
from plant.models import Shift, WorkOrder
from tests.holds.factories import make_hold
from tests.plant.factories import make_line, make_order
from tests.production.factories import make_entry, make_floor
from tests.standing import standing

type Members = Callable[..., Any]
type Sign = Callable[[Any], Browser]


def ago(days: float) -> datetime.datetime:
    return timezone.now().replace(microsecond=0) - datetime.timedelta(days=days)


def started(client: Client, days: int, **fields: Any) -> WorkOrder:
    """In work since so many days, today included."""
    order = make_order(client, **fields)
    start = client.today() - datetime.timedelta(days=days - 1)
    WorkOrder.objects.filter(pk=order.pk).update(status="IN_PROGRESS", actual_start_date=start)
    order.refresh_from_db()
    return order


@standing
def filled(acme: Client, acme_2: Client) -> Client:
    """Both clients have an old hold, a young one and a request; the second one in other orders."""
    for client, mark in ((acme, "OWN"), (acme_2, "FOREIGN")):
        with client_scope([client]):
            line = make_line(client, code=f"{mark}-LINE")
            old = started(client, 40, number=f"{mark}-OLD", line=line)
            make_hold(old, state="ON_HOLD", held_at=ago(30), line=line, location=f"{mark}-SHELF")
            young = started(client, 3, number=f"{mark}-YOUNG")
            make_hold(young, state="ON_HOLD", held_at=ago(8), quantity=40)
            asked = started(client, 10, number=f"{mark}-ASKED")
            make_hold(asked, state="PENDING_HOLD", held_at=ago(0.5))
            ended = started(client, 20, number=f"{mark}-ENDED")
            make_hold(ended, "OTHER", state="RESUMED", held_at=ago(9), ended_at=ago(7))
    return acme


def text(browser: Browser, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def numbers(page: str) -> list[str]:
    names = ("OLD", "YOUNG", "ASKED", "ENDED")
    table = page.partition("<tbody>")[2]
    found = [(table.find(f"OWN-{name}"), name) for name in names]
    return [name for place, name in sorted(found) if place >= 0]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", ["OLD", "YOUNG"]),
        ("&show=ended", ["ENDED"]),
        ("&show=all", ["OLD", "ENDED", "YOUNG"]),
        ("&age=chronic", ["OLD"]),
        ("&age=critical", ["OLD"]),
        ("&age=aging", ["OLD", "YOUNG"]),
        ("&age=8–14", ["YOUNG"]),
        ("&age=0–7", []),
        ("&q=young", ["YOUNG"]),
        ("&q=own-shelf", ["OLD"]),
        ("&hold_reason=OTHER", []),
    ],
)
def test_the_register(filled: Client, member: Members, signed_in: Sign, query, rows) -> None:
    page = text(signed_in(member(filled)), f"/holds/?client=ACME{query}")
    assert numbers(page) == rows
    assert "FOREIGN" not in page


def test_the_form_offers_own_lines_and_reasons_and_keeps_what_was_chosen(
    filled: Client, member: Members, signed_in: Sign
) -> None:
    browser = signed_in(member(filled))
    page = text(browser, "/holds/?client=ACME&line=OWN-LINE&hold_reason=QUALITY_ISSUE&age=chronic")
    form = page[page.index('id="holds-line"') :].partition("</form>")[0]
    assert re.findall(r'value="([^"]*)"(?= selected)', form) == ["OWN-LINE", "QUALITY_ISSUE"]
    assert '<option value="-">Without line</option>' in form
    hidden = page[: page.index('id="holds-q"')]
    assert '<input type="hidden" name="age" value="chronic">' in hidden
    # What the selects say replaces what the address said.
    assert 'name="line" value=' not in hidden


def test_the_form_narrows_the_register(filled: Client, member: Members, signed_in: Sign) -> None:
    browser = signed_in(member(filled))
    sent = "/holds/?client=ACME&show=open&q=&line={line}&hold_reason={reason}"
    assert numbers(text(browser, sent.format(line="OWN-LINE", reason=""))) == ["OLD"]
    assert numbers(text(browser, sent.format(line="-", reason="QUALITY_ISSUE"))) == ["YOUNG"]
    assert numbers(text(browser, sent.format(line="", reason="OTHER"))) == []


def test_a_request_stands_on_top_and_is_approved_in_two_taps(
    filled: Client, member: Members, signed_in: Sign
) -> None:
    browser = signed_in(member(filled, role="SUPERVISOR"))
    page = text(browser, "/holds/?client=ACME")
    with client_scope([filled]):
        asked = WIPHold.objects.get(state="PENDING_HOLD")
    # The first tap opens the question, the second one sends it.
    address = f"/holds/{asked.pk}/approve/?client=ACME"
    assert page.index("OWN-ASKED") < page.index("<tbody>")
    assert f'action="{address}"' in page
    answer = browser.post(address, {"back": "/holds/?client=ACME&age=0–7"}, follow=True)
    assert answer.redirect_chain[0][1] == 302
    assert "age=" in answer.redirect_chain[0][0]
    assert "is now: on hold." in answer.content.decode()
    with client_scope([filled]):
        asked.refresh_from_db()
        assert (asked.state, asked.work_order.status) == ("ON_HOLD", "ON_HOLD")


def test_the_second_one_is_told_who_decided(
    filled: Client, member: Members, signed_in: Sign
) -> None:
    with client_scope([filled]):
        asked = WIPHold.objects.get(state="PENDING_HOLD")
    address = f"/holds/{asked.pk}/approve/?client=ACME"
    signed_in(member(filled, username="ana")).post(address)
    page = signed_in(member(filled, username="ben")).post(address, follow=True).content.decode()
    assert "This hold was decided by ana at" in page


def test_a_refusal_needs_a_reason(filled: Client, member: Members, signed_in: Sign) -> None:
    with client_scope([filled]):
        asked = WIPHold.objects.get(state="PENDING_HOLD")
    browser = signed_in(member(filled))
    address = f"/holds/{asked.pk}/reject/?client=ACME"
    assert "Give a note." in browser.post(address, follow=True).content.decode()
    with client_scope([filled]):
        asked.refresh_from_db()
        assert asked.state == "PENDING_HOLD"
    browser.post(address, {"note": "typed by mistake"})
    with client_scope([filled]):
        asked.refresh_from_db()
        assert asked.state == "CANCELLED"


@pytest.mark.parametrize(
    ("role", "action", "status"),
    [
        ("VIEWER", "approve", 403), ("OPERATOR", "approve", 403), ("SUPERVISOR", "approve", 302),
        ("MANAGER", "approve", 302), ("ENGINEER", "approve", 302), ("OPERATOR", "cancel", 403),
        ("ENGINEER", "scrap", 403), ("SUPERVISOR", "nonsense", 404),
    ],
)  # fmt: skip
def test_who_may_take_a_step(
    filled: Client, member: Members, signed_in: Sign, role, action, status
) -> None:
    with client_scope([filled]):
        asked = WIPHold.objects.get(state="PENDING_HOLD")
    browser = signed_in(member(filled, role=role))
    assert browser.post(f"/holds/{asked.pk}/{action}/?client=ACME").status_code == status
    seen = browser.get(f"/holds/{asked.pk}/{action}/?client=ACME").status_code
    assert seen == (404 if action == "nonsense" else 405)


def test_a_foreign_hold_and_an_unknown_one_answer_alike(
    filled: Client, acme_2: Client, member: Members, signed_in: Sign
) -> None:
    with client_scope([acme_2]):
        foreign = WIPHold.objects.get(state="PENDING_HOLD")
    browser = signed_in(member(filled))
    for pk in (foreign.pk, 987654321, 10**30):
        assert browser.post(f"/holds/{pk}/approve/").status_code == 404
    with client_scope([acme_2]):
        foreign.refresh_from_db()
        assert foreign.state == "PENDING_HOLD"


def test_viewers_see_no_names_and_no_buttons(
    filled: Client, member: Members, signed_in: Sign
) -> None:
    chief = member(filled, username="the-chief")
    with client_scope([filled], user=chief):
        make_hold(started(filled, 2, number="OWN-CHIEF"), state="ON_HOLD", held_at=ago(1))
    assert "the-chief" in text(signed_in(member(filled, role="OPERATOR")), "/holds/?client=ACME")
    page = text(signed_in(member(filled, role="VIEWER")), "/holds/?client=ACME")
    assert "OWN-CHIEF" in page
    assert "the-chief" not in page
    assert 'method="post" action="/holds/' not in page


def test_back_leads_nowhere_else(filled: Client, member: Members, signed_in: Sign) -> None:
    with client_scope([filled]):
        asked = WIPHold.objects.get(state="PENDING_HOLD")
    answer = signed_in(member(filled)).post(
        f"/holds/{asked.pk}/approve/?client=ACME", {"back": "https://elsewhere.example/"}
    )
    assert answer["Location"] == "/holds/?client=ACME"


def test_three_kinds_of_nothing(
    acme: Client, filled: Client, member: Members, signed_in: Sign
) -> None:
    new = Client.open(code="NEW", name="New")
    assert "No hold was ever recorded." in text(signed_in(member(new)), "/holds/")
    browser = signed_in(member(acme))
    assert "No hold under these filters." in text(browser, "/holds/?client=ACME&q=nothing")
    with client_scope([acme]):
        for row in WIPHold.objects.filter(state="ON_HOLD"):
            row.void(by=None, reason="typed twice")
    assert "0 holds stand." in text(browser, "/holds/?client=ACME")


def test_holds_as_of_a_past_day(filled: Client, member: Members, signed_in: Sign) -> None:
    day = filled.today() - datetime.timedelta(days=9)
    page = text(signed_in(member(filled)), f"/holds/?client=ACME&as_of={day}")
    assert numbers(page) == ["OLD", "ENDED"]
    assert "as known at the end of" in page
    assert 'method="post" action="/holds/' not in page


# -- work in process -----------------------------------------------------------------------------


def test_the_oldest_order_comes_first(filled: Client, member: Members, signed_in: Sign) -> None:
    page = text(signed_in(member(filled)), "/wip/?client=ACME")
    # 20 − 2 held days = 18; asked 10; 40 − 31 = 9; young 3, only a quantity of it is held.
    assert numbers(page) == ["ENDED", "ASKED", "OLD", "YOUNG"]
    assert "FOREIGN" not in page


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("&show=old", ["ENDED"]),
        ("&show=past_due", ["ASKED"]),
        ("&show=15–30", ["ENDED"]),
        ("&show=8–14", ["ASKED", "OLD"]),
        ("&show=0–7", ["YOUNG"]),
        ("&line=OWN-LINE", ["OLD"]),
    ],
)
def test_lists_of_work_in_process(
    filled: Client, member: Members, signed_in: Sign, query, rows
) -> None:
    today = filled.today()
    with client_scope([filled]):
        orders = WorkOrder.objects
        orders.filter(number="OWN-ASKED").update(promised_date=today - datetime.timedelta(days=1))
        orders.filter(number="OWN-OLD").update(promised_date=today)
    page = text(signed_in(member(filled)), f"/wip/?client=ACME{query}")
    assert numbers(page) == rows


def test_wip_as_of_a_past_day(filled: Client, member: Members, signed_in: Sign) -> None:
    day = filled.today() - datetime.timedelta(days=12)
    page = text(signed_in(member(filled)), f"/wip/?client=ACME&as_of={day}")
    # 40 − 12 − 19 held = 9 and 20 − 12 = 8 days.
    assert numbers(page) == ["OLD", "ENDED"]


def test_an_unknown_list_is_a_sentence(filled: Client, member: Members, signed_in: Sign) -> None:
    browser = signed_in(member(filled))
    assert "Unknown list" in text(browser, "/wip/?client=ACME&show=nonsense", 400)
    assert "Unknown age" in text(browser, "/holds/?client=ACME&age=nonsense", 400)


@pytest.mark.parametrize("page", ["/holds/", "/wip/"])
def test_queries_do_not_grow(filled: Client, member: Members, signed_in: Sign, page: str) -> None:
    browser = signed_in(member(filled))

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(browser, f"{page}?client=ACME")
        return len(captured)

    asked()
    before = asked()
    with client_scope([filled]):
        orders = WorkOrder.objects.bulk_create(
            WorkOrder(client=filled, number=f"MORE-{n}", planned_quantity=9, status="IN_PROGRESS",
                      actual_start_date=filled.today())
            for n in range(1000)
        )  # fmt: skip
        WIPHold.objects.bulk_create(
            WIPHold(client=filled, work_order=order, state="ON_HOLD", held_at=ago(2),
                    hold_decided_at=ago(2))
            for order in orders[:300]
        )  # fmt: skip
    assert asked() == before


def test_the_overview_shows_what_stands(filled: Client, member: Members, signed_in: Sign) -> None:
    with client_scope([filled]):
        make_entry(make_floor(filled), shift_date=filled.today() - datetime.timedelta(days=1))
        shift = Shift.objects.get()
    page = text(signed_in(member(filled)), "/overview/?client=ACME")
    assert "1 hold waits for a decision" in page
    assert "Open holds" in page
    assert "WIP age" in page
    # An order has no shift: under such a filter its tiles are absent.
    narrowed = text(signed_in(member(filled)), f"/overview/?client=ACME&shift={shift.code}")
    assert "WIP age" not in narrowed
    assert "Open holds" not in narrowed
