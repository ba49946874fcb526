"""The admin form under every client row: client, version, void, history."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from clients.models import AuditEntry, Client
from clients.scope import client_scope
from kpis.models import Target
from plant.models import Line

LINES = "/admin/plant/line/"


def line_of(client: Client, code: str = "L1", **more: Any) -> Line:
    with client_scope([client]):
        return Line.objects.create(client=client, code=code, name=f"Line {code}", **more)


def hidden(text: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', text)[1]  # type: ignore[index]


def values(**more: Any) -> dict[str, Any]:
    return {"code": "L1", "name": "Line one", "line_type": "DEDICATED", "stations": "10",
            "active": "on", **more}  # fmt: skip


@pytest.fixture
def browser(acme: Client, acme_2: Client, member: Any, signed_in: Any) -> Any:
    line_of(acme_2, "ZEBRA-1")
    return signed_in(member(acme, role="SUPERVISOR", username="supervisor"))


def test_one_membership_fills_the_client(browser: Any, acme: Client) -> None:
    assert browser.post(f"{LINES}add/", values()).status_code == 302
    with client_scope([acme]):
        assert Line.objects.get().client == acme


def test_several_memberships_must_choose(
    acme: Client, acme_2: Client, member: Any, signed_in: Any
) -> None:
    both = signed_in(member(acme, acme_2))
    response = both.post(f"{LINES}add/", values())
    assert response.status_code == 200
    assert "Choose a client." in response.content.decode()
    assert both.post(f"{LINES}add/", values(client=str(acme_2.pk))).status_code == 302
    with client_scope([acme, acme_2]):
        assert Line.objects.get().client == acme_2


def test_iso_019_a_form_opened_for_another_client_is_refused(browser: Any, acme: Client) -> None:
    response = browser.post(f"{LINES}add/", values(opened_for="ACME-2"))
    assert response.status_code == 200
    assert "This form belongs to ACME-2. Reload." in response.content.decode()
    with client_scope([acme]):
        assert Line.objects.count() == 0


def test_the_second_of_two_tabs_is_refused_and_shown_the_difference(
    browser: Any, acme: Client, member: Any, signed_in: Any
) -> None:
    line = line_of(acme)
    other = signed_in(member(acme, role="MANAGER", username="manager"))
    address = f"{LINES}{line.pk}/change/"
    first, second = (hidden(each.get(address).content.decode(), "version")
                     for each in (browser, other))  # fmt: skip
    assert other.post(address, values(name="Theirs", version=second)).status_code == 302

    response = browser.post(address, values(name="Mine", version=first))

    text = response.content.decode()
    assert response.status_code == 200
    assert "This row was changed by manager at" in text
    assert "Name: stored “Theirs”, yours “Mine”." in text
    with client_scope([acme]):
        assert Line.objects.get().name == "Theirs"
    # Having seen the difference, the same person may save.
    seen = hidden(text, "version")
    assert browser.post(address, values(name="Mine", version=seen)).status_code == 302


def test_a_save_without_a_version_is_refused(browser: Any, acme: Client) -> None:
    line = line_of(acme)
    response = browser.post(f"{LINES}{line.pk}/change/", values(name="Blind"))
    assert response.status_code == 200
    with client_scope([acme]):
        assert Line.objects.get().name == "Line L1"


def test_a_code_in_use_is_said_in_the_form(browser: Any, acme: Client) -> None:
    line_of(acme)
    response = browser.post(f"{LINES}add/", values())
    assert response.status_code == 200
    assert "This line code exists already." in response.content.decode()


def test_iso_015_a_code_of_another_client_is_free(browser: Any, acme: Client) -> None:
    assert browser.post(f"{LINES}add/", values(code="ZEBRA-1")).status_code == 302


def test_a_void_takes_a_reason_and_leaves_the_history(browser: Any, acme: Client) -> None:
    line = line_of(acme)
    address = f"{LINES}{line.pk}/void/"
    assert "Give a reason for the void." in browser.post(address, {}).content.decode()
    assert browser.post(address, {"reason": "never existed"}).status_code == 302
    assert browser.get(f"{LINES}{line.pk}/change/").status_code == 200
    with client_scope([acme]):
        assert Line.objects.count() == 0
        entry = AuditEntry.objects.get(table_name="plant_line", row_id=line.pk, action="UPDATE")
        assert (entry.reason, entry.actor_name) == ("never existed", "supervisor")
    history = browser.get(f"{LINES}{line.pk}/history/").content.decode()
    assert "never existed" in history
    assert "supervisor" in history


def test_several_rows_are_voided_at_once(browser: Any, acme: Client) -> None:
    rows = [line_of(acme, f"L{number}") for number in range(3)]
    chosen = {"action": "void_selected", "_selected_action": [row.pk for row in rows]}
    page = browser.post(LINES, chosen).content.decode()
    assert all(f'value="{row.pk}"' in page for row in rows)
    assert browser.post(LINES, {**chosen, "reason": "moved away"}).status_code == 302
    with client_scope([acme]):
        assert Line.objects.count() == 0
        assert Line.with_voided.filter(void_reason="moved away").count() == 3


def test_nobody_below_a_platform_admin_deletes(browser: Any, acme: Client) -> None:
    line = line_of(acme)
    assert browser.post(f"{LINES}{line.pk}/delete/", {"post": "yes"}).status_code == 403
    with client_scope([acme]):
        assert Line.objects.count() == 1


def test_an_operator_reads_masters_and_changes_none(
    acme: Client, member: Any, signed_in: Any
) -> None:
    line = line_of(acme)
    operator = signed_in(member(acme, role="OPERATOR"))
    page = operator.get(f"{LINES}{line.pk}/change/")
    assert page.status_code == 200
    assert "Your role in this client does not allow this change." in page.content.decode()
    assert operator.post(f"{LINES}{line.pk}/change/", values(version="1")).status_code == 403
    assert operator.post(f"{LINES}add/", values()).status_code == 403


def test_autocompletes_offer_active_rows_of_the_own_client(browser: Any, acme: Client) -> None:
    line_of(acme, "L1")
    line_of(acme, "L2-OLD", active=False)
    found = browser.get(
        "/admin/autocomplete/",
        {"term": "", "app_label": "machines", "model_name": "machine", "field_name": "line"},
    ).json()["results"]
    assert [each["text"] for each in found] == ["L1"]


def test_iso_037_what_all_clients_share_is_changed_by_platform_admins_only(
    acme: Client, platform_admin: Any, member: Any, signed_in: Any
) -> None:
    with client_scope([acme], user=platform_admin):
        shared = Target.objects.create(
            kpi_key="oee", target=90, warning=80, critical=70, valid=(date(2025, 1, 1), None)
        )
    address = f"/admin/kpis/target/{shared.pk}/change/"
    page = signed_in(member(acme, role="MANAGER")).get(address)
    assert "Platform admins change what all clients share." in page.content.decode()
    page = signed_in(platform_admin).get(address)
    assert "Platform admins change what all clients share." not in page.content.decode()
