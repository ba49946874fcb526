"""The audit list: for platform admins, to read and to take away as a file, never to change."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone

from clients.audit_list import AuditFile, AuditQuestion, audited, kind_of
from clients.history import SOURCES, Names, Words, changes_of, names_of, page_asked
from clients.imports.errors import Refused
from clients.imports.exports import FORMS
from clients.models import AuditEntry
from clients.own import clients_of
from clients.platform_admin import PlatformAdmin
from clients.scope import current_scope

AT_ONCE = 100


class AuditEntryAdmin(PlatformAdmin):
    list_template = "admin/audit_list.html"
    entry_template = "admin/audit_entry.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_add_permission
    has_delete_permission = has_add_permission

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [
            path("export.<str:form>", export, name="clients_auditentry_export"),
            *super().get_urls(),
        ]

    # -- the list --------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self._refuse_others(request)
        question = self._question(request)
        entries = list(self._page(request, question)) if question.is_valid() else []
        page = entries[:AT_ONCE]
        older = page[-1].pk if len(entries) > AT_ONCE else None
        context = {
            **self._frame(request, "Audit"),
            "question": question,
            "zone": timezone.get_current_timezone_name(),
            "lines": [self._line(entry, question.codes) for entry in page],
            "older": _query(request, before=older) if older else "",
            "newest": _query(request) if "before" in request.GET else "",
            "exports": [(form.upper(), f"{reverse(EXPORT, args=[form])}?{_query(request)}")
                        for form in FORMS],
        }  # fmt: skip
        return TemplateResponse(request, self.list_template, context)

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        self._refuse_others(request)
        if form not in FORMS:
            raise Http404
        question = self._question(request)
        try:
            if not question.is_valid():
                raise Refused("The filters are not right; see below.", "filters")
            return AuditFile(question).answer(form)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(f"{reverse(LIST)}?{_query(request)}")

    def _question(self, request: HttpRequest) -> AuditQuestion:
        ids = current_scope().ids
        return AuditQuestion(request.GET, [each for each in clients_of(request) if each.pk in ids])

    def _page(self, request: HttpRequest, question: AuditQuestion) -> QuerySet[AuditEntry]:
        """From where the page above ended; one more than is shown tells whether there are more."""
        entries = question.entries()
        last = AuditEntry.of_platform.filter(pk=page_asked(request.GET.get("before"))).first()
        return (entries.filter(_behind(last)) if last else entries)[: AT_ONCE + 1]

    def _line(self, entry: AuditEntry, codes: dict[int, str]) -> dict[str, Any]:
        model = audited().get(entry.table_name)
        return {
            "entry": entry,
            "client": codes.get(entry.client_id or 0, ""),
            "kind": kind_of(model) if model else entry.table_name,
            "source": SOURCES.get(entry.source, entry.source.lower()),
            "changes": changes_of(model, entry.changes, _words()) if model else [],
        }

    # -- one entry -------------------------------------------------------------------------

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        self._refuse_others(request)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied  # entries are read
        entry = AuditEntry.of_platform.filter(pk=page_asked(unquote(object_id))).first()
        if entry is None:
            raise Http404
        model = audited().get(entry.table_name)
        codes = {each.pk: each.code for each in clients_of(request)}
        line = self._line(entry, codes)
        if model:
            words = _words(names_of(model, [entry.changes]))
            line["changes"] = changes_of(model, entry.changes, words)
        context = {
            **self._frame(request, f"{line['kind']} {entry.row_id} {entry.get_action_display()}"),
            "line": line,
            "history": _history_of(model, entry),
        }
        return TemplateResponse(request, self.entry_template, context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The history of an entry is the entry: it never changes."""
        self._refuse_others(request)
        entry = AuditEntry.of_platform.filter(pk=page_asked(unquote(object_id))).first()
        if entry is None:
            raise Http404
        return HttpResponseRedirect(reverse(ONE, args=[entry.pk]))

    def _refuse_others(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied("The audit is open to platform admins.")

    def _frame(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}


LIST, ONE, EXPORT = (
    f"admin:clients_auditentry_{each}" for each in ("changelist", "change", "export")
)


def _words(names: Names | None = None) -> Words:
    return Words(names or {}, timezone.get_current_timezone())


def _behind(last: AuditEntry) -> Q:
    return Q(occurred_at__lte=last.occurred_at) & (
        Q(occurred_at__lt=last.occurred_at) | Q(pk__lt=last.pk)
    )


def _query(request: HttpRequest, **more: Any) -> str:
    """The filters of the page, without the place in the list."""
    kept = [(name, text) for name, text in request.GET.items() if name != "before" and text]
    return urlencode([*kept, *more.items()])


def _history_of(model: Any, entry: AuditEntry) -> str:
    """Where all entries of this row stand together, for kinds of rows that have such a page."""
    if model is None:
        return ""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_history"
    try:
        return reverse(name, args=[entry.row_id])
    except NoReverseMatch:
        return ""
