"""Defences of the walls between clients."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

WALLS = "tests/clients/test_walls.py"
ACCESS = "tests/clients/test_access.py"
ISOLATION = "tests/test_isolation.py"
ORDINARY = f"{ISOLATION}::test_no_reference_between_client_rows_is_an_ordinary_one"
SAID = f"{ISOLATION}::test_iso_011_a_form_says_the_same_of_foreign_and_of_unknown"
MANAGERS = "clients/managers.py"
SCOPE = "clients/scope.py"
MIDDLEWARE = "clients/middleware.py"
FIELDS = "clients/fields.py"

WALL_1 = (
    Mutant(
        "the condition of the manager", WALLS, MANAGERS,
        "rows = super().get_queryset().filter(self.condition(self.column))",
        "rows = super().get_queryset()",
    ),
    Mutant(
        "the condition of shared tables",
        f"{ISOLATION}::test_wall_1_alone_keeps_foreign_rows_out", MANAGERS,
        "rows without a client.\"\"\"\n\n    def as_sql(self, compiler: Any, connection: Any, "
        "**extra: Any) -> tuple[str, list[Any]]:\n",
        'rows without a client."""\n\n    def as_sql(self, *_: Any) -> tuple[str, list[Any]]:\n'
        '        return "TRUE", []\n\n    def told(self, compiler: Any, connection: Any, '
        "**extra: Any) -> Any:\n",
    ),
    Mutant(
        "voided rows left out", f"{WALLS}::test_voided_rows_leave_the_default_manager", MANAGERS,
        "return rows.filter(voided_at__isnull=True)", "return rows",
    ),
    Mutant(
        "the setting put back on leaving a scope", WALLS, SCOPE,
        "            _tell_database(outer)", "            pass",
    ),
    Mutant(
        "the scope reset before the commit", WALLS, SCOPE,
        "scope of its own.\n                _current.reset(token)",
        "scope of its own.\n                pass",
    ),
    Mutant(
        "a reason for all clients", f"{WALLS}::test_every_client_needs_a_reason", SCOPE,
        "if not reason.strip():", "if False:",
    ),
)  # fmt: skip

WHOSE = (
    Mutant(
        "the period of a membership", ACCESS, SCOPE,
        "for each in held if each.valid_today()}", "for each in held}",
    ),
    Mutant(
        "inactive clients", ACCESS, "clients/backends.py",
        "if membership is not None and client is not None and client.active:",
        "if membership is not None and client is not None:",
    ),
    Mutant(
        "inactive users", "tests/clients/test_signed_in.py", "clients/backends.py",
        "people = User.objects.filter(is_active=True)", "people = User.objects.all()",
    ),
    Mutant(
        "the code in client=", ACCESS, MIDDLEWARE,
        "return next((client for client in own if client.code == code), None)",
        "return next(own, None)",
    ),
    Mutant(
        "a repeated client=", ACCESS, MIDDLEWARE,
        'if len(request.GET.getlist("client")) > 1:', "if False:",
    ),
    Mutant(
        "pages kept by no browser", ACCESS, MIDDLEWARE,
        'response.headers["Cache-Control"] = "private, no-store"', "pass",
    ),
    Mutant(
        "the narrowed scope", ACCESS, SCOPE,
        "return replace(self, ids=self.ids & {client_id})", "return self",
    ),
    Mutant(
        "the role in the client of the row", ACCESS, SCOPE,
        "if key in self.ids and client_id in (None, key)", "if key in self.ids",
    ),
    Mutant(
        "a right in every client of the scope",
        "tests/dashboards/test_people.py::test_over_several_clients_the_weakest_role_decides",
        "kpis/rights.py", "return all(scope.may(right, each) for each in scope.ids)",
        "return any(scope.may(right, each) for each in scope.ids)",
    ),
)  # fmt: skip

WALL_2 = (
    Mutant(
        "one sentence for foreign and unknown", SAID, FIELDS,
        "            raise self.unknown(value)\n",
        '            raise ValidationError("Foreign." if known else "Unknown.")\n',
    ),
    Mutant(
        "the client of a target", SAID, FIELDS,
        "return target.client_id == row.client_id", "return True",
    ),
    Mutant(
        "people of the client and of the pool", SAID, FIELDS,
        "return target.client_id is None or super().accepts(target, row)", "return True",
    ),
    Mutant(
        "the client in every join", WALLS, FIELDS,
        "return Exact(far.get_col(alias), near.get_col(related_alias))", "return None",
    ),
)  # fmt: skip

REFERENCES = (
    Mutant(
        "the inspection of a defect", ORDINARY, "quality/models.py",
        'inspection = ClientForeignKey(\n        "quality.QualityInspection", ',
        'inspection = models.ForeignKey(\n        "quality.QualityInspection", models.PROTECT, ',
    ),
    Mutant(
        "the order of a job", ORDINARY, "plant/models/jobs.py",
        'work_order = ClientForeignKey("plant.WorkOrder", ',
        'work_order = models.ForeignKey("plant.WorkOrder", models.PROTECT, ',
    ),
    Mutant(
        "the person of an attendance", ORDINARY, "attendance/models/records.py",
        "employee = EmployeeForeignKey(",
        'employee = models.ForeignKey("plant.Employee", models.PROTECT, ',
    ),
    Mutant(
        "the key that carries the client",
        f"{ISOLATION}::test_iso_020_the_key_of_the_database_carries_the_client",
        sql="""DO $$ BEGIN EXECUTE (
            SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
              FROM pg_constraint WHERE conrelid = 'plant_job'::regclass AND contype = 'f'
               AND pg_get_constraintdef(oid) LIKE '%(client_id, work_order_id)%'); END $$""",
    ),
    Mutant(
        "own people and those of the pool",
        f"{ISOLATION}::test_iso_011_the_database_refuses_a_foreign_target",
        sql="ALTER TABLE attendance_attendancerecord DISABLE TRIGGER kpi_own_employee_id",
    ),
)  # fmt: skip

WALL_3 = (
    Mutant(
        "security of a table",
        f"{ISOLATION}::test_iso_051_row_level_security_is_enabled_forced_and_has_a_policy",
        sql="ALTER TABLE plant_line DISABLE ROW LEVEL SECURITY",
    ),
    Mutant(
        "security forced on its owner",
        f"{ISOLATION}::test_iso_051_row_level_security_is_enabled_forced_and_has_a_policy",
        sql="ALTER TABLE downtime_downtimeevent NO FORCE ROW LEVEL SECURITY",
    ),
    Mutant(
        "a policy for reading",
        f"{ISOLATION}::test_iso_052_raw_sql_counts_own_rows_only",
        sql="ALTER POLICY client ON production_productionentry USING (true)",
    ),
    Mutant(
        "a policy for writing",
        f"{ISOLATION}::test_iso_053_a_row_cannot_be_written_into_a_foreign_client",
        sql="ALTER POLICY client ON quality_defect WITH CHECK (true)",
    ),
    Mutant(
        "a setting that must be there",
        f"{ISOLATION}::test_iso_052_raw_sql_without_scope_raises",
        sql="ALTER POLICY client ON plant_workorder"
        " USING (client_id = ANY (nullif(current_setting('kpi.clients', true), '')::bigint[]))",
    ),
    Mutant(
        "the policy of a shared table",
        f"{ISOLATION}::test_iso_063_wall_3_alone_keeps_foreign_rows_out",
        sql="ALTER POLICY client_read ON plant_employee USING (true)",
    ),
    Mutant(
        "the policy for changes of a shared table",
        f"{ISOLATION}::test_iso_012_updates_and_deletes_never_reach_a_foreign_row",
        sql="ALTER POLICY client_update ON kpis_target USING (true) WITH CHECK (true);"
        " ALTER POLICY client_read ON kpis_target USING (true)",
    ),
    Mutant(
        "the client of a row that stays",
        f"{ISOLATION}::test_iso_013_the_client_of_a_row_never_changes",
        sql="ALTER TABLE plant_line DISABLE TRIGGER kpi_stamp",
    ),
    Mutant(
        "the audit of a table", f"{ISOLATION}::test_every_table_is_audited",
        sql="ALTER TABLE production_productionentry DISABLE TRIGGER kpi_audit",
    ),
    Mutant(
        "an audit that nobody changes", WALLS,
        sql="DROP TRIGGER kpi_refuse ON clients_auditentry;"
        " GRANT UPDATE, DELETE ON clients_auditentry TO kpi_app;"
        " CREATE POLICY changed ON clients_auditentry FOR ALL USING (true) WITH CHECK (true)",
    ),
    Mutant(
        "a history that is written once", f"{ISOLATION}::test_a_history_is_never_changed",
        sql="ALTER TABLE plant_ordertransition DISABLE TRIGGER plant_ordertransition_once",
    ),
    Mutant(
        "a function that answers yes or no",
        f"{ISOLATION}::test_iso_054_functions_of_the_owner_return_no_rows",
        sql="CREATE FUNCTION tells() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
        " AS $$ SELECT code::text FROM plant_line $$",
    ),
)  # fmt: skip

MUTANTS = (*WALL_1, *WHOSE, *WALL_2, *REFERENCES, *WALL_3)
