"""Who may correct which row, and when that needs a reason: state × person, through the API."""

from __future__ import annotations

from typing import Any

import pytest

from clients.models import AuditEntry
from clients.scope import client_scope
from tests.verification.conftest import KINDS, World, tomorrow

GIVE = {"change_reason": ["Give a reason for the change."]}
# Letter → answers to a change without a reason, with one, and to a void (always with one).
# O is the author; "O next" the author on the next day; P another operator.
OPEN = {
    "O": (200, 200, 200),
    "O next": (403, 403, 403),
    "P": (403, 403, 403),
    "V": (403, 403, 403),
    "S": (200, 200, 200),
    "M": (200, 200, 200),
    "E": (200, 200, 200),
    "A": (200, 200, 200),
}
CLOSED = {
    "O": (400, 200, 200),
    "O next": (403, 403, 403),
    "P": (403, 403, 403),
    "V": (403, 403, 403),
    "S": (400, 200, 200),
    "M": (400, 200, 200),
    "E": (400, 200, 200),
    "A": (400, 200, 200),
}
VERIFIED = {
    "O": (403, 403, 403),
    "O next": (403, 403, 403),
    "P": (403, 403, 403),
    "V": (403, 403, 403),
    "S": (400, 200, 200),
    "M": (400, 200, 200),
    "E": (403, 403, 403),
    "A": (400, 200, 200),
}


def answers(world: World, who: str, row: Any) -> tuple[int, int, int]:
    caller, path = world.caller(who[0]), f"production-entries/{row.pk}/"
    plain = caller.patch(path, {"total_units": 181, "version": row.version})
    version = world.stored(row).version
    reasoned = caller.patch(
        path, {"total_units": 182, "version": version, "change_reason": "counted again"}
    )
    voided = caller.post(f"{path}void/", {"reason": "typed twice"})
    return plain.status_code, reasoned.status_code, voided.status_code


@pytest.mark.parametrize(
    ("state", "expected"), [("open", OPEN), ("closed", CLOSED), ("verified", VERIFIED)]
)
def test_who_corrects_a_row(world: World, state: str, expected: dict[str, Any]) -> None:
    make, _change = KINDS["production-entries"]
    found = {}
    for who in expected:
        row = world.written(make, state="verified" if state == "verified" else "open")
        if state == "closed" and not world.place().is_closed:
            with client_scope([world.client], user=world.people["A"]):
                world.place().close(by=world.people["A"])
        if who == "O next":
            with tomorrow():
                found[who] = answers(world, who, row)
        else:
            found[who] = answers(world, who, row)
    assert found == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", ["closed", "verified"])
def test_a_correction_has_a_reason_and_asks_for_a_second_person_again(
    world: World, kind: str, state: str
) -> None:
    make, change = KINDS[kind]
    row = world.written(make, state=state)
    caller, path = world.caller("S"), f"{kind}/{row.pk}/"
    refused = caller.patch(path, {**change, "version": row.version})
    assert (refused.status_code, refused.json()) == (400, GIVE)
    given = {**change, "version": row.version, "change_reason": "seen with the line leader"}
    saved = caller.patch(path, given)
    assert (saved.status_code, saved.json()["verified_at"]) == (200, None)
    assert saved.json()["version"] == world.stored(row).version
    with client_scope([world.client]):
        entry = AuditEntry.objects.filter(row_id=row.pk, table_name=row._meta.db_table).first()
        assert entry is not None
        assert (entry.reason, entry.actor_name) == ("seen with the line leader", "supervisor-s")


@pytest.mark.parametrize("kind", KINDS)
def test_a_void_always_has_a_reason(world: World, kind: str) -> None:
    make, _change = KINDS[kind]
    row = world.written(make)
    path = f"{kind}/{row.pk}/void/"
    assert world.caller("S").post(path, {}).status_code == 400
    assert world.caller("S").post(path, {"reason": " "}).status_code == 400
    assert world.caller("S").post(path, {"reason": "typed twice"}).status_code == 200


# -- verifying -----------------------------------------------------------------------------------

VERIFIERS = {
    "production-entries": {"V": 403, "P": 403, "S": 200, "M": 200, "E": 403, "A": 200},
    "downtime-events": {"V": 403, "P": 403, "S": 200, "M": 200, "E": 403, "A": 200},
    "quality-inspections": {"V": 403, "P": 403, "S": 200, "M": 200, "E": 403, "A": 200},
    "attendance-records": {"V": 403, "P": 403, "S": 200, "M": 200, "E": 403, "A": 200},
}


@pytest.mark.parametrize("kind", VERIFIERS)
def test_who_verifies(world: World, kind: str) -> None:
    make, _change = KINDS[kind]
    found = {}
    for letter in VERIFIERS[kind]:
        row = world.written(make)
        found[letter] = world.caller(letter).post(f"{kind}/{row.pk}/verify/").status_code
    assert found == VERIFIERS[kind]


@pytest.mark.parametrize(
    ("flag", "kind", "expected"),
    [
        ("quality", "quality-inspections", 200),
        ("quality", "attendance-records", 403),
        ("hr", "attendance-records", 200),
        ("hr", "quality-inspections", 403),
        ("quality", "production-entries", 403),
    ],
)
def test_a_flag_opens_its_own_rows(
    world: World, member: Any, flag: str, kind: str, expected: int
) -> None:
    world.people["F"] = member(world.client, role="OPERATOR", username="flagged", **{flag: True})
    make, _change = KINDS[kind]
    row = world.written(make)
    assert world.caller("F").post(f"{kind}/{row.pk}/verify/").status_code == expected


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_verifies_an_own_row(world: World, kind: str) -> None:
    make, _change = KINDS[kind]
    row = world.written(make, by="S")
    answer = world.caller("S").post(f"{kind}/{row.pk}/verify/")
    said = {"non_field_errors": ["A second person has to verify this row."]}
    assert (answer.status_code, answer.json()) == (400, said)
    assert world.stored(row).verified_at is None


def test_a_row_is_verified_once(world: World) -> None:
    make, _change = KINDS["production-entries"]
    row = world.written(make, state="verified")
    answer = world.caller("S").post(f"production-entries/{row.pk}/verify/")
    assert answer.json() == {"non_field_errors": ["This row is verified already."]}


def test_many_are_judged_one_by_one(world: World) -> None:
    make, _change = KINDS["production-entries"]
    rows = [world.written(make), world.written(make, by="S"), world.written(make)]
    ids = [row.pk for row in rows]
    answer = world.caller("S").post("production-entries/verify/", {"ids": ids})
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "verified": [ids[0], ids[2]],
            "refused": [{"id": ids[1], "reason": "A second person has to verify this row."}],
        },
    )
    assert [world.stored(row).verified_at is not None for row in rows] == [True, False, True]
    assert world.stored(rows[0]).verified_by == world.people["S"]


def test_with_a_foreign_or_unknown_id_none_is_verified(world: World, acme_2: Any) -> None:
    make, _change = KINDS["production-entries"]
    row = world.written(make)
    with client_scope([acme_2]):
        foreign = type(row).objects.get().pk
    answers = [
        world.caller("S").post("production-entries/verify/", {"ids": [row.pk, other]})
        for other in (foreign, 9_999_999)
    ]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert world.stored(row).verified_at is None


@pytest.mark.parametrize("verb", ["verify/", "void/", ""])
def test_a_foreign_row_is_like_an_unknown_one(world: World, acme_2: Any, verb: str) -> None:
    from production.models import ProductionEntry

    with client_scope([acme_2]):
        foreign = ProductionEntry.objects.get().pk
    caller, body = world.caller("S"), {"reason": "x"}
    answers = [
        caller.post(f"production-entries/{pk}/{verb}", body)
        if verb
        else caller.patch(f"production-entries/{pk}/", {"total_units": 1, "version": 1})
        for pk in (foreign, 9_999_999)
    ]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].content == answers[1].content
