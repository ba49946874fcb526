"""Defences of what is kept, saved, brought in and sent."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

FORMS = "tests/clients/test_forms.py"
BULK = "tests/api/test_bulk.py"
KEPT = "tests/dashboards/test_kept.py"
EXPORTS = "tests/imports/test_exports.py"
BATCHES = "tests/imports/test_batches.py::test_a_lost_right_is_noticed_at_the_confirm"
SEPARATION = (
    "tests/imports/test_separation.py::test_a_batch_is_shown_to_those_who_may_import_its_rows"
)
WRITES = "tests/sweep/test_writes.py"
ISOLATION = "tests/test_isolation.py"
CALLS = "tests/api/test_rows.py"
SCOPE = "clients/scope.py"
ADMIN = "clients/admin_base.py"
VIEWS = "clients/views.py"
REMEMBERED = "kpis/remembered.py"
CHANGED = "tests/clients/test_access_changed.py"

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

LONG_WORK = (
    Mutant(
        "access at the end of an import", f"{CHANGED}::test_iso_057_role_006_a_long_import_without_"
        "access_at_its_end_saves_nothing", "clients/access.py",
        "return all(_role(scope, each) == _role(now, each) for each in scope.ids)", "return True",
    ),
    Mutant(
        "access while a file is written",
        f"{CHANGED}::test_iso_057_iso_061_a_file_ends_where_access_ends", "clients/access.py",
        "if not still_holds(current_scope()):", "if False:",
    ),
    Mutant(
        "a token that ends while a file is written",
        f"{CHANGED}::test_auth_008_iso_057_a_file_ends_with_the_token", "clients/access.py",
        "if token is None or not token.is_usable():", "if token is None:",
    ),
)  # fmt: skip

MUTANTS = (*CACHE, *SAVING, *FILES, *LONG_WORK)
