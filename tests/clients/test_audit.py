"""The audit: append-only for everybody, a list for platform admins, a history for members."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import python_calamine
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.audit_list import AuditQuestion
from clients.models import AuditEntry, Client, User
from clients.scope import client_scope, every_client
from plant.models import Line
from tests.plant.factories import make_employee, make_line
from tests.standing import standing

LIST = "/admin/clients/auditentry/"
VERBS = [
    "UPDATE clients_auditentry SET reason = 'x'",
    "DELETE FROM clients_auditentry",
    "TRUNCATE clients_auditentry",
]


@pytest.fixture
def admin(platform_admin: User, signed_in: Any) -> Browser:
    return signed_in(platform_admin)


@standing
def lines(acme: Client, acme_2: Client) -> tuple[Line, Line]:
    """A line of each client, the first one renamed for a reason."""
    with client_scope([acme, acme_2]):
        return make_line(acme, code="BOOT-1", name="Boots"), make_line(acme_2, code="SOCK-1")


def found(browser: Browser, **asked: Any) -> list[str]:
    """Object and what was done, as the page lists them."""
    shown = browser.get(LIST, asked).context["lines"]
    return [f"{line['kind']} {line['entry'].action}" for line in shown]


# -- append-only -----------------------------------------------------------------------------


@pytest.mark.parametrize("statement", VERBS)
def test_ac_22_the_web_role_cannot_change_the_audit(
    lines: Any, acme: Client, statement: str
) -> None:
    with client_scope([acme]), pytest.raises(DatabaseError, match="permission denied"):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def owner_of_the_schema() -> psycopg.Connection[Any]:
    owner = settings.OWNER_DATABASE or connection.settings_dict
    asked = {"dbname": connection.settings_dict["NAME"], "user": owner["USER"]}
    more = {"host": owner["HOST"], "port": owner["PORT"], "password": owner["PASSWORD"]}
    return psycopg.connect(**asked, **{key: value for key, value in more.items() if value})


@pytest.mark.parametrize("statement", VERBS)
def test_ac_22_neither_can_the_owner_of_the_schema(db: None, statement: str) -> None:
    with owner_of_the_schema() as owner:
        role = owner.execute("SELECT tableowner = current_user FROM pg_tables"
                             " WHERE tablename = 'clients_auditentry'").fetchone()  # fmt: skip
        assert role == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            owner.execute(statement)
        owner.rollback()


@pytest.mark.parametrize("letter", ["manager", "platform"])
def test_ac_22_no_page_changes_or_deletes_an_entry(
    lines: Any, acme: Client, member: Any, admin: Browser, signed_in: Any, letter: str
) -> None:
    browser = admin if letter == "platform" else signed_in(member(acme, role="MANAGER", hr=True))
    with client_scope([acme]):
        entry = AuditEntry.objects.filter(table_name="plant_line").get()
    for path in (f"{LIST}add/", f"{LIST}{entry.pk}/change/", f"{LIST}{entry.pk}/delete/"):
        assert browser.post(path, {"reason": "x", "post": "yes"}).status_code == 403, path
    chosen = {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"}
    assert browser.post(LIST, chosen).status_code == (200 if letter == "platform" else 403)
    with client_scope([acme]):
        assert AuditEntry.objects.filter(table_name="plant_line").get().reason == ""


# -- the list of platform admins -------------------------------------------------------------


@pytest.mark.parametrize("role", ["VIEWER", "OPERATOR", "SUPERVISOR", "MANAGER", "ENGINEER"])
def test_ac_22_iso_039_the_audit_is_open_to_platform_admins_only(
    lines: Any, acme: Client, member: Any, signed_in: Any, role: str
) -> None:
    flags = {} if role == "VIEWER" else {"hr": True, "quality": True}
    browser = signed_in(member(acme, role=role, **flags))
    with client_scope([acme]):
        own = AuditEntry.objects.filter(table_name="plant_line").get().pk
    for path in ("", "export.csv", f"{own}/change/", f"{own}/history/", "99999999/change/"):
        assert browser.get(f"{LIST}{path}").status_code == 403, path


def test_the_list_is_filtered_and_searched(
    lines: tuple[Line, Line], acme: Client, member: Any, admin: Browser
) -> None:
    boots, _ = lines
    renamer = member(acme, username="renamer")
    with client_scope([acme], user=renamer, source="MANUAL"):
        Line.objects.filter(pk=boots.pk).update(name="Boots 100%")
    both = ["line UPDATE", "line INSERT"]
    assert found(admin, table="plant_line") == ["line UPDATE", "line INSERT", "line INSERT"]
    assert found(admin, table="plant_line", of="ACME") == both
    assert found(admin, table="plant_line", client="ACME") == both
    assert found(admin, table="plant_line", action="UPDATE") == ["line UPDATE"]
    assert found(admin, user="renamer") == ["line UPDATE"]
    assert found(admin, table="plant_line", source="MANUAL") == ["line UPDATE"]
    assert found(admin, table="plant_line", q="boots") == both
    assert found(admin, table="plant_line", q="100%") == ["line UPDATE"]
    assert found(admin, table="plant_line", q="b__ts") == []
    assert found(admin, table="plant_line", q="boots\x00") == []
    assert found(admin, table="plant_line", of="ACME", q=str(boots.pk)) == both
    assert found(admin, table="plant_line", last="2020-01-31") == []
    assert found(admin, table="plant_line", first="2020-01-01", of="ACME") == both


def test_the_list_has_what_belongs_to_no_client_for_platform_admins(
    lines: Any, admin: Browser, member: Any
) -> None:
    newcomer = member(username="newcomer")
    assert found(admin, of="none", q="newcomer") == ["user INSERT"]
    page = admin.get(LIST, {"of": "none", "q": "newcomer"}).content.decode()
    assert newcomer.password not in page
    assert "*** → ***" in page
    assert found(admin, client="ACME", q="newcomer") == []


@pytest.mark.parametrize(
    "asked", [{"of": "NOBODY"}, {"table": "pg_authid"}, {"first": "yesterday"},
              {"first": "2026-02-02", "last": "2026-02-01"}],
)  # fmt: skip
def test_filters_that_are_not_right_find_nothing_and_say_so(
    lines: Any, admin: Browser, asked: dict[str, str]
) -> None:
    page = admin.get(LIST, asked)
    assert (page.status_code, page.context["lines"]) == (200, [])
    assert "errorlist" in page.content.decode()
    assert admin.get(f"{LIST}export.csv", asked).status_code == 302


def test_an_entry_names_what_it_refers_to(
    lines: tuple[Line, Line], acme: Client, admin: Browser
) -> None:
    boots, _ = lines
    with client_scope([acme]):
        entry = AuditEntry.objects.filter(table_name="plant_line", row_id=boots.pk).get()
    page = admin.get(f"{LIST}{entry.pk}/change/").content.decode()
    assert "BOOT-1" in page
    assert f"/admin/plant/line/{boots.pk}/history/" in page
    assert admin.get(f"{LIST}{entry.pk}/history/").headers["Location"].endswith("/change/")


def test_the_file_holds_what_the_list_is_filtered_by(lines: Any, admin: Browser) -> None:
    asked = {"table": "plant_line", "of": "ACME"}
    answer = admin.get(f"{LIST}export.csv", asked)
    assert "attachment" in answer.headers["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["client"], row["action"], row["object"]) for row in rows] == [
        ("ACME", "created", "line")
    ]
    assert "name: – → Boots" in rows[0]["changes"]
    content = b"".join(admin.get(f"{LIST}export.xlsx", asked))
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    told = book.get_sheet_by_name("entries").to_python()
    assert [row[1] for row in told] == ["client", "ACME"]


# -- however many there are ------------------------------------------------------------------


def plans(browser: Browser, **asked: Any) -> tuple[int, str]:
    """How many statements the page takes, and how PostgreSQL finds its entries."""
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(LIST, asked).status_code == 200
    return len(queries), "\n".join(each["sql"] for each in queries)


def test_pages_of_the_list_go_on_where_the_last_one_ended(
    lines: tuple[Line, Line], acme: Client, admin: Browser
) -> None:
    boots, _ = lines
    with client_scope([acme]):
        for number in range(104):
            Line.objects.filter(pk=boots.pk).update(name=f"Boots {number}")
    asked = {"table": "plant_line", "of": "ACME"}
    first = admin.get(LIST, asked)
    second = admin.get(f"{LIST}?{first.context['older']}")
    shown = [line["entry"].pk for page in (first, second) for line in page.context["lines"]]
    assert (len(first.context["lines"]), len(second.context["lines"])) == (100, 5)
    assert shown == sorted(set(shown), reverse=True)
    assert second.context["older"] == ""


def test_the_list_never_counts_and_costs_the_same_with_one_entry_and_with_many(
    lines: tuple[Line, Line], acme: Client, admin: Browser
) -> None:
    admin.get(LIST)
    few, said = plans(admin, table="plant_line")
    with client_scope([acme]):
        for number in range(150):
            Line.objects.filter(pk=lines[0].pk).update(name=f"Boots {number}")
    assert plans(admin, table="plant_line")[0] == few
    assert "COUNT(" not in said.upper()
    assert " LIMIT 101" in said


def as_owner_in_this_transaction(*statements: str) -> None:
    """What the web role may not do, seen by the test alone and gone with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        for each in statements:
            cursor.execute(each)
        cursor.execute("SET LOCAL ROLE kpi_app")


@pytest.mark.parametrize(
    ("asked", "index"), [({}, "clients_audit_newest"), ({"of": "ACME"}, "clients_audit_recent")]
)
def test_the_newest_of_many_entries_come_from_an_index(
    lines: Any, acme: Client, acme_2: Client, admin: Browser, asked: Any, index: str
) -> None:
    as_owner_in_this_transaction(
        "INSERT INTO clients_auditentry (occurred_at, actor_name, client_id, table_name, row_id,"
        " action, changes, reason, source) SELECT now() - n * interval '1 minute', 'loader',"
        f" CASE WHEN n % 50 = 0 THEN {acme.pk} ELSE {acme_2.pk} END, 'plant_line', n, 'INSERT',"
        " '{\"name\": [null, \"many\"]}', '', 'FILE' FROM generate_series(1, 20000) AS n",
        "ANALYZE clients_auditentry",
    )
    with every_client("the plan of a page of the audit"):
        question = AuditQuestion(asked, [acme, acme_2])
        assert question.is_valid()
        plan = question.entries()[:101].explain()
    assert (index in plan, "Seq Scan" in plan) == (True, False), plan
    assert len(admin.get(LIST, asked).context["lines"]) == 100


# -- the history of members ------------------------------------------------------------------


def history(browser: Browser, kind: str, key: int, **asked: Any) -> Any:
    return browser.get(f"/api/v1/{kind}/{key}/history/", asked)


def test_a_viewer_reads_the_history_of_a_row(
    lines: tuple[Line, Line], acme: Client, member: Any, signed_in: Any
) -> None:
    boots, socks = lines
    renamer = member(acme, username="renamer")
    with client_scope([acme], user=renamer, source="FILE"):
        Line.objects.filter(pk=boots.pk).update(name="Shoes", stations=12)
    browser = signed_in(member(acme, role="VIEWER"))
    told = history(browser, "lines", boots.pk).json()
    assert told["older"] is None
    newest, oldest = told["entries"]
    assert {key: newest[key] for key in ("actor", "action", "reason", "source")} == {
        "actor": "renamer", "action": "changed", "reason": "", "source": "file",
    }  # fmt: skip
    assert {"field": "name", "old": "Boots", "new": "Shoes"} in newest["changes"]
    assert {"field": "code", "old": "–", "new": "BOOT-1"} in oldest["changes"]
    assert history(browser, "lines", socks.pk).status_code == 404
    assert history(browser, "lines", boots.pk, q="x").status_code == 400


def test_the_history_of_the_api_says_what_the_row_says(
    acme: Client, member: Callable[..., User], signed_in: Any
) -> None:
    """Protected fields are in no history of somebody without the flag, in the API as in pages."""
    with client_scope([acme]):
        person = make_employee(acme, code="EMP-1", phone="+52 868 123")
    plain = history(signed_in(member(acme)), "employees", person.pk).json()["entries"]
    trusted = history(signed_in(member(acme, hr=True)), "employees", person.pk).json()["entries"]
    assert "phone" not in {each["field"] for each in plain[0]["changes"]}
    assert {"field": "phone", "old": "–", "new": "+52 868 123"} in trusted[0]["changes"]
    assert (
        history(signed_in(member(acme, role="VIEWER")), "employees", person.pk).status_code == 403
    )


def test_iso_039_a_deleted_row_keeps_its_history_inside_the_client(
    lines: tuple[Line, Line], acme: Client, acme_2: Client, member: Any, signed_in: Any
) -> None:
    boots, _ = lines
    path = f"/admin/plant/line/{boots.pk}/history/"
    with client_scope([acme]):
        Line.objects.get(pk=boots.pk).delete()
    page = signed_in(member(acme)).get(path)
    assert [each.action for each in page.context["history"].entries] == ["deleted", "created"]
    assert "Boots" in page.content.decode()
    foreign = signed_in(member(acme_2))
    assert foreign.get(path).status_code == 404
    looking = member(acme_2)
    looking.memberships.create(client=acme, role="VIEWER", valid=("2020-01-01", None))
    assert signed_in(looking).get(path).status_code == 404


def test_a_deleted_person_keeps_what_was_protected(
    acme: Client, member: Any, signed_in: Any
) -> None:
    with client_scope([acme]):
        person = make_employee(acme, code="EMP-1", phone="+52 868 123")
        path = f"/admin/plant/employee/{person.pk}/history/"
        person.delete()
    assert "+52 868 123" not in signed_in(member(acme)).get(path).content.decode()
    assert "+52 868 123" in signed_in(member(acme, hr=True)).get(path).content.decode()


def test_a_long_history_is_read_page_by_page(
    lines: tuple[Line, Line], acme: Client, member: Any, signed_in: Any
) -> None:
    boots, _ = lines
    with client_scope([acme]):
        for number in range(120):
            Line.objects.filter(pk=boots.pk).update(name=f"Boots {number}")
    browser = signed_in(member(acme))
    first = history(browser, "lines", boots.pk).json()
    second = history(browser, "lines", boots.pk, before=first["older"]).json()
    assert (len(first["entries"]), len(second["entries"]), second["older"]) == (100, 21, None)
    page = browser.get(f"/admin/plant/line/{boots.pk}/history/")
    assert f"?before={first['older']}" in page.content.decode()


def test_the_pool_and_people_who_sign_in_have_a_history_for_platform_admins(
    acme: Client, member: Any, admin: Browser, signed_in: Any
) -> None:
    with every_client("the pool is shared by all clients"):
        floater = make_employee(None, code="EMP-9", phone="+52 868 999")
    path = f"/admin/plant/employee/{floater.pk}/history/"
    assert "+52 868 999" in admin.get(path).content.decode()
    assert "+52 868 999" not in signed_in(member(acme, hr=True)).get(path).content.decode()
    newcomer = member(username="newcomer")
    page = admin.get(f"/admin/clients/user/{newcomer.pk}/history/").content.decode()
    assert "newcomer@example.com" in page
    assert newcomer.password not in page


# -- clients that are no longer served -------------------------------------------------------


def test_iso_058_the_code_of_a_client_is_never_used_again(
    acme: Client, admin: Browser, acme_2: Client
) -> None:
    Client.unscoped.filter(pk=acme.pk).update(active=False)
    page = admin.get("/admin/clients/client/add/")
    assert page.status_code == 200
    made = {"code": "ACME", "name": "Somebody else", "client_type": "PIECE", "active": "on"}
    answer = admin.post("/admin/clients/client/add/", made)
    assert "A client with this code exists." in answer.content.decode()
    assert (
        admin.post(f"/admin/clients/client/{acme.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    with every_client("the code of a client is not changed either"):
        page = admin.get(f"/admin/clients/client/{acme.pk}/change/")
    assert "code" not in page.context["adminform"].form.fields
