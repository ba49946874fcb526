"""Corrections on the data entry pages and on the review: the reason, the read-back, the button."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages

from clients.models import AuditEntry
from clients.scope import client_scope
from production.models import ProductionEntry
from quality.models import Defect
from tests.quality.factories import defect_type, make_defect, make_inspection
from tests.verification.conftest import KINDS, World, tomorrow

LIST = "/admin/production/productionentry/"
REVIEW = "/entry/review/"
REASON_FIELD = 'name="change_reason"'
MAKE = KINDS["production-entries"][0]


def typed(row: Any, **fields: Any) -> dict[str, Any]:
    return {
        "shift_date": row.shift_date.isoformat(),
        "shift": row.shift_id,
        "line": row.line_id,
        "work_order": row.work_order_id,
        "job": row.job_id,
        "capture_no": row.capture_no,
        "total_units": row.total_units,
        "version": row.version,
        **fields,
    }


def said(answer: Any) -> list[str]:
    return [str(each) for each in get_messages(answer.wsgi_request)]


# Letter → answers to a page saved without a reason, and with one: 302 saved, 200 asked again.
EDITS = {
    "open": {"O": (302, 302), "P": (403, 403), "S": (302, 302), "E": (302, 302), "A": (302, 302)},
    "closed": {"O": (200, 302), "P": (403, 403), "S": (200, 302), "E": (200, 302), "A": (200, 302)},
    "verified": {"O": (403, 403), "P": (403, 403), "S": (200, 302), "E": (403, 403),
                 "A": (200, 302)},
}  # fmt: skip


@pytest.mark.parametrize("state", EDITS)
def test_who_saves_a_page(world: World, signed_in: Any, state: str) -> None:
    found = {}
    for letter in EDITS[state]:
        row = world.written(MAKE, state="verified" if state == "verified" else "open")
        if state == "closed" and not world.place().is_closed:
            with client_scope([world.client], user=world.people["S"]):
                world.place().close(by=world.people["S"])
        browser, path = signed_in(world.people[letter]), f"{LIST}{row.pk}/change/"
        plain = browser.post(path, typed(row, total_units=181)).status_code
        again = world.stored(row)
        reasoned = typed(again, total_units=182, change_reason="counted again")
        found[letter] = plain, browser.post(path, reasoned).status_code
    assert found == EDITS[state]


def test_the_author_is_refused_on_the_next_day(world: World, signed_in: Any) -> None:
    row = world.written(MAKE)
    with tomorrow():
        page = signed_in(world.people["O"]).get(f"{LIST}{row.pk}/change/")
    assert "Operators change their own rows on the day of entry only." in page.content.decode()


def test_the_reason_is_asked_for_where_it_is_needed_only(world: World, signed_in: Any) -> None:
    browser = signed_in(world.people["S"])
    row = world.written(MAKE)
    path = f"{LIST}{row.pk}/change/"
    assert REASON_FIELD not in browser.get(path).content.decode()
    with client_scope([world.client]):
        ProductionEntry.objects.get().verify(by=world.people["A"])
    page = browser.get(path).content.decode()
    assert REASON_FIELD in page
    assert "This row is verified." in page


def test_a_saved_change_is_read_back_and_its_reason_kept(world: World, signed_in: Any) -> None:
    row = world.written(MAKE, state="verified")
    row = world.stored(row)
    browser, path = signed_in(world.people["S"]), f"{LIST}{row.pk}/change/"
    refused = browser.post(path, typed(row, total_units=170))
    form = refused.context["adminform"].form
    assert form.errors == {"change_reason": ["Give a reason for the change."]}
    answer = browser.post(path, typed(row, total_units=170, change_reason="counted again"))
    assert said(answer)[:2] == [
        "Changed: total units: 180 → 170.",
        "The row changed: a second person has to verify it again.",
    ]
    assert world.stored(row).verified_at is None
    with client_scope([world.client]):
        entry = AuditEntry.objects.get(
            table_name="production_productionentry", reason="counted again"
        )
    assert entry.changes["total_units"] == [180, 170]


def test_a_save_without_a_change_keeps_the_verification(world: World, signed_in: Any) -> None:
    row = world.stored(world.written(MAKE, state="verified"))
    answer = signed_in(world.people["S"]).post(
        f"{LIST}{row.pk}/change/", typed(row, change_reason="nothing after all")
    )
    assert answer.status_code == 302
    assert world.stored(row).verified_at is not None


def test_a_stale_save_shows_the_difference_and_the_choice(world: World, signed_in: Any) -> None:
    row = world.written(MAKE)
    browser, path = signed_in(world.people["S"]), f"{LIST}{row.pk}/change/"
    with client_scope([world.client], user=world.people["M"]):
        ProductionEntry.objects.update(total_units=175)
    mine = typed(row, total_units=190)
    page = browser.post(path, mine).content.decode()
    assert "stored “175”, yours “190”." in page
    for choice in ("Save mine", "Take theirs", "or edit below and save."):
        assert choice in page
    assert world.stored(row).total_units == 175
    assert browser.post(path, {**mine, "version": 2, "_continue": "1"}).status_code == 302
    assert world.stored(row).total_units == 190


# -- the button ------------------------------------------------------------------------------------


def test_the_button_stands_for_those_who_may(world: World, signed_in: Any) -> None:
    row = world.written(MAKE)
    action = f"{LIST}{row.pk}/verify/"
    shown = {
        letter: action
        in signed_in(world.people[letter]).get(f"{LIST}{row.pk}/change/").content.decode()
        for letter in "OPSMEA"
    }
    assert shown == {"O": False, "P": False, "S": True, "M": True, "E": False, "A": True}


def test_the_button_verifies(world: World, signed_in: Any, acme_2: Any) -> None:
    row = world.written(MAKE)
    with client_scope([acme_2]):
        foreign = ProductionEntry.objects.get().pk
    found = {
        letter: signed_in(world.people[letter]).post(f"{LIST}{row.pk}/verify/").status_code
        for letter in "OES"
    }
    assert found == {"O": 403, "E": 403, "S": 302}
    assert world.stored(row).verified_by == world.people["S"]
    browser = signed_in(world.people["S"])
    assert browser.get(f"{LIST}{row.pk}/verify/").status_code == 405
    unknown = [browser.post(f"{LIST}{pk}/verify/") for pk in (foreign, 9_999_999)]
    assert [each.status_code for each in unknown] == [404, 404]


def test_what_changed_meanwhile_is_not_verified_unseen(world: World, signed_in: Any) -> None:
    row = world.written(MAKE)
    with client_scope([world.client], user=world.people["M"]):
        ProductionEntry.objects.update(total_units=175)
    browser, path = signed_in(world.people["S"]), f"{LIST}{row.pk}/verify/"
    (told,) = said(browser.post(path, {"version": "1"}))
    assert "is not verified. This row was changed by manager-m at" in told
    assert world.stored(row).verified_at is None
    browser.post(path, {"version": "2"})
    assert world.stored(row).verified_at is not None


@pytest.mark.parametrize(
    ("letter", "reason", "expected"),
    [("O", "found later", 1), ("E", "found later", 1), ("S", "", 1), ("S", "found later", 2)],
)
def test_a_defect_joins_a_verified_inspection_by_the_same_rule(
    world: World, signed_in: Any, letter: str, reason: str, expected: int
) -> None:
    with client_scope([world.client]):
        whole = make_inspection(world.floor)
        make_defect(whole)
        whole.verify(by=world.people["A"])
        kind = defect_type("BURR")
    typed_in = {"inspection": whole.pk, "defect_type": kind.pk, "quantity": 1, "severity": "MINOR",
                "root_cause": "UNKNOWN", "disposition": "REWORK",
                "opened_for": "ACME", "change_reason": reason}  # fmt: skip
    signed_in(world.people[letter]).post("/admin/quality/defect/add/", typed_in)
    with client_scope([world.client]):
        assert Defect.objects.count() == expected
    api = {"inspection": whole.pk, "defect_type": "BURR", "quantity": 2, "disposition": "REPAIR"}
    api |= {"change_reason": reason} if reason else {}
    world.caller(letter).post("defects/", api)
    with client_scope([world.client]):
        assert Defect.objects.count() == 2 * expected - 1


def test_a_list_is_judged_row_by_row(world: World, signed_in: Any) -> None:
    own, other = world.written(MAKE, by="S"), world.written(MAKE)
    answer = signed_in(world.people["S"]).post(
        LIST, {"action": "verify_selected", "_selected_action": [own.pk, other.pk]}
    )
    assert [each.partition(": ")[2] or each for each in said(answer)] == [
        "A second person has to verify this row.",
        f"{world.stored(other)} is verified.",
    ]
    assert world.stored(own).verified_at is None


def test_with_a_foreign_row_in_the_list_none_is_verified(
    world: World, signed_in: Any, acme_2: Any
) -> None:
    row = world.written(MAKE)
    with client_scope([acme_2]):
        foreign = ProductionEntry.objects.get().pk
    action = {"action": "verify_selected", "_selected_action": [row.pk, foreign]}
    assert signed_in(world.people["S"]).post(LIST, action).status_code == 404
    assert world.stored(row).verified_at is None


# -- the review ------------------------------------------------------------------------------------


def everything(world: World) -> list[Any]:
    return [world.written(make) for make, _change in KINDS.values()]


def act(world: World, browser: Any, verb: str, **more: str) -> Any:
    return browser.post(f"{REVIEW}?client=ACME", {"act": f"{verb}:{world.place().pk}", **more})


def test_a_line_shift_is_verified_by_one_button(world: World, signed_in: Any) -> None:
    rows = [*everything(world), world.written(MAKE, by="S")]
    browser = signed_in(world.people["S"])
    page = browser.get(f"{REVIEW}?date=2025-12-02").content.decode()
    assert "Verify 4 rows" in page
    assert "ZEBRA" not in page
    answer = act(world, browser, "verify")
    assert said(answer) == [
        f"{world.place()}: 4 rows are verified.",
        "1 row is not verified. A second person has to verify this row.",
    ]
    assert [world.stored(row).verified_at is not None for row in rows] == [True] * 4 + [False]


def test_an_operator_sees_the_review_and_changes_nothing(world: World, signed_in: Any) -> None:
    everything(world)
    browser = signed_in(world.people["P"])
    page = browser.get(f"{REVIEW}?date=2025-12-02").content.decode()
    assert 'value="verify:' not in page
    assert 'value="close:' not in page
    found = [
        act(world, browser, verb, reason="x").status_code for verb in ("verify", "close", "reopen")
    ]
    assert found == [403, 403, 403]
    assert signed_in(world.people["V"]).get(REVIEW).status_code == 403


def test_the_review_closes_and_reopens(world: World, signed_in: Any) -> None:
    world.written(MAKE)
    supervisor, manager = (signed_in(world.people[letter]) for letter in "SM")
    act(world, supervisor, "close")
    assert world.place().closed_by == world.people["S"]
    assert act(world, supervisor, "reopen", reason="x").status_code == 403
    assert said(act(world, manager, "reopen", reason=" "))[0].endswith(
        "Give a reason for the reopening."
    )
    assert world.place().is_closed
    act(world, manager, "reopen", reason="a row was missing")
    assert not world.place().is_closed


def test_a_foreign_line_shift_is_not_found(world: World, signed_in: Any, acme_2: Any) -> None:
    from plant.models import LineShift

    with client_scope([acme_2]):
        foreign = LineShift.objects.first()
    assert foreign is not None
    browser = signed_in(world.people["M"])
    for act_on in (f"verify:{foreign.pk}", f"close:{foreign.pk}", "verify:9999999", "burn:1", ""):
        assert browser.post(REVIEW, {"act": act_on}).status_code == 404
    with client_scope([acme_2]):
        assert ProductionEntry.objects.get().verified_at is None


def test_the_review_costs_the_same_for_more_rows(
    world: World, signed_in: Any, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = signed_in(world.people["S"])
    counts = []
    for _ in range(2):
        everything(world)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"{REVIEW}?date=2025-12-02").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 15
