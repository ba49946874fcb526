"""What is computed, offered and remembered is of the own clients; work for one stays with it."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.template import engines
from django.utils import timezone

from clients.imports.bulk import write_rows
from clients.imports.undo import undo
from clients.models import AuditEntry, Client, ImportBatch, Membership
from clients.scope import NoClientScope, client_scope, every_client, has_scope
from kpi_ops.jobs import JOBS, Job, run
from kpis.engine import evaluate
from kpis.periods import Period
from plant.models import Line, LineShift
from production.models import ProductionEntry
from tests.filled import DAY, fill
from tests.plant.factories import make_job, make_order, make_part, make_standard
from tests.sweep.conftest import member
from tests.sweep.test_attacks import UPLOAD
from tests.sweep.world import MARKS, PERIOD, World, body, sent

# -- lists of clients -----------------------------------------------------------------------------


def clients_in(page: str) -> set[str]:
    """The codes to which links of the page lead."""
    return set(re.findall(r"client=([A-Z0-9-]+)", page))


def test_iso_033_iso_036_iso_041_clients_stand_side_by_side_and_are_the_own_ones(
    world: World,
) -> None:
    fill(Client.open(code="ACME-3", name="Third Hats"), "THIRD", 555_444)
    browser = world.browser_of(member("own-in-both", "MANAGER", world.acme, world.acme_2))
    page = body(browser.get(f"/?{PERIOD}"))
    assert clients_in(page) == {"ACME", "ACME-2"}
    assert [each in page for each in ("320", "987,654", "987,974", "Third")] == [
        True, True, False, False,
    ]  # fmt: skip
    # A page of one figure asks whose it shall be instead of adding them up.
    page = body(browser.get(f"/kpi/oee/?{PERIOD}"))
    assert clients_in(page) == {"ACME", "ACME-2"}
    assert "<title>Choose a client" in page
    upload = body(browser.get(UPLOAD))
    assert re.findall(r'<option value="(ACME[^"]*)"', upload) == ["ACME", "ACME-2"]
    form = body(browser.get("/admin/plant/line/add/"))
    offered = form[form.index('<select name="client"') :].partition("</select>")[0]
    assert re.findall(r'<option value="(\d+)"', offered) == [
        str(world.acme.pk), str(world.acme_2.pk),
    ]  # fmt: skip
    assert "Third Hats" not in body(browser.get("/admin/plant/line/"))


def test_iso_041_a_member_of_one_client_is_offered_no_other(world: World) -> None:
    browser = world.browser("H")
    page = body(browser.get(f"/kpi/oee/?{PERIOD}"))
    assert clients_in(page) == {"ACME"}
    for path in (UPLOAD, "/admin/plant/line/add/", "/admin/clients/importbatch/", "/entry/roster/"):
        assert not MARKS.search(body(browser.get(path))), path


def test_iso_036_iso_034_figures_of_a_foreign_client_are_not_computed(world: World) -> None:
    period = Period.days(DAY, DAY)
    with client_scope([world.acme], user=world.users["H"]):
        ids = [world.acme_2.pk]
        (foreign,) = evaluate(["total_units"], ids, period)
        (own,) = evaluate(["total_units"], [world.acme.pk], period)
        (both,) = evaluate(["total_units"], [world.acme.pk, *ids], period)
    assert (foreign.value, own.value, both.value) == (None, 320, 320)


def test_iso_035_a_standard_is_the_own_clients_although_codes_are_equal(world: World) -> None:
    with client_scope([world.acme, world.acme_2]):
        theirs = make_part(world.acme_2, code="BOOT-X")
        make_standard(world.acme_2, part=theirs, labour_hours_per_unit="0.25")
        job = make_job(
            make_order(world.acme, number="WO-X"), part=make_part(world.acme, code="BOOT-X")
        )
        row = ProductionEntry(
            client=world.acme, shift_date=DAY, shift=world.own["Shift"], line=world.own["Line"],
            work_order=job.work_order, job=job, total_units=5,
        )  # fmt: skip
        ProductionEntry.prepare([row])
    assert (row.labour_source, row.labour_hours_per_unit) == ("MISSING", None)


# -- what was kept from better days ---------------------------------------------------------------


@pytest.fixture
def former(world: World) -> Any:
    """Was a manager of both, and is one of ACME alone by now, after `leave()`."""
    user = member("own-and-former", "MANAGER", world.acme, world.acme_2)
    user.leave = lambda: Membership.objects.filter(user=user, client=world.acme_2).update(
        active=False
    )
    return user


@pytest.mark.parametrize("path", [
    f"/overview/?client=ACME-2&{PERIOD}", f"/kpi/oee/rows/?client=ACME-2&{PERIOD}&format=csv",
    "/api/v1/lines/export/?client=ACME-2", "/admin/plant/line/?client=ACME-2",
])  # fmt: skip
def test_iso_040_iso_047_a_bookmark_of_a_lost_client_opens_nothing(
    world: World, former: Any, path: str
) -> None:
    browser = world.browser_of(former)
    assert browser.get(path).status_code == 200
    former.leave()
    browser = world.browser_of(former)  # leaving has ended the session
    lost = browser.get(path)
    assert lost.status_code == 404
    assert not MARKS.search(body(lost).replace("ACME-2", ""))
    kept = browser.get(path.replace("ACME-2", "ACME"))
    assert kept.status_code == 200
    assert not MARKS.search(body(kept))


def test_iso_040_a_draft_of_a_lost_client_is_not_saved(world: World, former: Any) -> None:
    browser = world.browser_of(former)
    text = "code,name\nZEBRA-L9,Late\n"
    values = {"client": "ACME-2", "entity": "line", "text": text}
    preview = browser.post(f"{UPLOAD}?client=ACME-2", values).headers["Location"]
    assert browser.get(preview).status_code == 200
    former.leave()
    browser = world.browser_of(former)  # leaving has ended the session
    for act in ("confirm", "undo", "columns"):
        assert browser.post(preview, {"act": act}).status_code == 404
    sheet = {"client": "ACME-2", "act": "confirm"}
    assert browser.post("/entry/roster/", sheet).status_code == 404
    with client_scope([world.acme_2]):
        assert Line.objects.filter(code="ZEBRA-L9").exists() is False
        assert ImportBatch.objects.latest("created_at").state == "PREVIEW"


# -- work without a request -----------------------------------------------------------------------


def test_iso_045_work_that_names_no_client_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(NoClientScope), transaction.atomic():
        LineShift.objects.close_forgotten()
    file = tmp_path / "line.csv"
    file.write_text("code,name\nL9,Nine\n")
    for command in (
        ["import_rows", "line", str(file)],
        ["kpis", "--from", "2026-03-04", "--to", "2026-03-04"],
    ):
        with pytest.raises(CommandError, match="--client"):
            call_command(*command)
    with pytest.raises(CommandError, match="Unknown client “NOBODY”"):
        call_command("import_rows", "line", str(file), client="NOBODY")


def test_iso_045_work_that_fails_leaves_no_scope(world: World) -> None:
    with pytest.raises(ZeroDivisionError), client_scope([world.acme]), transaction.atomic():
        with client_scope([world.acme_2]):
            raise ZeroDivisionError
    assert has_scope() is False
    run(Job("import_rows", None))  # type: ignore[arg-type]
    assert has_scope() is False
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM plant_line")


def test_iso_045_iso_061_a_page_that_is_rendered_late_has_no_rows(world: World) -> None:
    """A list handed to a template is read where the template is rendered, and whose it is then."""
    template = engines["django"].from_string("{% for each in rows %}{{ each.code }}{% endfor %}")
    with client_scope([world.acme_2]):
        rows = Line.objects.order_by("code")
    with pytest.raises(NoClientScope):
        template.render({"rows": rows})
    with client_scope([world.acme]):
        assert template.render({"rows": rows}) == "OWN-L1"


def test_iso_046_work_for_one_client_takes_no_row_of_another(world: World) -> None:
    rows = [{"code": "L9", "name": "Nine"}]
    for user in (world.users["H"], None):
        refused = PermissionDenied if user else DatabaseError
        with pytest.raises(refused), client_scope([world.acme], user=user):
            write_rows("line", world.acme_2, rows, key="4a5bbd1c-0000-4000-8000-000000000001")
        with pytest.raises(ImportBatch.DoesNotExist), client_scope([world.acme], user=user):
            undo(world.foreign["ImportBatch"])
    with every_client("both are looked at"):
        assert Line.objects.filter(code="L9").exists() is False


def test_iso_046_a_command_for_one_client_knows_no_code_of_another(
    world: World, tmp_path: Path
) -> None:
    told = []
    for code in ("ZEBRA-L1", "NOWHERE-9"):
        file = tmp_path / "machine.csv"
        file.write_text(f"code,name,line\nM9,Nine,{code}\n")
        out = io.StringIO()
        with pytest.raises(SystemExit):
            call_command(
                "import_rows", "machine", str(file), client="ACME", confirm=True, stdout=out
            )
        told.append(out.getvalue().replace(code, "…"))
    assert told[0] == told[1]
    assert "Unknown line" in told[0]


def written_by_jobs(world: World) -> dict[str, list[Any]]:
    """What all jobs write, by client, without the ids that rows happen to get."""
    with every_client("what is new is looked at"):
        last = AuditEntry.objects.latest("pk").pk
    for job in JOBS:
        run(job)
    found: dict[str, list[Any]] = {"ACME": [], "ACME-2": []}
    with every_client("what is new is looked at"):
        for each in AuditEntry.objects.filter(pk__gt=last).order_by("pk"):
            values = {name: pair for name, pair in each.changes.items() if name != "id"}
            code = "ACME" if each.client_id == world.acme.pk else "ACME-2"
            found[code].append((each.table_name, each.action, values, each.reason))
    return found


def test_iso_045_iso_048_what_jobs_write_for_a_client_comes_of_its_rows_alone(
    world: World,
) -> None:
    """Of every job that there is, and of those to come."""
    with time_machine.travel(timezone.now(), tick=False):
        with transaction.atomic():
            before = written_by_jobs(world)
            transaction.set_rollback(True)
        world.void_the_foreign()
        after = written_by_jobs(world)
    tables = {(table, action) for table, action, *_ in before["ACME"]}
    assert tables == {
        ("plant_lineshift", "INSERT"), ("plant_lineshift", "UPDATE"), ("plant_workorder", "UPDATE"),
    }  # fmt: skip
    assert before["ACME"] == after["ACME"]
    assert len(before["ACME-2"]) > len(after["ACME-2"]) == 0
    assert not MARKS.search(repr(before["ACME"]))


# -- ways past the manager ------------------------------------------------------------------------


def copied(statement: str) -> str:
    with connection.cursor() as cursor, cursor.copy(statement) as file:
        return b"".join(bytes(part) for part in file).decode()


def test_iso_052_a_copy_holds_own_rows_only(world: World) -> None:
    for client, mark in ((world.acme, "OWN"), (world.acme_2, "ZEBRA")):
        with client_scope([client]):
            assert copied("COPY plant_line (code) TO STDOUT") == f"{mark}-L1\n"
    with pytest.raises(psycopg.Error), transaction.atomic():
        copied("COPY plant_line (code) TO STDOUT")


def test_iso_053_no_copy_writes_past_the_wall(world: World) -> None:
    with client_scope([world.acme]), pytest.raises(psycopg.Error, match="row-level security"):
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy("COPY plant_line (client_id, code, name) FROM STDIN") as file:
                file.write(f"{world.acme_2.pk}\tL9\tNine\n")


def test_iso_054_a_view_of_the_owner_shows_no_more(world: World) -> None:
    """Should one ever be made: the wall stands before the owner too."""
    with client_scope([world.acme]), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE kpi_owner")
        cursor.execute("CREATE VIEW lines_of_all AS SELECT client_id, code FROM plant_line")
        cursor.execute("GRANT SELECT ON lines_of_all TO kpi_app")
        cursor.execute("SET LOCAL ROLE kpi_app")
        cursor.execute("SELECT code FROM lines_of_all")
        assert cursor.fetchall() == [("OWN-L1",)]


def test_iso_052_after_a_refusal_nothing_of_the_scope_is_left(world: World) -> None:
    """The savepoint of a refused call is taken back; the next person has the own scope again."""
    ours, theirs = world.browser("H"), world.browser("Z")
    for _ in range(2):
        assert sent(ours, "post", "/api/v1/lines/", {"code": "x y"}).status_code == 400
        codes = [row["code"] for row in theirs.get("/api/v1/lines/").json()["results"]]
        assert codes == ["ZEBRA-L1"]
        assert ours.get("/api/v1/lines/40000000/").status_code == 404
        assert has_scope() is False
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM plant_line")
