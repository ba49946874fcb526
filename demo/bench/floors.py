"""The least that each page could do: SQL by hand on the same connection, and plain rendering.

Whoever is signed in, the scope and the commit are the same as in the product; models, forms,
rules, templates and charts are missing.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

SCOPE = """SELECT set_config('kpi.clients', %s, true), set_config('kpi.platform', 'off', true),
    set_config('kpi.actor', %s, true), set_config('kpi.actor_name', '', true),
    set_config('kpi.source', '', true), set_config('kpi.reason', '', true)"""

# Sums by one or two columns; {by} is among our own names, never a value.
TIME = """
SELECT {by}, sum(planned_minutes) FROM plant_lineshift
 WHERE client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
   AND voided_at IS NULL AND state <> 'NOT_PLANNED'
   AND id IN (SELECT line_shift_id FROM production_productionentry
               WHERE client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
                 AND voided_at IS NULL
               UNION SELECT line_shift_id FROM downtime_downtimeevent
               WHERE client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
                 AND voided_at IS NULL)
 GROUP BY {by}"""
STOPS = """
SELECT {by}, sum(lost_line_minutes) FILTER (WHERE treatment = 'LOSS'),
       sum(lost_line_minutes) FILTER (WHERE treatment = 'LEAVES_PLAN'),
       sum(lost_line_minutes) FILTER (WHERE reason_id IS NULL), count(*)
  FROM downtime_downtimeevent
 WHERE client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
   AND voided_at IS NULL GROUP BY {by}"""
OUTPUT = """
SELECT {by}, sum(total_units), sum(total_units * cycle_hours_per_unit),
       sum(total_units * labour_hours_per_unit), min(cycle_confidence), count(*)
  FROM production_productionentry
 WHERE client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
   AND voided_at IS NULL AND operation_id IS NULL GROUP BY {by}"""
QUALITY = """
SELECT {by}, sum(units_inspected), sum(units_passed), sum(units_defective), sum(units_rework),
       sum(units_repair), sum(units_scrapped), sum(defects_total),
       sum(units_inspected * opportunities_per_unit), sum(units_inspected * cycle_hours_per_unit),
       sum(units_passed * cycle_hours_per_unit)
  FROM quality_qualityinspection
 WHERE client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
   AND voided_at IS NULL AND stage = 'FINAL' AND is_first_pass GROUP BY {by}"""
SUMS = (TIME, STOPS, OUTPUT, QUALITY)

REASONS = """
SELECT reason.code, sum(lost_line_minutes), count(*) FROM downtime_downtimeevent AS stop
  LEFT JOIN downtime_downtimereason AS reason
    ON reason.id = stop.reason_id AND reason.client_id = stop.client_id
 WHERE stop.client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
   AND stop.voided_at IS NULL AND treatment = 'LOSS' GROUP BY 1 ORDER BY 2 DESC"""
DEFECTS = """
SELECT kind.code, sum(quantity) FROM quality_defect AS defect
  JOIN quality_qualityinspection AS inspection
    ON inspection.id = defect.inspection_id AND inspection.client_id = defect.client_id
  JOIN quality_defecttype AS kind
    ON kind.id = defect.defect_type_id AND kind.client_id = defect.client_id
 WHERE defect.client_id = ANY(%(clients)s) AND shift_date BETWEEN %(first)s AND %(last)s
   AND defect.voided_at IS NULL AND stage = 'FINAL' AND is_first_pass GROUP BY 1 ORDER BY 2 DESC"""
AGREED = """
SELECT kpi_key, target, warning, critical FROM kpis_target
 WHERE (client_id IS NULL OR client_id = ANY(%(clients)s)) AND voided_at IS NULL
UNION ALL SELECT key, NULL, NULL, NULL FROM kpis_assumption
 WHERE client_id = ANY(%(clients)s) AND status = 'APPROVED' AND voided_at IS NULL"""

LIST = """
SELECT made.id, made.shift_date, shift.code, line.code, machine.code, wo.number, job.code,
       operation.code, made.total_units, made.run_minutes, made.verified_at, made.version
  FROM production_productionentry AS made
  JOIN plant_shift AS shift ON shift.id = made.shift_id AND shift.client_id = made.client_id
  LEFT JOIN plant_line AS line ON line.id = made.line_id AND line.client_id = made.client_id
  LEFT JOIN machines_machine AS machine
    ON machine.id = made.machine_id AND machine.client_id = made.client_id
  LEFT JOIN plant_workorder AS wo ON wo.id = made.work_order_id AND wo.client_id = made.client_id
  LEFT JOIN plant_job AS job ON job.id = made.job_id AND job.client_id = made.client_id
  LEFT JOIN plant_operation AS operation
    ON operation.id = made.operation_id AND operation.client_id = made.client_id
 WHERE made.client_id = %s AND made.voided_at IS NULL {behind}
 ORDER BY made.shift_date DESC, made.id DESC LIMIT 100"""
BEHIND = "AND (made.shift_date, made.id) < (%s, %s)"
COUNT = "SELECT count(*) FROM production_productionentry WHERE client_id = %s AND voided_at IS NULL"

INSERT = """
INSERT INTO production_productionentry (client_id, shift_date, shift_id, line_id, work_order_id,
       job_id, line_shift_id, capture_no, total_units, run_minutes, labour_hours_per_unit,
       cycle_hours_per_unit, labour_source, cycle_source, labour_confidence, cycle_confidence,
       notes, entry_method, version, created_at, updated_at)
SELECT %s, shift_date, shift, line, wo, job, place, %s, units, minutes, 0.025, 0.0025, 'PART',
       'PART', 1, 1, '', 'FILE', 1, now(), now()
  FROM unnest(%s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
              %s::int[], %s::int[])
    AS row (shift_date, shift, line, wo, job, place, units, minutes)
RETURNING id"""
TAKEN = """
SELECT line_id, work_order_id, job_id, shift_date, shift_id FROM production_productionentry
 WHERE client_id = %s AND shift_date = ANY(%s) AND capture_no = %s AND voided_at IS NULL"""

ASSIGNED = """
SELECT employee_id, line_id FROM plant_lineassignment
 WHERE client_id = %s AND voided_at IS NULL AND is_primary AND valid @> %s::date
   AND (shift_id IS NULL OR shift_id = %s)"""
MARKED = """
SELECT employee_id FROM attendance_attendancerecord
 WHERE client_id = %s AND shift_date = %s AND shift_id = %s AND voided_at IS NULL"""
MARK = """
INSERT INTO attendance_attendancerecord (client_id, shift_date, shift_id, employee_id, line_id,
       engagement, presence, scheduled_hours, actual_hours, is_late, is_early_departure,
       labour_class_override, notes, entry_method, version, created_at, updated_at)
SELECT %s, %s, %s, employee, line, 'ASSIGNED', 'PRESENT', 9, 9, false, false, '', '', 'MANUAL', 1,
       now(), now()
  FROM unnest(%s::bigint[], %s::bigint[]) AS row (employee, line)
RETURNING id"""

# Tables and the columns of their codes, in the order of the names in a file.
CODES = (
    ("plant_line", "code"),
    ("plant_shift", "code"),
    ("plant_workorder", "number"),
    ("plant_job", "code"),
)
NAMED = ("line", "shift", "work_order", "job")


@dataclass(frozen=True)
class Visitor:
    """Whose request it would be."""

    user: int
    session: str
    clients: list[int]


class Page:
    """One request: who it is, the scope, some queries, the session, the commit."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def __enter__(self) -> Page:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.cursor = connection.cursor()
        session, user = self.visitor.session, self.visitor.user
        self.rows("SELECT * FROM django_session WHERE session_key = %s", [session])
        self.rows("SELECT * FROM clients_user WHERE id = %s", [user])
        self.rows("SELECT client_id, role FROM clients_membership WHERE user_id = %s", [user])
        ids = ",".join(map(str, self.visitor.clients))
        self.rows(SCOPE, [f"{{{ids}}}", str(user)])
        return self

    def __exit__(self, *error: Any) -> None:
        self.cursor.execute(
            "UPDATE django_session SET expire_date = now() + interval '2 hours'"
            " WHERE session_key = %s",
            [self.visitor.session],
        )
        self.cursor.close()
        self.atomic.__exit__(*error)

    def rows(self, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        self.cursor.execute(sql, values)
        return list(self.cursor.fetchall())


def between(clients: list[int], first: datetime.date, last: datetime.date) -> dict[str, Any]:
    return {"clients": clients, "first": first, "last": last}


def table(rows: Iterable[Iterable[Any]]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


def overview(visitor: Visitor, first: datetime.date, last: datetime.date) -> str:
    """Ninety days and the ninety before, by line and day: tiles, trend, lines and heat map."""
    before = first - (last - first) - datetime.timedelta(days=1)
    with Page(visitor) as page:
        ids = visitor.clients
        found = [
            page.rows("SELECT id, code, name FROM plant_line WHERE client_id = ANY(%s)", [ids])
        ]
        for sums in SUMS:
            by = sums.format(by="line_id, shift_date")
            found.append(page.rows(by, between(ids, before, last)))
        found += [page.rows(sql, between(ids, first, last)) for sql in (REASONS, DEFECTS)]
        found.append(page.rows(AGREED, {"clients": ids}))
        return "".join(table(rows) for rows in found)


def portfolio(visitor: Visitor, first: datetime.date, last: datetime.date) -> str:
    before = first - (last - first) - datetime.timedelta(days=1)
    with Page(visitor) as page:
        ids = visitor.clients
        found = [page.rows("SELECT id, code, name FROM clients_client WHERE id = ANY(%s)", [ids])]
        for sums in SUMS:
            by = sums.format(by="client_id, shift_date")
            found.append(page.rows(by, between(ids, before, last)))
        found.append(page.rows(AGREED, {"clients": ids}))
        return "".join(table(rows) for rows in found)


def list_page(visitor: Visitor) -> str:
    with Page(visitor) as page:
        page.rows(COUNT, visitor.clients)
        return table(page.rows(LIST.format(behind=""), visitor.clients))


def api_list(visitor: Visitor, behind: tuple[Any, Any] | None = None) -> str:
    with Page(visitor) as page:
        sql = LIST.format(behind=BEHIND if behind else "")
        rows = page.rows(sql, [*visitor.clients, *(behind or ())])
        return json.dumps(rows, default=str)


def import_rows(visitor: Visitor, content: bytes, capture_no: int) -> int:
    """Read, look up, compare with what is stored, write in one statement."""
    (client,) = visitor.clients
    read = list(csv.DictReader(io.StringIO(content.decode())))
    with Page(visitor) as page:
        lines, shifts, orders, jobs = (
            dict(page.rows(f"SELECT {code}, id FROM {name} WHERE client_id = %s", [client]))  # noqa: S608
            for name, code in CODES
        )
        days = sorted({datetime.date.fromisoformat(row["shift_date"]) for row in read})
        places = {
            (line, shift, day): place
            for line, shift, day, place in page.rows(
                "SELECT line_id, shift_id, shift_date, id FROM plant_lineshift"
                " WHERE client_id = %s AND shift_date = ANY(%s)",
                [client, days],
            )
        }
        taken = set(page.rows(TAKEN, [client, days, capture_no]))
        columns: list[list[Any]] = [[] for _ in range(8)]
        for row in read:
            day = datetime.date.fromisoformat(row["shift_date"])
            line, shift = lines[row["line"]], shifts[row["shift"]]
            order, job = orders[row["work_order"]], jobs[row["job"]]
            if (line, order, job, day, shift) in taken:
                continue
            values = (
                day, shift, line, order, job, places[line, shift, day],
                int(row["total_units"]), int(row["run_minutes"]),
            )  # fmt: skip
            for column, value in zip(columns, values, strict=True):
                column.append(value)
        return len(page.rows(INSERT, [client, capture_no, *columns]))


def create_row(visitor: Visitor, row: dict[str, Any], capture_no: int) -> str:
    (client,) = visitor.clients
    with Page(visitor) as page:
        ids = [
            page.rows(f"SELECT id FROM {name} WHERE client_id = %s AND {code} = %s", [client, each])  # noqa: S608
            for (name, code), each in zip(CODES, (row[name] for name in NAMED), strict=True)
        ]
        line, shift, order, job = (found[0][0] for found in ids)
        ((place,),) = page.rows(
            "SELECT id FROM plant_lineshift WHERE client_id = %s AND line_id = %s"
            " AND shift_id = %s AND shift_date = %s",
            [client, line, shift, row["shift_date"]],
        )
        day = datetime.date.fromisoformat(row["shift_date"])
        values = (day, shift, line, order, job, place, row["total_units"], row["run_minutes"])
        ((pk,),) = page.rows(INSERT, [client, capture_no, *([each] for each in values)])
        return json.dumps({"id": pk, **row})


def mark_everybody(visitor: Visitor, shift: int, day: datetime.date) -> int:
    """Who is assigned, who is marked already, and everybody else in one statement."""
    (client,) = visitor.clients
    with Page(visitor) as page:
        assigned = page.rows(ASSIGNED, [client, day, shift])
        marked = {person for (person,) in page.rows(MARKED, [client, day, shift])}
        people = [(person, line) for person, line in assigned if person not in marked]
        columns = [list(column) for column in zip(*people, strict=True)]
        return len(page.rows(MARK, [client, day, shift, *columns]))
