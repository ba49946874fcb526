"""The defences, each with what takes it away and the tests that must go red then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`text` of `file` becomes something else; or the owner of the database runs `sql`."""

    name: str
    tests: str
    file: str = ""
    text: str = ""
    becomes: str = ""
    sql: str = ""

    def applied_to(self, code: str) -> str:
        """The code without the defence. Raises ValueError unless it stands there exactly once."""
        if code.count(self.text) != 1:
            raise ValueError(f"{self.name}: found {code.count(self.text)} times in {self.file}.")
        return code.replace(self.text, self.becomes)


WALLS = "tests/clients/test_walls.py"
ACCESS = "tests/clients/test_access.py"
FORMS = "tests/clients/test_forms.py"
TOKENS = "tests/api/test_tokens.py"
BULK = "tests/api/test_bulk.py"
NAMES = "tests/api/test_contract.py::test_names_of_people_are_for_operators_and_above"
KEPT = "tests/dashboards/test_kept.py"
MATRIX = "tests/verification/test_matrix.py::test_who_corrects_a_row"
VERIFIES = "tests/verification/test_matrix.py::test_who_verifies"
CLOSING = "tests/verification/test_closing.py::test_who_closes_and_who_reopens"
EXPORTS = "tests/imports/test_exports.py"
BATCHES = "tests/imports/test_batches.py::test_a_lost_right_is_noticed_at_the_confirm"
SEPARATION = (
    "tests/imports/test_separation.py::test_a_batch_is_shown_to_those_who_may_import_its_rows"
)
ATTENDANCE = "tests/attendance/test_pages.py::test_the_list_shows_it_with_the_flag_only"
SESSIONS = "tests/kpi_ops/test_sessions.py"
MARKS = "tests/sweep/test_marks.py"
WRITES = "tests/sweep/test_writes.py"
ISOLATION = "tests/test_isolation.py"
ORDINARY = f"{ISOLATION}::test_no_reference_between_client_rows_is_an_ordinary_one"
SAID = f"{ISOLATION}::test_iso_011_a_form_says_the_same_of_foreign_and_of_unknown"
CALLS = "tests/api/test_rows.py"

MANAGERS = "clients/managers.py"
SCOPE = "clients/scope.py"
PEOPLE = "clients/models/people.py"
MIDDLEWARE = "clients/middleware.py"
ROLE_TABLE = "clients/roles.py"
ADMIN = "clients/admin_base.py"
SERIALIZERS = "clients/serializers.py"
VIEWS = "clients/views.py"
ROWS = "clients/rows.py"
FIELDS = "clients/fields.py"
REMEMBERED = "kpis/remembered.py"
SETTINGS = "kpi_ops/settings.py"

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

TOKEN = (
    Mutant(
        "a token that only reads", TOKENS, SCOPE,
        "if self.read_only and action is not Action.VIEW:", "if False:",
    ),
    Mutant(
        "a token of one client", TOKENS, PEOPLE,
        "scope = scope.narrowed_to(self.client_id)", "pass",
    ),
    Mutant(
        "a token of one client, where the scope widens",
        "tests/staffing/test_api.py::test_iso_023_a_token_for_one_client_reads_of_no_other",
        PEOPLE, "scope = replace(scope, widest=scope.ids)", "pass",
    ),
    Mutant("a revoked token", TOKENS, PEOPLE, "return self.revoked_at is None and ", "return "),
    Mutant(
        "an expired token", TOKENS, PEOPLE, " and self.expires_at > timezone.now()\n", "\n",
    ),
    Mutant(
        "tokens stored hashed", TOKENS, PEOPLE,
        "return hashlib.sha256(key.encode()).hexdigest()", "return key",
    ),
    Mutant(
        "a year for a token", TOKENS, PEOPLE,
        "if self.expires_at and self.expires_at > timezone.now() + self.LONGEST:", "if False:",
    ),
)  # fmt: skip

PERMISSIONS = (
    Mutant(
        "who edits verified rows", ACCESS, ROLE_TABLE,
        'Action.EDIT_VERIFIED: _grant("SM")', 'Action.EDIT_VERIFIED: _grant("SME")',
    ),
    Mutant(
        "who undoes any import", ACCESS, ROLE_TABLE,
        'Action.UNDO_ANY_IMPORT: _grant("M")', 'Action.UNDO_ANY_IMPORT: _grant("SM")',
    ),
    Mutant(
        "who decides holds", "tests/holds/test_flow_cells.py::test_the_matrix", ROLE_TABLE,
        'Action.HOLD_DECIDE: _grant("SME")', 'Action.HOLD_DECIDE: _grant("OSME")',
    ),
    Mutant(
        "who sees protected fields", ACCESS, ROLE_TABLE,
        "Action.EMPLOYEES_PROTECTED: _HR_ONLY", 'Action.EMPLOYEES_PROTECTED: _grant("SME")',
    ),
    Mutant(
        "who sees absence types", ATTENDANCE, ROLE_TABLE,
        "Action.SEE_ABSENCE_TYPES: _HR_ONLY", 'Action.SEE_ABSENCE_TYPES: _grant("SME")',
    ),
    Mutant(
        "who sees names", NAMES, ROLE_TABLE,
        'Action.SEE_NAMES: _grant("OSME")', 'Action.SEE_NAMES: _grant("VOSME")',
    ),
    Mutant(
        "who approves a rule", ACCESS, ROLE_TABLE,
        'Action.APPROVE_ASSUMPTION: _grant("M")', 'Action.APPROVE_ASSUMPTION: _grant("ME")',
    ),
    Mutant(
        "who reopens a shift", CLOSING, ROLE_TABLE,
        'Action.REOPEN_SHIFT: _grant("M")', 'Action.REOPEN_SHIFT: _grant("SM")',
    ),
    Mutant(
        "who opens the data entry pages", ACCESS, ROLE_TABLE,
        'Action.USE_ADMIN: _grant("OSME")', 'Action.USE_ADMIN: _grant("VOSME")',
    ),
    Mutant(
        "who sees the plan of orders",
        "tests/dashboards/orders/test_lists.py::test_nobody_below_a_supervisor_reads_the_plan",
        ROLE_TABLE,
        'Action.SEE_PLAN: _grant("SME")', 'Action.SEE_PLAN: _grant("VOSME")',
    ),
    Mutant(
        "the hr flag", ACCESS, ROLE_TABLE,
        "(flag is Flag.HR and hr)", "flag is Flag.HR",
    ),
    Mutant(
        "the quality flag", VERIFIES, ROLE_TABLE,
        "(flag is Flag.QUALITY and quality)", "flag is Flag.QUALITY",
    ),
    Mutant(
        "a right before the look-up",
        f"{CALLS}::test_403_comes_before_the_look_up_where_no_role_ever_may",
        "clients/permissions.py",
        "if not current_scope().may(view.required_action()):", "if False:",
    ),
    Mutant(
        "a right in the client of the row, by the API",
        f"{CALLS}::test_roles_decide_in_the_client_of_the_row", VIEWS,
        "if row is None or not may(self.required_action(), row.client_id):", "if row is None:",
    ),
    Mutant(
        "deletion by platform admins only", FORMS, ADMIN,
        "return current_scope().is_platform and not current_scope().read_only", "return True",
    ),
    Mutant(
        "the door of the data entry pages", ACCESS, "clients/site.py",
        "if request.user.is_authenticated and not self.has_permission(request):", "if False:",
    ),
    Mutant(
        "rows of all clients kept by platform admins", FORMS, ROWS,
        "if self.client_id is None and not scope.reaches_all:", "if False:",
    ),
    Mutant(
        "own rows of the day", MATRIX, ROWS,
        "own = scope.user is not None and self.created_by_id == scope.user.pk", "own = True",
    ),
    Mutant(
        "verified rows", MATRIX, ROWS,
        "if self.verified_at and not scope.may(Action.EDIT_VERIFIED, self.client_id):",
        "if False:",
    ),
)  # fmt: skip

MASKS = (
    Mutant(
        "protected fields left out of the API",
        f"{MARKS}::test_protected_fields_are_absent_without_the_flag", SERIALIZERS,
        "shown.pop(name, None)", "pass",
    ),
    Mutant(
        "protected fields refused by the API",
        f"{MARKS}::test_protected_fields_are_not_written_without_the_flag", SERIALIZERS,
        "        self._refuse_restricted(attrs)\n", "",
    ),
    Mutant(
        "protected fields of people in forms", "tests/plant/test_people.py",
        "plant/models/people.py",
        "return scope.may(Action.EMPLOYEES_PROTECTED, employee.client_id)", "return True",
    ),
    Mutant(
        "protected fields of the pool", "tests/plant/test_people.py", "plant/models/people.py",
        "if employee.client_id is None:\n            return scope.reaches_all",
        "if employee.client_id is None:\n            return True",
    ),
    Mutant(
        "people in the rows of the API", NAMES, SERIALIZERS,
        "not may(Action.SEE_NAMES, instance.client_id):", "False:",
    ),
    Mutant(
        "people in the filters of the API", f"{CALLS}::test_names_and_protected_fields_by_role",
        "clients/filters.py",
        "return super().filter(rows.filter(client_id__in=known), value)",
        "return super().filter(rows, value)",
    ),
    Mutant(
        "the absence type in closed shifts", ATTENDANCE, "attendance/models/records.py",
        "if (scope or current_scope()).may(Action.SEE_ABSENCE_TYPES, self.client_id):",
        "if True:",
    ),
    Mutant(
        "absence types in filters",
        "tests/attendance/test_pages.py::test_the_side_filter_finds_nothing_hidden",
        "attendance/models/records.py",
        "return Q(client__in=trusted) | still_open", "return Q()",
    ),
)  # fmt: skip

CACHE = (
    Mutant("what is kept, by rights", KEPT, REMEMBERED, "(current_scope().rights, ", "("),
    Mutant("what is kept, by language", KEPT, REMEMBERED, "get_language(), mark", "mark"),
    Mutant(
        "what is kept, by the last change", KEPT, REMEMBERED,
        "if found is not None and found.numbers == self._numbers:", "if found is not None:",
    ),
    Mutant(
        "the clients among the rights", KEPT, SCOPE,
        "            self.ids,\n            self.is_platform,", "            self.is_platform,",
    ),
    Mutant(
        "the roles among the rights", KEPT, SCOPE,
        "*((each.client_id, each.role, each.quality, each.hr) for each in own),", "",
    ),
)  # fmt: skip

SAVING = (
    Mutant(
        "the version of a form", FORMS, "clients/forms.py",
        'if self.cleaned_data.get("version") == stored.version:', "if True:",
    ),
    Mutant(
        "the version of a call",
        f"{CALLS}::test_a_stale_save_is_refused_with_the_difference",
        VIEWS, "if int(seen) != row.version:", "if False:",
    ),
    Mutant(
        "the client that a form was opened for", FORMS, "clients/forms.py",
        "if opened_for and opened_for != self.instance.client.code:", "if False:",
    ),
    Mutant(
        "a client slipped into a form",
        f"{WRITES}::test_iso_011_iso_013_no_form_takes_a_foreign_row", "clients/forms.py",
        "        self._refuse_another_client()\n", "",
    ),
    Mutant(
        "one foreign row among the chosen",
        f"{WRITES}::test_iso_014_one_foreign_row_among_the_chosen_stops_an_action", ADMIN,
        "if chosen != {str(key) for key in found}:", "if False:",
    ),
    Mutant(
        "the client of a key", BULK, "clients/imports/bulk.py",
        "ImportBatch.objects.filter(client=client, idempotency_key=key)",
        "ImportBatch.objects.filter(idempotency_key=key)",
    ),
    Mutant(
        "the rows behind a key", BULK, "clients/imports/bulk.py",
        "if batch.sha256 != digest:", "if False:",
    ),
    Mutant(
        "rows of the manager in lists",
        f"{FORMS} {ISOLATION}::test_the_ways_around_wall_1_are_these", ADMIN,
        "if voided else self.model._default_manager.all()",
        "if voided else self.model._base_manager.all()",
    ),
    Mutant(
        "active rows in autocompletes", FORMS, ADMIN,
        "rows = rows.filter(active=True)", "pass",
    ),
)  # fmt: skip

FILES = (
    Mutant(
        "a file of one client", f"{EXPORTS}::test_several_clients_have_to_be_narrowed_to_one",
        "clients/imports/export_lists.py",
        "if len(clients) != 1:", "if not clients:",
    ),
    Mutant(
        "protected columns of a file",
        f"{EXPORTS}::test_protected_fields_are_exported_with_hr_only",
        "clients/imports/columns.py",
        "if self.shown_to is not None:", "if False:",
    ),
    Mutant(
        "people in a file", f"{EXPORTS}::test_viewers_export_without_people",
        "clients/imports/columns.py",
        "return Action.SEE_NAMES if is_person else Action.VIEW", "return Action.VIEW",
    ),
    Mutant(
        "the rejected rows of a batch", SEPARATION, "clients/imports/admin.py",
        "expect_right(registry.get(batch.entity), batch.client)", "registry.get(batch.entity)",
    ),
    Mutant(
        "the person who uploaded",
        "tests/imports/test_pages.py::test_only_the_uploader_confirms",
        "clients/imports/admin.py",
        'raise PermissionDenied("Only the person who uploaded the file can confirm it.")', "pass",
    ),
    Mutant(
        "the right to import", BATCHES, "clients/imports/pipeline.py",
        "if not scope.may(entity.right, client.pk if client else None):", "if False:",
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

SIGNED_IN = "tests/clients/test_signed_in.py"
SIGNING_IN = (
    Mutant(
        "the sign-in before every page", ACCESS, SETTINGS,
        '    "django.contrib.auth.middleware.LoginRequiredMiddleware",\n', "",
    ),
    Mutant(
        "forms with a token of their own",
        "tests/sweep/test_csrf.py::test_auth_009_every_form_of_every_address_needs_its_token",
        SETTINGS,
        '    "django.middleware.csrf.CsrfViewMiddleware",\n', "",
    ),
    Mutant(
        "the end of a session after twelve hours", SESSIONS, "kpi_ops/sessions.py",
        "session.flush()", "pass",
    ),
    Mutant(
        "the end of an idle session", SESSIONS, SETTINGS,
        "SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60", "SESSION_COOKIE_AGE = 14 * 24 * 3600",
    ),
    Mutant(
        "capitals in a password", "tests/kpi_ops/test_passwords.py", "kpi_ops/passwords.py",
        "if not any(character.isupper() for character in password):", "if False:",
    ),
)  # fmt: skip

TRICKS = "tests/sweep/test_tricks.py"
MORE_THAN_ONES_OWN = (
    Mutant(
        "where a token for one client ends", f"{TRICKS}::test_auth_008_iso_037_a_token_for_one"
        "_client_ends_there", SCOPE,
        "return self.is_platform and self.widest is None", "return self.is_platform",
    ),
    Mutant(
        "lookups of lists", f"{TRICKS}::test_iso_006_iso_038_no_lookup_tells_what_the_list_does"
        "_not_show", ADMIN,
        'if lookup.split("__")[0] not in known | {ClientFilter.parameter_name}:', "if False:",
    ),
    Mutant(
        "people in histories", f"{TRICKS}::test_role_001_a_viewer_reads_of_no_person", ROWS,
        "if current_scope().may(Action.SEE_NAMES, self.client_id):", "if True:",
    ),
    Mutant(
        "pages of a client in which one looks on",
        f"{TRICKS}::test_role_002_names_are_told_where_the_role_opens_them", ADMIN,
        "if row is not None and row.client_id in _closed_here():", "if False:",
    ),
    Mutant(
        "parts moved into verified rows",
        f"{TRICKS}::test_role_003_no_defect_is_moved_into_a_verified_inspection", SERIALIZERS,
        "if isinstance(row, ClientModel) and (refusal := row.refusal_to_add(current_scope())):",
        'if refusal := "":',
    ),
    Mutant(
        "absences moved out of closed shifts",
        f"{TRICKS}::test_role_003_no_absence_is_moved_to_where_its_type_shows",
        "attendance/models/records.py", "if self._would_open_its_type():", "if False:",
    ),
    Mutant(
        "what others typed",
        f"{TRICKS}::test_iso_030_what_stands_in_a_file_is_read_by_who_may_know_it",
        "clients/imports/batches.py",
        "return own or entity.quoted_to is None or", "return True or",
    ),
)  # fmt: skip

MUTANTS = (
    *WALL_1, *WHOSE, *TOKEN, *PERMISSIONS, *MASKS, *CACHE, *SAVING, *FILES, *WALL_2, *REFERENCES,
    *WALL_3, *SIGNING_IN, *MORE_THAN_ONES_OWN,
)  # fmt: skip
