"""Catalogue, figures, targets and assumptions over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from clients.models import Client, User
from clients.scope import client_scope
from kpis.engine import evaluate
from kpis.models import Assumption
from kpis.periods import Period
from kpis.registry import catalogue
from plant.models import Line
from tests.kpis.factories import make_inspection, make_stop
from tests.kpis.test_contract import propose
from tests.plant.factories import make_line
from tests.production.factories import Floor, make_entry, make_floor
from tests.standing import standing

Member = Callable[..., User]
SignIn = Callable[[User], Browser]
DAY = {"from": "2025-12-02", "to": "2025-12-02"}


@standing
def floors(acme: Client, acme_2: Client) -> dict[str, Floor]:
    made = {}
    for client, units in ((acme, 320), (acme_2, 777)):
        with client_scope([client]):
            made[client.code] = floor = make_floor(client)
            make_entry(floor, total_units=units)
            make_stop(floor, 54, "SETUP_CHANGEOVER")
            make_inspection(floor, 320, 304, 16)
    return made


@pytest.fixture
def viewer(floors: Any, acme: Client, member: Member, signed_in: SignIn) -> Browser:
    return signed_in(member(acme, role="VIEWER"))


def answer(browser: Browser, key: str, **asked: Any) -> Any:
    response = browser.get(f"/api/v1/kpis/{key}/", {**DAY, **asked})
    assert response.status_code == 200, response.content
    return response.json()


def test_the_catalogue_lists_every_kpi(viewer: Browser) -> None:
    listed = viewer.get("/api/v1/kpis/").json()

    public = [each.key for each in catalogue.kpis() if each.right is None]
    assert [each["key"] for each in listed] == public
    (fpy,) = [each for each in listed if each["key"] == "fpy"]
    assert (fpy["unit"], fpy["direction"], fpy["iso_formula"]) == (
        "%", "up", "GP ÷ IP (first pass yield)",
    )  # fmt: skip


def test_a_figure_of_the_own_client_only(viewer: Browser) -> None:
    (found,) = answer(viewer, "total_units")

    assert (found["value"], found["by"], found["unit"]) == (320, None, "units")


def test_numbers_are_numbers_and_no_value_is_null(viewer: Browser) -> None:
    (fpy,), (mttr,) = answer(viewer, "fpy"), answer(viewer, "mttr")

    assert (fpy["value"], fpy["numerator"], fpy["denominator"]) == (95, 304, 320)
    assert (mttr["value"], mttr["reason"]) == (None, "No failure was recorded.")


def test_a_union_and_each_client_of_a_member_of_both(
    floors: Any, acme: Client, acme_2: Client, member: Member, signed_in: SignIn
) -> None:
    browser = signed_in(member(acme, acme_2, role="MANAGER"))

    assert answer(browser, "total_units")[0]["value"] == 1097
    assert answer(browser, "total_units", client="ACME-2")[0]["value"] == 777
    by_client = answer(browser, "total_units", by="client")
    assert [(each["by"], each["value"]) for each in by_client] == [("ACME", 320), ("ACME-2", 777)]


@pytest.mark.parametrize("code", ["ACME-2", "NOBODY", "%", "acme"])
def test_a_foreign_client_is_an_unknown_one(viewer: Browser, code: str) -> None:
    response = viewer.get("/api/v1/kpis/fpy/", {**DAY, "client": code})

    assert (response.status_code, response.json()) == (404, {"detail": "Not found."})


def test_an_unknown_kpi_is_not_found(viewer: Browser) -> None:
    assert viewer.get("/api/v1/kpis/luck/").status_code == 404


def test_filters_by_code(viewer: Browser, floors: dict[str, Floor]) -> None:
    mine, theirs = floors["ACME"].line.code, floors["ACME-2"].line.code

    assert answer(viewer, "total_units", line=mine)[0]["value"] == 320
    for code in (theirs, "NOWHERE", mine.lower(), "%"):
        refused = viewer.get("/api/v1/kpis/total_units/", {**DAY, "line": code})
        told = {"detail": [f"Unknown line “{code}”."]}
        assert (refused.status_code, refused.json()) == (400, told)


def test_a_group_is_what_its_code_asks_for(viewer: Browser, floors: dict[str, Floor]) -> None:
    """Also the group of what names no order, and that of a line which is void by now."""
    acme = floors["ACME"].client
    with client_scope([acme]):
        gone = make_line(acme, code="GONE")
        make_entry(floors["ACME"], line=gone, work_order=None, job=None, total_units=11)
        Line.objects.filter(pk=gone.pk).update(voided_at=timezone.now(), void_reason="rebuilt")
    for dimension in ("line", "work_order"):
        groups = answer(viewer, "total_units", by=dimension)
        assert sorted(each["value"] for each in groups) == [11, 320]
        for each in groups:
            asked = {dimension: each["by"] or "-"}
            assert answer(viewer, "total_units", **asked)[0]["value"] == each["value"], asked
    number = floors["ACME"].order.number
    assert answer(viewer, "total_units", order=number, work_order="-")[0]["value"] == 331
    page = viewer.get("/kpi/total_units/", {**DAY, "order": "-", "work_order": number})
    assert "331 units" in page.content.decode().replace("\u00a0", " ")


def test_a_line_that_was_made_anew_is_one_with_the_void_one(
    viewer: Browser, floors: dict[str, Floor]
) -> None:
    acme = floors["ACME"].client
    code = floors["ACME"].line.code
    with client_scope([acme]):
        Line.objects.filter(code=code).update(voided_at=timezone.now(), void_reason="typo")
        anew = make_line(acme, code=code)
        make_entry(floors["ACME"], line=anew, total_units=11)
        day = Period.days(*[date(2025, 12, 2)] * 2)
        (figure,) = evaluate(["total_units"], [acme], day, by="line")
        assert figure.by[0].value == anew.pk
    (line,) = answer(viewer, "total_units", by="line")
    assert (line["by"], line["value"]) == (code, 331)
    assert answer(viewer, "total_units", line=code)[0]["value"] == 331


def test_groups_of_several_clients_say_whose_they_are(
    floors: Any, acme: Client, acme_2: Client, member: Member, signed_in: SignIn
) -> None:
    both = signed_in(member(acme, acme_2, role="MANAGER"))
    code = "SAME"
    for client in (acme, acme_2):
        with client_scope([client]):
            Line.objects.update(code=code)

    def told(by: str, **asked: str) -> list[tuple[Any, ...]]:
        groups = answer(both, "total_units", by=by, **asked)
        return [(each["by"], each["client"], each["value"]) for each in groups]

    assert told("line") == [(code, "ACME", 320), (code, "ACME-2", 777)]
    assert told("day,line") == [
        (["2025-12-02", code], "ACME", 320), (["2025-12-02", code], "ACME-2", 777),
    ]  # fmt: skip
    assert told("day") == [("2025-12-02", None, 1097)]
    assert told("line", client="ACME") == [(code, None, 320)]


def test_truth_is_asked_for_as_json_and_as_figures_write_it(viewer: Browser) -> None:
    told = {
        code: answer(viewer, "lost_minutes", planned=code)[0]["value"]
        for code in ("true", "True", "false", "False")
    }
    assert told == {"true": 54, "True": 54, "false": None, "False": None}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"from": "02/12/2025"}, "“02/12/2025” is not a date in the form YYYY-MM-DD."),
        ({"from": "2025-12-03"}, "The last day must not be before the first."),
        ({"from": "2020-12-03"}, "Choose at most three years."),
        ({"by": "moon"}, "Unknown dimension “moon”."),
        ({"by": "reason"}, "First-pass yield is not known by reason."),
        ({"by": "day,line,shift"}, "Choose one or two different dimensions."),
        ({"reason": "-"}, "First-pass yield is not known by reason."),
    ],
)
def test_refusals_are_sentences(viewer: Browser, asked: dict[str, str], sentence: str) -> None:
    response = viewer.get("/api/v1/kpis/fpy/", {**DAY, **asked})

    assert (response.status_code, response.json()) == (400, {"detail": [sentence]})


def test_a_misspelt_parameter_is_refused(viewer: Browser) -> None:
    assert viewer.get("/api/v1/kpis/fpy/", {"form": "2025-12-02"}).status_code == 400
    assert viewer.get("/api/v1/kpis/", {"form": "2025-12-02"}).status_code == 400


@pytest.mark.django_db
def test_nobody_asks_without_signing_in() -> None:
    assert Browser().get("/api/v1/kpis/").status_code == 401


# -- the contract ------------------------------------------------------------------------------


@pytest.fixture
def proposal(acme: Client, member: Member) -> Assumption:
    engineer = member(acme, role="ENGINEER", username="proposer")
    with client_scope([acme], user=engineer):
        return propose(acme)


def test_a_manager_approves(
    acme: Client, proposal: Assumption, member: Member, signed_in: SignIn
) -> None:
    manager = signed_in(member(acme, role="MANAGER"))

    response = manager.post(f"/api/v1/assumptions/{proposal.pk}/approve/")

    assert response.status_code == 200, response.content
    assert response.json()["status"] == "APPROVED"
    again = manager.post(f"/api/v1/assumptions/{proposal.pk}/approve/")
    assert again.status_code == 400
    retired = manager.post(f"/api/v1/assumptions/{proposal.pk}/retire/")
    assert retired.json()["status"] == "RETIRED"


def test_an_engineer_proposes_and_may_not_approve(
    acme: Client, proposal: Assumption, signed_in: SignIn
) -> None:
    engineer = signed_in(User.objects.get(username="proposer"))
    sent = {
        "key": "ppm_base", "value": "PRODUCED", "rationale": "full final inspection",
        "valid_from": acme.today().isoformat(),
    }  # fmt: skip

    created = engineer.post("/api/v1/assumptions/", sent, content_type="application/json")

    assert created.status_code == 201, created.content
    assert created.json()["status"] == "PROPOSED"
    approve = engineer.post(f"/api/v1/assumptions/{proposal.pk}/approve/")
    assert approve.status_code == 403
    withdrawn = engineer.post(f"/api/v1/assumptions/{proposal.pk}/withdraw/")
    assert withdrawn.json()["status"] == "RETIRED"


def test_a_refusal_needs_a_reason(
    acme: Client, proposal: Assumption, member: Member, signed_in: SignIn
) -> None:
    manager = signed_in(member(acme, role="MANAGER"))
    address = f"/api/v1/assumptions/{proposal.pk}/refuse/"

    bare = manager.post(address, {}, content_type="application/json")
    reasoned = manager.post(address, {"reason": "not agreed"}, content_type="application/json")

    assert (bare.status_code, bare.json()) == (
        400, {"reason": ["Give a reason for the refusal."]},
    )  # fmt: skip
    assert reasoned.json()["status"] == "RETIRED"


def test_a_foreign_proposal_is_not_found(
    proposal: Assumption, acme_2: Client, member: Member, signed_in: SignIn
) -> None:
    manager = signed_in(member(acme_2, role="MANAGER"))

    assert manager.post(f"/api/v1/assumptions/{proposal.pk}/approve/").status_code == 404


def test_a_target_is_set_over_the_api(acme: Client, member: Member, signed_in: SignIn) -> None:
    manager = signed_in(member(acme, role="MANAGER"))
    sent = {
        "kpi_key": "fpy", "target": 96, "warning": 92, "critical": 88, "valid_from": "2026-01-01",
    }  # fmt: skip

    created = manager.post("/api/v1/targets/", sent, content_type="application/json")
    wrong = manager.post(
        "/api/v1/targets/", {**sent, "target": 80, "valid_from": "2027-01-01"},
        content_type="application/json",
    )  # fmt: skip

    assert (created.status_code, created.json()["target"]) == (201, 96)
    assert wrong.status_code == 400
    assert "Order the values: target, warning, critical." in str(wrong.json())


# -- the admin ---------------------------------------------------------------------------------


def test_the_admin_shows_both_rules_and_approves(
    acme: Client, proposal: Assumption, member: Member, signed_in: SignIn
) -> None:
    manager = signed_in(member(acme, role="MANAGER"))

    form = manager.get(f"/admin/kpis/assumption/{proposal.pk}/change/")
    assert form.status_code == 200
    assert "No figure of the last 30 days would change." in form.content.decode()

    chosen = {"action": "approve", "_selected_action": [proposal.pk]}
    manager.post("/admin/kpis/assumption/", chosen, follow=True)
    with client_scope([acme]):
        assert Assumption.objects.get(pk=proposal.pk).status == "APPROVED"


def test_the_admin_says_why_it_refuses(
    acme: Client, proposal: Assumption, member: Member, signed_in: SignIn
) -> None:
    manager = signed_in(member(acme, role="MANAGER"))

    chosen = {"action": "refuse", "_selected_action": [proposal.pk]}
    page = manager.post("/admin/kpis/assumption/", chosen, follow=True)

    assert "Give a reason for the refusal." in page.content.decode()


def test_targets_in_the_admin(acme: Client, member: Member, signed_in: SignIn) -> None:
    manager = signed_in(member(acme, role="MANAGER"))
    typed = {
        "kpi_key": "fpy", "target": "96", "warning": "92", "critical": "88",
        "valid_0": "2026-01-01", "valid_1": "", "opened_for": "ACME",
    }  # fmt: skip

    page = manager.post("/admin/kpis/target/add/", typed, follow=True)

    assert page.status_code == 200
    assert "2026-01-01" in manager.get("/admin/kpis/target/").content.decode()
