"""One row over the API: create, change, void, verify, delete; in words when refused."""

from __future__ import annotations

import datetime
import threading
from typing import Any

import pytest
from django.db import connection

from clients.models import AuditEntry, Client, Membership, User
from clients.scope import client_scope
from machines.models import Machine
from plant.models import Employee, Line
from production.models import ProductionEntry
from tests.api.conftest import Caller

MACHINE = {"code": "m-9", "name": "Press", "line": "own-l1", "ideal_cycle_hours_per_unit": 0.02}
ENTRY = {
    "shift_date": "2026-03-05",
    "shift": "OWN-S",
    "line": "OWN-L1",
    "work_order": "OWN-WO",
    "job": "OWN-JOB",
    "machine": "OWN-M1",
    "total_units": 55,
}


def stored(model: Any, client: Client, **where: Any) -> list[Any]:
    with client_scope([client]):
        return list(model.with_voided.filter(**where).order_by("pk"))


# -- create ------------------------------------------------------------------------------------


def test_a_row_is_created_by_codes_and_read_back(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    made = supervisor.post("machines/", MACHINE)
    assert made.status_code == 201
    row = made.json()
    assert supervisor.get(f"machines/{row['id']}/").json() == row
    del row["id"], row["created_at"], row["updated_at"]
    assert row == {
        "client": "ACME",
        "code": "M-9",
        "name": "Press",
        "machine_type": "",
        "line": "OWN-L1",
        "status": "ACTIVE",
        "ideal_cycle_hours_per_unit": 0.02,
        "last_maintenance_date": None,
        "next_maintenance_date": None,
        "notes": "",
        "version": 1,
        "entry_method": "API",
    }


def test_the_history_names_the_caller_and_the_api(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    user = member(acme, role="SUPERVISOR")
    pk = caller(user).post("machines/", MACHINE).json()["id"]
    with client_scope([acme]):
        entry = AuditEntry.objects.get(table_name="machines_machine", row_id=pk)
    assert (entry.action, entry.actor_id, entry.source) == ("INSERT", user.pk, "API")


def test_one_client_fills_itself_several_have_to_be_chosen(
    own: Any, supervisor: Caller, everywhere: Caller
) -> None:
    row = {"code": "NEW", "name": "New"}
    assert supervisor.post("lines/", row).json()["client"] == "ACME"
    assert everywhere.post("lines/", row).json() == {"client": ["Choose a client."]}
    assert everywhere.post("lines/", {**row, "client": "ACME-2"}).json()["client"] == "ACME-2"
    narrowed = everywhere.post("lines/?client=ACME-2", {**row, "code": "NEW2"})
    assert narrowed.json()["client"] == "ACME-2"


def test_a_foreign_client_is_refused_like_an_unknown_one(
    acme: Client, acme_2: Client, supervisor: Caller
) -> None:
    for code in ("ACME-2", "NOBODY", "acme", "ACME%", "ACM_", "ACME'--"):
        answer = supervisor.post("lines/", {"code": "NEW", "name": "New", "client": code})
        refusal = {"client": [f"Unknown client “{code}”."]}
        assert (answer.status_code, answer.json()) == (400, refusal)
    assert stored(Line, acme) == stored(Line, acme_2) == []


def test_a_client_that_is_no_code_is_refused(acme: Client, supervisor: Caller) -> None:
    for value in (["ACME"], {"code": "ACME"}, 5, True, None, " ", ""):
        answer = supervisor.post("lines/", {"code": "NEW", "name": "New", "client": value})
        assert (answer.status_code, list(answer.json())) == (400, ["client"]), value
    assert stored(Line, acme) == []


NARROWING = {
    "client=ACME": 200,
    "client=ACME-2": 404,
    "client=NOBODY": 404,
    "client=acme": 404,
    "client=": 404,
    "client=%25": 404,
    "client=%00": 404,
    "client=ACME%27%20OR%201=1": 404,
    "client=ACME&client=ACME": 400,
    "client=ACME&client=ACME-2": 400,
}


def test_the_client_parameter_narrows_and_never_widens(
    own: Any, foreign: Any, supervisor: Caller
) -> None:
    answers = {query: supervisor.get(f"lines/?{query}") for query in NARROWING}
    assert {query: each.status_code for query, each in answers.items()} == NARROWING
    assert [query for query, each in answers.items() if b"ZEBRA" in each.content] == []
    refused = {each.content for each in answers.values() if each.status_code == 404}
    assert refused == {b'{"detail": "Not found."}'}


def test_a_foreign_code_is_refused_like_an_unknown_one(
    own: Any, foreign: Any, acme: Client, everywhere: Caller
) -> None:
    for field, what, theirs in (
        ("line", "line", "ZEBRA-L1"),
        ("shift", "shift", "ZEBRA-S"),
        ("work_order", "work order", "ZEBRA-WO"),
        ("job", "job", "ZEBRA-JOB"),
        ("machine", "machine", "ZEBRA-M1"),
    ):
        for code in (theirs, "NOWHERE-1"):
            row = {**ENTRY, "client": "ACME", field: code}
            answer = everywhere.post("production-entries/", row)
            refusal = {field: [f"Unknown {what} “{code}”."]}
            assert (answer.status_code, answer.json()) == (400, refusal)
    assert len(stored(ProductionEntry, acme)) == 1


def test_a_foreign_id_is_refused_like_an_unknown_one(
    own: Any, foreign: Any, supervisor: Caller
) -> None:
    row = {"defect_type": "OWN-D", "quantity": 1}
    for pk in (foreign["QualityInspection"].pk, 999_999, 10**30):
        answer = supervisor.post("defects/", {**row, "inspection": pk})
        assert answer.json() == {"inspection": [f"Unknown quality inspection “{pk}”."]}


def test_all_wrong_references_are_told_at_once(own: Any, supervisor: Caller) -> None:
    answer = supervisor.post("production-entries/", {**ENTRY, "line": "X", "machine": "Y"})
    assert answer.json() == {"line": ["Unknown line “X”."], "machine": ["Unknown machine “Y”."]}


def test_a_reference_is_text(own: Any, supervisor: Caller) -> None:
    for value in (True, 1.5, ["OWN-L1"], {"code": "OWN-L1"}, "\x00", ""):
        answer = supervisor.post("machines/", {**MACHINE, "line": value})
        assert (answer.status_code, list(answer.json())) == (400, ["line"]), value


def test_the_model_speaks_for_every_field(own: Any, supervisor: Caller) -> None:
    wrong = {
        "shift_date": "12/02/2025",
        "shift": "OWN-S",
        "line": "OWN-L1",
        "total_units": "many",
        "started_at": "noon",
        "run_minutes": 1.5,
    }
    answer = supervisor.post("production-entries/", wrong)
    assert answer.status_code == 400
    assert answer.json() == {
        "shift_date": ["Not a date in the form YYYY-MM-DD."],
        "total_units": ["Units must be a whole number from 0 to 1,000,000."],
        "started_at": ["Not an instant in the form YYYY-MM-DDTHH:MM, with or without an offset."],
        "run_minutes": ["Not a whole number."],
    }


RULES: list[tuple[Any, Any]] = [
    ({"total_units": -1}, {"total_units": ["Units must be a whole number from 0 to 1,000,000."]}),
    ({"shift_date": "2030-01-01"}, {"shift_date": ["A future date cannot be recorded."]}),
    (
        {"line": None, "work_order": None, "job": None, "machine": None},
        {"line": ["Give a line or a work order."]},
    ),
    (
        {"started_at": "2026-03-05T18:00"},
        {"started_at": ["18:00 is outside the shift 07:00–17:00."]},
    ),
    (
        {"operators_assigned": 2, "operators_present": 3},
        {"operators_present": ["More people are present than assigned."]},
    ),
]


def test_rules_of_the_row_are_sentences(own: Any, acme: Client, supervisor: Caller) -> None:
    for change, refusal in RULES:
        answer = supervisor.post("production-entries/", {**ENTRY, **change})
        assert (answer.status_code, answer.json()) == (400, refusal)
    assert len(stored(ProductionEntry, acme)) == 1


def test_an_instant_without_offset_is_local_time(own: Any, supervisor: Caller) -> None:
    made = supervisor.post("production-entries/", {**ENTRY, "started_at": "2026-03-05T08:00"})
    assert made.json()["started_at"] == "2026-03-05T14:00:00Z"


def test_an_hour_that_exists_twice_needs_an_offset(own: Any, supervisor: Caller) -> None:
    row = {**ENTRY, "shift_date": "2025-11-02", "captured_at": "2025-11-02T01:30"}
    answer = supervisor.post("production-entries/", row)
    assert answer.json() == {
        "captured_at": ["This hour does not exist or exists twice here. Add the offset."]
    }
    made = supervisor.post(
        "production-entries/", {**row, "captured_at": "2025-11-02T01:30:00-05:00"}
    )
    assert made.json()["captured_at"] == "2025-11-02T06:30:00Z"


def test_a_double_is_refused_in_words_and_not_with_500(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    assert supervisor.post("machines/", MACHINE).status_code == 201
    answer = supervisor.post("machines/", MACHINE)
    assert answer.status_code == 400
    assert answer.json() == {"non_field_errors": ["This machine code exists already."]}
    assert len(stored(Machine, acme, code="M-9")) == 1


def test_the_code_of_another_client_is_free_here(
    own: Any, foreign: Any, supervisor: Caller
) -> None:
    assert supervisor.post("machines/", {**MACHINE, "code": "ZEBRA-M1"}).status_code == 201


def test_misspelt_fields_are_refused(own: Any, supervisor: Caller) -> None:
    answer = supervisor.post("machines/", {**MACHINE, "nmae": "x"})
    assert answer.json() == {"nmae": ["Unknown field."]}


def test_a_body_that_is_no_row_is_refused_in_words(acme: Client, supervisor: Caller) -> None:
    for body in ("[]", "5", '"x"', "null", "{", "", "\x00", '{"a": NaN}'):
        answer = supervisor.browser.post(
            "/api/v1/machines/", body, content_type="application/json", headers=supervisor.headers
        )
        kind = answer.headers["Content-Type"]
        assert (answer.status_code, kind) == (400, "application/json"), body


def test_a_body_that_could_mean_two_things_is_refused(acme: Client, supervisor: Caller) -> None:
    for body, sentence in (
        ('{"code": "A", "name": "x", "client": "ACME", "client": "ACME-2"}', "names a field twice"),
        ("[" * 100_000, "not JSON"),
        ('{"code": "\xff"}', "not UTF-8"),
    ):
        answer = supervisor.browser.post(
            "/api/v1/lines/",
            body.encode("latin-1"),
            content_type="application/json",
            headers=supervisor.headers,
        )
        assert answer.status_code == 400
        assert sentence in answer.json()["detail"]
    assert stored(Line, acme) == []


def test_a_body_of_50_mb_is_refused_in_a_sentence(acme: Client, supervisor: Caller) -> None:
    answer = supervisor.post("lines/", {"code": "A", "name": "x" * 50 * 1024 * 1024})
    assert (answer.status_code, answer.json()) == (413, {"detail": "Send at most 10 MB at once."})
    assert stored(Line, acme) == []


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_at_once_one_is_told(member: Any, caller: Any) -> None:
    client = Client.open(code="ALPHA", name="Alpha")
    call = caller(member(client, role="SUPERVISOR"))
    pk = call.post("lines/", {"code": "L1", "name": "Line"}).json()["id"]
    gate = threading.Barrier(2, timeout=20)
    told: list[int] = []

    def write(name: str) -> None:
        gate.wait()
        told.append(call.patch(f"lines/{pk}/", {"name": name, "version": 1}).status_code)
        connection.close()

    threads = [threading.Thread(target=write, args=[name]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [200, 409]
    assert call.get(f"lines/{pk}/").json()["version"] == 2


@pytest.mark.django_db(transaction=True)
def test_a_refusal_leaves_nothing_behind(member: Any, caller: Any) -> None:
    client = Client.open(code="ALPHA", name="Alpha")
    call = caller(member(client, role="SUPERVISOR"))
    shift = {"code": "S", "name": "Shift", "start_time": "07:00", "end_time": "17:00"}
    assert call.post("lines/", {"code": "L1", "name": "Line"}).status_code == 201
    assert call.post("shifts/", shift).status_code == 201
    row = {"shift_date": "2026-03-05", "shift": "S", "line": "L1", "capture_no": 1}
    assert call.post("production-entries/", {**row, "total_units": 1}).status_code == 201
    # The first entry of a shift makes its line-shift; a refused one has to take it along.
    crowd = {"operators_assigned": 2, "operators_present": 3}
    refused = call.post(
        "production-entries/", {**row, "shift_date": "2026-03-06", "total_units": 1, **crowd}
    )
    again = call.post("production-entries/", {**row, "total_units": 2})
    assert (refused.status_code, again.status_code) == (400, 400)
    assert [each["shift_date"] for each in call.get("line-shifts/").json()["results"]] == [
        "2026-03-05"
    ]


def test_a_validity_is_two_days_both_included(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    engineer = caller(member(acme, role="ENGINEER"))
    row = {"part": "OWN-PART", "labour_hours_per_unit": 0.5, "reason": "study"}
    span = {"valid_from": "2024-01-01", "valid_to": "2024-02-29"}
    made = engineer.post("standards/", {**row, **span}).json()
    assert (made["valid_from"], made["valid_to"]) == ("2024-01-01", "2024-02-29")
    overlapping = engineer.post("standards/", {**row, "valid_from": "2024-02-29", "valid_to": None})
    assert overlapping.status_code == 400
    assert list(overlapping.json().values()) == [["Another standard is valid in this period."]]
    later = engineer.patch(
        f"standards/{made['id']}/", {"valid_to": "2024-03-31", "version": made["version"]}
    )
    assert (later.json()["valid_from"], later.json()["valid_to"]) == ("2024-01-01", "2024-03-31")


# -- change ------------------------------------------------------------------------------------


def test_a_change_carries_the_version_that_was_read(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    path = f"machines/{own['Machine'].pk}/"
    assert supervisor.patch(path, {"name": "New"}).json() == {
        "version": ["Send the version that you read."]
    }
    assert supervisor.patch(path, {"name": "New", "version": 1}).json()["version"] == 2
    assert supervisor.patch(path, {"name": "Newer"}, If_Match='"2"').json()["version"] == 3
    assert [each.name for each in stored(Machine, acme)] == ["Newer"]


def test_a_stale_save_is_refused_with_the_difference(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    path = f"machines/{own['Machine'].pk}/"
    first = supervisor.patch(path, {"name": "First", "version": 1}).json()
    answer = supervisor.patch(path, {"name": "Second", "notes": "", "version": 1})
    assert answer.status_code == 409
    told = answer.json()
    at = datetime.datetime.fromisoformat(first["updated_at"]).astimezone(acme.zone)
    who = User.objects.get(memberships__role="SUPERVISOR").username
    assert told["detail"] == (
        f"This row was changed by {who} at {at:%Y-%m-%d %H:%M}. Compare and save again."
    )
    assert told["current"] == first
    assert told["differences"] == {"name": {"yours": "Second", "current": "First"}}
    assert [each.name for each in stored(Machine, acme)] == ["First"]


def test_a_whole_row_can_be_sent_back_as_it_was_read(own: Any, supervisor: Caller) -> None:
    path = f"production-entries/{own['ProductionEntry'].pk}/"
    row = supervisor.get(path).json()
    saved = supervisor.put(path, {**row, "total_units": 321})
    assert saved.status_code == 200
    changed = {key for key, value in saved.json().items() if value != row[key]}
    assert changed == {"total_units", "version", "updated_at"}


def test_the_client_of_a_row_never_changes(
    own: Any, foreign: Any, acme: Client, everywhere: Caller
) -> None:
    path = f"machines/{own['Machine'].pk}/"
    for code in ("ACME-2", "NOBODY", None):
        answer = everywhere.patch(path, {"name": "x", "client": code, "version": 1})
        assert answer.status_code == 400
        assert list(answer.json()) == ["client"]
    same = everywhere.patch(path, {"name": "New", "client": "ACME", "version": 1})
    assert same.json()["client"] == "ACME"


def test_system_columns_cannot_be_written(own: Any, acme: Client, supervisor: Caller) -> None:
    path = f"machines/{own['Machine'].pk}/"
    row = {
        "id": 7,
        "entry_method": "QR",
        "created_at": "2020-01-01T00:00:00Z",
        "updated_at": "2020-01-01T00:00:00Z",
        "version": 1,
        "name": "New",
    }
    answer = supervisor.patch(path, row).json()
    assert (answer["id"], answer["entry_method"]) == (own["Machine"].pk, "MANUAL")
    assert min(answer["created_at"], answer["updated_at"]) > "2026"


def test_foreign_and_unknown_rows_answer_alike(
    own: Any, foreign: Any, acme: Client, acme_2: Client, platform_admin: Any, supervisor: Caller,
    caller: Any,
) -> None:  # fmt: skip
    body = {"name": "stolen", "version": 1}
    narrowed = caller(platform_admin, client=acme)
    for method, call in (
        ("get", supervisor), ("put", supervisor), ("patch", supervisor), ("delete", narrowed),
    ):  # fmt: skip
        answers = [
            call(method, f"machines/{pk}/", body if method in ("put", "patch") else None)
            for pk in (foreign["Machine"].pk, 999_999, 10**30, "abc", "0", "-1")
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert {answer.content for answer in answers} == {b'{"detail":"Not found."}'}
        assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert [each.name for each in stored(Machine, acme_2)] == ["ZEBRA machine"]


def test_roles_decide_in_the_client_of_the_row(
    own: Any, foreign: Any, acme: Client, acme_2: Client, member: Any, caller: Any
) -> None:
    user = member(acme, role="SUPERVISOR")
    Membership.objects.create(
        user=user, client=acme_2, role="VIEWER", valid=(datetime.date(2020, 1, 1), None)
    )
    call = caller(user)
    theirs = f"machines/{foreign['Machine'].pk}/"
    refused = {"detail": "Your role in this client does not allow this change."}
    assert call.get(theirs).status_code == 200
    for answer in (
        call.patch(theirs, {"name": "x", "version": 1}),
        call.post(f"{theirs}void/", {"reason": "x"}),
        call.post("machines/", {**MACHINE, "line": None, "client": "ACME-2"}),
        call.post(f"production-entries/{foreign['ProductionEntry'].pk}/verify/"),
    ):
        assert (answer.status_code, answer.json()) == (403, refused)
    assert (
        call.patch(f"machines/{own['Machine'].pk}/", {"name": "x", "version": 1}).status_code == 200
    )


def test_403_comes_before_the_look_up_where_no_role_ever_may(
    own: Any, foreign: Any, acme: Client, member: Any, caller: Any
) -> None:
    viewer = caller(member(acme, role="VIEWER"))
    answers = [
        viewer.patch(f"machines/{pk}/", {"name": "x", "version": 1})
        for pk in (own["Machine"].pk, foreign["Machine"].pk, 999_999)
    ]
    answers += [viewer.post("machines/", {"no": "row"}), viewer.post("machines/bulk/", {"a": 1})]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


def test_an_operator_changes_own_rows_of_the_day_only(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    operator = caller(member(acme, role="OPERATOR"))
    made = operator.post("production-entries/", ENTRY).json()
    mine = operator.patch(
        f"production-entries/{made['id']}/", {"total_units": 56, "version": made["version"]}
    )
    assert mine.status_code == 200
    others = operator.patch(
        f"production-entries/{own['ProductionEntry'].pk}/", {"total_units": 1, "version": 1}
    )
    assert others.status_code == 403
    assert others.json() == {
        "detail": "Operators change their own rows on the day of entry only. Ask a supervisor."
    }
    assert operator.post("machines/", MACHINE).status_code == 403


# -- void, verify, delete ----------------------------------------------------------------------


def test_a_voided_row_leaves_the_lists_and_keeps_its_reason(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    pk = own["ProductionEntry"].pk
    assert supervisor.post(f"production-entries/{pk}/void/").json() == {
        "reason": ["Give a reason for the void."]
    }
    answer = supervisor.post(f"production-entries/{pk}/void/", {"reason": "typed twice"})
    assert (answer.status_code, answer.json()["void_reason"]) == (200, "typed twice")
    assert supervisor.get(f"production-entries/{pk}/").status_code == 404
    assert supervisor.get("production-entries/").json()["results"] == []
    assert supervisor.post(f"production-entries/{pk}/void/", {"reason": "x"}).status_code == 404
    assert [each.void_reason for each in stored(ProductionEntry, acme)] == ["typed twice"]


def test_a_stale_void_is_refused(own: Any, supervisor: Caller) -> None:
    path = f"machines/{own['Machine'].pk}/"
    supervisor.patch(path, {"name": "New", "version": 1})
    assert supervisor.post(f"{path}void/", {"reason": "x", "version": 1}).status_code == 409


def test_a_second_person_verifies(own: Any, acme: Client, member: Any, caller: Any) -> None:
    author, second = (caller(member(acme, role="SUPERVISOR")) for _ in range(2))
    made = author.post("production-entries/", ENTRY).json()
    path = f"production-entries/{made['id']}/"
    assert author.post(f"{path}verify/").json() == {
        "non_field_errors": ["A second person has to verify this row."]
    }
    assert second.post(f"{path}verify/").json()["verified_at"] is not None
    assert second.post(f"{path}verify/").status_code == 400


def test_a_change_of_a_verified_row_has_a_reason_and_asks_for_a_second_person_again(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    author, second = (caller(member(acme, role="SUPERVISOR")) for _ in range(2))
    engineer = caller(member(acme, role="ENGINEER"))
    made = author.post("production-entries/", ENTRY).json()
    path = f"production-entries/{made['id']}/"
    version = second.post(f"{path}verify/").json()["version"]
    change = {"total_units": 60, "version": version}
    assert engineer.patch(path, change).json() == {
        "detail": "This row is verified. Ask a supervisor or manager."
    }
    assert author.patch(path, change).json() == {"change_reason": ["Give a reason for the change."]}
    saved = author.patch(path, {**change, "change_reason": "recounted"}).json()
    assert (saved["total_units"], saved["verified_at"]) == (60, None)
    with client_scope([acme]):
        entries = AuditEntry.objects.filter(row_id=made["id"], reason="recounted")
        assert entries.get().changes["total_units"] == [55, 60]


def test_only_platform_admins_delete(
    own: Any, acme: Client, platform_admin: Any, member: Any, caller: Any
) -> None:
    path = f"production-entries/{own['ProductionEntry'].pk}/"
    assert caller(member(acme, role="MANAGER")).delete(path).status_code == 403
    admin = caller(platform_admin)
    used = admin.delete(f"lines/{own['Line'].pk}/")
    assert (used.status_code, used.json()) == (
        409,
        {"detail": "Other rows name this one. Void it instead."},
    )
    assert admin.delete(path).status_code == 204
    assert stored(ProductionEntry, acme) == []


# -- people ------------------------------------------------------------------------------------


def test_names_and_protected_fields_by_role(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    viewer = caller(member(acme, role="VIEWER"))
    assert viewer.get("employees/").status_code == 403
    assert viewer.get("downtime-events/").json()["results"][0]["responsible"] is None
    assert viewer.get("downtime-events/?responsible=OWN-EMP").json()["results"] == []
    operator = caller(member(acme, role="OPERATOR"))
    assert operator.get("downtime-events/").json()["results"][0]["responsible"] == "OWN-EMP"
    person = operator.get("employees/?code=OWN-EMP").json()["results"][0]
    assert person["full_name"] == "OWN Person"
    assert {"phone", "email", "hire_date", "hourly_rate"} & set(person) == set()
    hr = caller(member(acme, role="SUPERVISOR", hr=True))
    assert hr.get("employees/?code=OWN-EMP").json()["results"][0]["phone"] == "OWN-555"


def test_protected_fields_are_not_written_ordered_or_filtered_without_the_flag(
    own: Any, acme: Client, supervisor: Caller
) -> None:
    row = {"code": "E-2", "full_name": "María José Núñez", "phone": "1"}
    assert supervisor.post("employees/", row).json() == {
        "phone": ["Your role does not open this field."]
    }
    assert supervisor.get("employees/?ordering=hourly_rate").status_code == 400
    assert supervisor.get("employees/?phone=1").status_code == 400
    assert stored(Employee, acme, code="E-2") == []


def test_the_pool_is_written_by_platform_admins_only(
    own: Any, acme: Client, platform_admin: Any, supervisor: Caller, caller: Any
) -> None:
    row = {"client": None, "code": "F-1", "full_name": "Floater"}
    assert supervisor.post("employees/", row).json() == {"client": ["Choose a client."]}
    made = caller(platform_admin).post("employees/", row)
    assert (made.status_code, made.json()["client"]) == (201, None)
    path = f"employees/{made.json()['id']}/"
    refused = supervisor.patch(path, {"full_name": "Mine", "version": 1})
    assert refused.status_code == 403
    assert supervisor.post(f"{path}void/", {"reason": "x"}).status_code == 403
