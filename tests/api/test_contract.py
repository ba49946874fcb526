"""Every address of the API does what its description says: found by introspection."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from clients.fields import EmployeeForeignKey
from clients.models import Client
from clients.views import ClientViewSet, VerifiedViewSet
from tests.api.conftest import Caller, list_views
from tests.staffing.factories import make_floater

VIEWS = {key: view for key, view in list_views().items() if issubclass(view, ClientViewSet)}
WRITABLE = {key: view for key, view in VIEWS.items() if "post" in view.http_method_names}
NUMBERS = {
    "DecimalField", "IntegerField", "PositiveIntegerField", "PositiveSmallIntegerField",
    "BigAutoField",
}  # fmt: skip
EXPECTED = {
    "production-entries", "downtime-events", "downtime-reasons", "quality-inspections", "defects",
    "defect-types", "machines", "lines", "shifts", "shift-breaks", "calendar-days", "line-shifts",
    "operations", "styles", "style-operations", "parts", "standards", "work-orders", "jobs",
    "shipments", "employees", "line-assignments", "absence-types", "attendance-records",
    "shift-coverages", "staffing-requirements", "wip-holds", "hold-reasons",
}  # fmt: skip


@pytest.fixture
def acme(db: None) -> Client:
    make_floater("EMP-015")
    return Client.open(code="ACME", name="Acme Boots", defect_template="TEXTILE")


@pytest.fixture
def acme_2(db: None) -> Client:
    return Client.open(code="ACME-2", name="Zebra Socks Ltd", defect_template="TEXTILE")


@pytest.fixture
def writer(acme: Client, platform_admin: Any, caller: Any) -> Caller:
    return caller(platform_admin, client=acme)


@pytest.fixture
def manager(acme: Client, member: Any, caller: Any) -> Caller:
    return caller(member(acme, role="MANAGER", hr=True))


def as_read(value: Any) -> Any:
    return f"{value}:00" if isinstance(value, str) and value[2:3] == ":" == value[-3] else value


def one_by_one(call: Caller, prefix: str, row: dict[str, Any]) -> Any:
    answer = call.post(f"{prefix}/", row)
    return answer.json()["id"] if answer.status_code == 201 else answer.content.decode()


def in_bulk(call: Caller, prefix: str, row: dict[str, Any]) -> Any:
    if "inspection" in row:
        # As in files, where an inspection is found by what it is about.
        place = {"shift_date": "2025-12-02", "shift": "1ST", "line": "L1"}
        row = {**{key: row[key] for key in row if key != "inspection"}, **place}
    headers = {"Idempotency_Key": str(uuid.uuid4())}
    first = call.post(f"{prefix}/bulk/", {"rows": [row]}, **headers)
    if first.status_code != 201:
        return first.content.decode()
    again = call.post(f"{prefix}/bulk/", {"rows": [row]}, **headers)
    assert (again.status_code, again.json()) == (200, first.json()), prefix
    return first.json()["ids"][0]


def post_examples(call: Caller, post: Any = one_by_one) -> dict[str, tuple[Any, Any]]:
    """Post what the descriptions give as examples, each after those that it names."""
    made: dict[str, tuple[Any, Any]] = {}
    waiting, refusals = dict(WRITABLE), {}
    while waiting:
        before = len(waiting)
        for prefix, view in list(waiting.items()):
            row = dict(view.example)
            if "inspection" in row and "quality-inspections" in made:
                row["inspection"] = made["quality-inspections"][1]["id"]
            done = post(call, prefix, row)
            if isinstance(done, int):
                made[prefix] = row, call.get(f"{prefix}/{done}/").json()
                del waiting[prefix]
            else:
                refusals[prefix] = done
        assert len(waiting) < before, {key: refusals[key] for key in waiting}
    return made


def test_the_addresses_of_the_contract_exist() -> None:
    assert set(WRITABLE) >= EXPECTED


def test_the_example_of_every_address_is_accepted_and_read_back(
    writer: Caller, acme: Client, manager: Caller
) -> None:
    for prefix, (sent, row) in post_examples(writer).items():
        read = manager.get(f"{prefix}/{row['id']}/")
        assert read.json() == row, prefix
        assert {key: row[key] for key in sent} == {k: as_read(v) for k, v in sent.items()}, prefix
        assert row["id"] in [each["id"] for each in manager.get(f"{prefix}/").json()["results"]]


def test_every_row_can_be_sent_back_and_voided(writer: Caller) -> None:
    for prefix, (_, row) in reversed(post_examples(writer).items()):
        path = f"{prefix}/{row['id']}/"
        fresh = writer.get(path).json()
        saved = writer.put(path, fresh)
        assert saved.status_code == 200, (prefix, saved.content)
        assert saved.json()["version"] == fresh["version"] + 1, prefix
        assert writer.put(path, fresh).status_code == 409, prefix
        assert writer.post(f"{path}void/", {"reason": "a test"}).status_code == 200, prefix
        assert writer.get(path).status_code == 404, prefix


def test_bulk_writes_what_single_calls_write(
    writer: Caller, acme_2: Client, platform_admin: Any, caller: Any
) -> None:
    own_to_each = {"id", "client", "created_at", "updated_at", "inspection", "version"}
    own_to_each |= {"proposed_at", "approved_at"}
    single = post_examples(writer)
    # A floater is in one place at a time: free again for the other client.
    sent = single["shift-coverages"][1]["id"]
    assert writer.post(f"shift-coverages/{sent}/void/", {"reason": "a test"}).status_code == 200
    bulk = post_examples(caller(platform_admin, client=acme_2), in_bulk)
    for prefix, (_, row) in single.items():
        other = bulk[prefix][1]
        assert other["client"] == "ACME-2"
        assert {k: v for k, v in other.items() if k not in own_to_each} == {
            k: v for k, v in row.items() if k not in own_to_each
        }, prefix


def test_nobody_and_people_without_client_are_refused_everywhere(
    db: None, member: Any, caller: Any
) -> None:
    nobody, stranger = Browser(), caller(member())
    for prefix in VIEWS:
        assert nobody.get(f"/api/v1/{prefix}/").status_code == 401, prefix
        assert nobody.post(f"/api/v1/{prefix}/", {}).status_code == 401, prefix
        assert stranger.get(f"{prefix}/").status_code == 403, prefix


def test_a_viewer_writes_nothing(own: Any, acme: Client, member: Any, caller: Any) -> None:
    viewer = caller(member(acme, role="VIEWER"))
    for prefix, view in WRITABLE.items():
        path = f"{prefix}/{own[view.queryset.model.__name__].pk}/"
        answers = [
            viewer.post(f"{prefix}/", view.example),
            viewer.post(f"{prefix}/bulk/", {"rows": [view.example]}),
            viewer.put(path, view.example),
            viewer.patch(path, {"version": 1}),
            viewer.post(f"{path}void/", {"reason": "x"}),
            viewer.delete(path),
        ]
        if issubclass(view, VerifiedViewSet):
            answers.append(viewer.post(f"{path}verify/"))
        assert [answer.status_code for answer in answers] == [403] * len(answers), prefix


def test_a_foreign_row_is_as_unknown_as_none(
    own: Any, foreign: Any, acme: Client, platform_admin: Any, caller: Any
) -> None:
    # The widest role there is, narrowed to the own client.
    call = caller(platform_admin, client=acme)
    for prefix, view in WRITABLE.items():
        contents = set()
        for pk in (foreign[view.queryset.model.__name__].pk, 999_999):
            path = f"{prefix}/{pk}/"
            answers = [
                call.get(path),
                call.put(path, {"version": 1}),
                call.patch(path, {"version": 1}),
                call.post(f"{path}void/", {"reason": "x"}),
                call.delete(path),
            ]
            if issubclass(view, VerifiedViewSet):
                answers.append(call.post(f"{path}verify/"))
            assert [answer.status_code for answer in answers] == [404] * len(answers), prefix
            contents |= {answer.content for answer in answers}
        assert contents == {b'{"detail":"Not found."}'}, prefix


def filters_of(view: Any) -> list[str]:
    return sorted(view.filterset_class.base_filters) if view.filterset_class else []


def test_every_filter_answers_and_shows_nothing_foreign(
    own: Any, foreign: Any, manager: Caller
) -> None:
    words = ["ZEBRA-L1", "%25", "_", "'%20OR%201=1", "1", "2026-03-04", "true"]
    asked = 0
    for prefix, view in VIEWS.items():
        for name in filters_of(view):
            for word in words:
                answer = manager.get(f"{prefix}/?{name}={word}")
                if answer.status_code != 200:
                    # A word that the filter cannot read is said at the filter, and nowhere else.
                    told = (answer.status_code, list(answer.json()))
                    assert told == (400, [name]), (prefix, name, word)
                    continue
                asked += 1
                assert b"ZEBRA" not in answer.content, (prefix, name, word)
                assert b"ACME-2" not in answer.content, (prefix, name, word)
    assert asked > 300


def test_every_ordering_answers_in_both_directions_and_page_by_page(
    own: Any, foreign: Any, manager: Caller
) -> None:
    for prefix, view in VIEWS.items():
        for key in view.ordering_fields:
            for sign in ("", "-"):
                answer = manager.get(f"{prefix}/?ordering={sign}{key}&page_size=1")
                assert answer.status_code == 200, (prefix, key)
                following = answer.json()["next"]
                if following:
                    second = manager.get(following.partition("/api/v1/")[2])
                    assert second.status_code == 200, (prefix, key)
                    assert second.json()["results"] != answer.json()["results"], (prefix, key)
                    assert b"ZEBRA" not in second.content, (prefix, key)


def test_lists_hold_own_rows_with_numbers_as_numbers(
    own: Any, foreign: Any, manager: Caller
) -> None:
    internal = {"password", "batch", "void_reason", "client_id", "created_by"}
    for prefix, view in VIEWS.items():
        answer = manager.get(f"{prefix}/?page_size=200")
        rows = answer.json()["results"]
        assert rows, f"{prefix} has nothing to show, so this proves nothing"
        assert b"ZEBRA" not in answer.content, prefix
        kinds = {each.name: each.get_internal_type() for each in view.queryset.model._meta.fields}
        for row in rows:
            assert internal & set(row) == set(), prefix
            for name, value in row.items():
                if value is not None and kinds.get(name) in NUMBERS:
                    assert isinstance(value, int | float), (prefix, name)


def test_names_of_people_are_for_operators_and_above(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    viewer = caller(member(acme, role="VIEWER"))
    naming = {
        (prefix, field.name)
        for prefix, view in VIEWS.items()
        for field in view.queryset.model._meta.fields
        if isinstance(field, EmployeeForeignKey)
    }
    assert naming >= {("downtime-events", "responsible"), ("quality-inspections", "inspector")}
    for prefix in VIEWS:
        answer = viewer.get(f"{prefix}/")
        assert b"OWN-EMP" not in answer.content, prefix
        assert b"OWN Person" not in answer.content, prefix
