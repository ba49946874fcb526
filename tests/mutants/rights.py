"""Defences of what a role or a token may do, and of what it may see."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ACCESS = "tests/clients/test_access.py"
FORMS = "tests/clients/test_forms.py"
TOKENS = "tests/api/test_tokens.py"
NAMES = "tests/api/test_contract.py::test_names_of_people_are_for_operators_and_above"
MATRIX = "tests/verification/test_matrix.py::test_who_corrects_a_row"
VERIFIES = "tests/verification/test_matrix.py::test_who_verifies"
CLOSING = "tests/verification/test_closing.py::test_who_closes_and_who_reopens"
ATTENDANCE = "tests/attendance/test_pages.py::test_the_list_shows_it_with_the_flag_only"
MARKS = "tests/sweep/test_marks.py"
CALLS = "tests/api/test_rows.py"
SCOPE = "clients/scope.py"
PEOPLE = "clients/models/people.py"
ROLE_TABLE = "clients/roles.py"
ADMIN = "clients/admin_base.py"
SERIALIZERS = "clients/serializers.py"
VIEWS = "clients/views.py"
ROWS = "clients/rows.py"
SETTINGS = "kpi_ops/settings.py"
TRICKS = "tests/sweep/test_tricks.py"
DRAFTS = "tests/entry/test_drafts.py"
ROW_PAGE = "tests/dashboards/test_row_page.py"

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

READING = (
    Mutant(
        "files as attachments",
        "tests/sweep/test_attacks.py::test_iso_043_files_come_from_views_that_check_and_as_"
        "attachments", "clients/list_files.py",
        """response["Content-Disposition"] = f'attachment; filename="{name}.csv"'""", "pass",
    ),
    Mutant(
        "the audit for platform admins",
        "tests/clients/test_audit.py::test_ac_22_iso_039_the_audit_is_open_to_platform_admins_only",
        "clients/audit_admin.py", "if not self.has_view_permission(request):", "if False:",
    ),
    Mutant(
        "who reads a kind of rows",
        f"{ROW_PAGE}::test_role_003_people_are_refused_to_viewers_before_they_are_looked_up",
        "dashboards/row_page.py",
        "if not current_scope().may(kind.view_action):", "if False:",
    ),
    Mutant(
        "what names a row", f"{ROW_PAGE}::test_people_and_absences_are_masked_as_in_the_api",
        "dashboards/row_page.py",
        'return " ".join([str(self.row._meta.verbose_name).capitalize(), *parts])',
        "return str(self.row)",
    ),
    Mutant(
        "masks of a history",
        f"{ROW_PAGE}::test_people_and_absences_are_masked_as_in_the_api", "clients/history.py",
        "if name in hidden:", "if False:",
    ),
    Mutant(
        "drafts of their author", f"{DRAFTS}::test_a_draft_is_read_by_nobody_else",
        "entry/drafts.py",
        "        user=current_scope().user,\n        shift_date", "        shift_date",
    ),
    Mutant(
        "drafts of people who left",
        f"{DRAFTS}::test_iso_040_a_draft_of_a_client_that_was_left_is_deleted_unread",
        "entry/drafts.py", "drafts.filter(old | ~stay)", "drafts.filter(old)",
    ),
    Mutant(
        "scripts of one's own alone",
        "tests/kpi_ops/test_settings.py::test_content_security_policy_has_no_way_out", SETTINGS,
        '"script-src": [CSP.SELF, CSP.NONCE]', '"script-src": [CSP.SELF, CSP.UNSAFE_INLINE]',
    ),
)  # fmt: skip

MUTANTS = (*TOKEN, *PERMISSIONS, *MASKS, *MORE_THAN_ONES_OWN, *READING)
