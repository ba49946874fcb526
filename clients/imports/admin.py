"""Imports in the admin: upload, preview, read-back, confirm, result, undo. No script needed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from clients.admin_base import ClientModelAdmin
from clients.imports import downloads
from clients.imports.batches import (
    confirm,
    earlier_import,
    map_columns,
    may_be_quoted,
    preview,
    table_of_batch,
)
from clients.imports.entities import EntityImport, registry
from clients.imports.errors import Refused, UnknownEntity
from clients.imports.forms import UploadForm, offered_entities
from clients.imports.pipeline import NO_RIGHT, expect_right
from clients.imports.undo import refusal, undo
from clients.models import Client, ImportBatch
from clients.permissions import clients_where
from clients.roles import Action
from clients.scope import current_scope
from clients.spreadsheets import CSV_TYPE, XLSX_TYPE

ERRORS_PER_PAGE = 200
NOT_QUOTED = "Only who uploaded this file and people with the hr flag read what stands in it."


class ImportBatchAdmin(ClientModelAdmin):
    list_display = [
        "created_at",
        "entity",
        "file_name",
        "state",
        "rows_total",
        "rows_new",
        "rows_changed",
        "rows_same",
        "rows_rejected",
        "created_by",
    ]
    list_filter = ["state", "kind", "entity"]
    list_select_related = ["created_by"]
    search_fields = ["file_name", "entity"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Of clients in which the person enters rows; elsewhere also the names of files are not
        theirs to read."""
        return super().get_queryset(request).filter(client__in=clients_where(Action.ENTRY))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(offered_entities())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "template/<str:entity>.<str:form>",
                wrap(self.template_view),
                name="imports_template",
            ),
            path("<int:pk>/errors.csv", wrap(self.errors_view), name="imports_errors"),
        ]
        return [*own, *super().get_urls()]

    # Upload -------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        if not self.has_add_permission(request):
            raise PermissionDenied
        started = {"entity": request.GET.get("entity", ""), "client": request.GET.get("client")}
        form = UploadForm(request.POST or None, request.FILES or None, initial=started)
        if request.method == "POST" and form.is_valid():
            batch = self._preview(form)
            if batch is not None:
                return HttpResponseRedirect(_address(batch))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import rows",
            "opts": self.opts,
            "form": form,
            "template_of": self._template_entity(form),
            "is_several": len(current_scope().ids) > 1,
        }
        return TemplateResponse(request, "admin/imports/upload.html", context)

    def _preview(self, form: UploadForm) -> ImportBatch | None:
        client, sheet = form.cleaned_data["client"], form.cleaned_data["read"]
        try:
            return preview(registry.get(form.cleaned_data["entity"]), client, sheet)
        except Refused as refused:
            form.add_error("file" if form.cleaned_data.get("file") else "text", str(refused))
        return None

    def _template_entity(self, form: UploadForm) -> EntityImport | None:
        name = form["entity"].value() or ""
        return next((each for each in offered_entities() if each.name == name), None)

    # One batch ----------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        batch = self._batch(request, object_id)
        if request.method == "POST":
            return self._act(request, batch)
        return TemplateResponse(request, "admin/imports/batch.html", self._context(request, batch))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        return HttpResponseRedirect(_address(self._batch(request, object_id)))

    def void_view(self, request: HttpRequest, object_id: str) -> Any:
        raise Http404

    def _batch(self, request: HttpRequest, object_id: Any) -> ImportBatch:
        """Found in the scope first, then judged by the role in its client: rows of a file can
        hold what only some roles may see."""
        batch = self.get_object(request, str(object_id))
        if batch is None:
            raise Http404
        try:
            expect_right(registry.get(batch.entity), batch.client)
        except UnknownEntity:
            raise Http404 from None
        return batch

    def _act(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        act = request.POST.get("act")
        try:
            if act == "confirm":
                self._confirm(request, batch)
            elif act == "undo":
                undo(batch)
                messages.success(request, "The import was undone; all figures are as before.")
            elif act == "columns":
                if not _is_own(batch):
                    raise PermissionDenied("Only the person who uploaded the file reads it anew.")
                map_columns(batch, _chosen(request))
            else:
                return HttpResponse("Unknown action.", status=400)
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(_address(batch))

    def _confirm(self, request: HttpRequest, batch: ImportBatch) -> None:
        if not _is_own(batch):
            raise PermissionDenied("Only the person who uploaded the file can confirm it.")
        reason = request.POST.get("change_reason", "").replace("\x00", "")[:300]
        result = confirm(batch, update=request.POST.get("changed") == "update", reason=reason)
        if result.state == ImportBatch.State.EXPIRED:
            messages.error(request, "This preview has expired. Upload the file again.")
        else:
            messages.success(request, f"{result.result['written']:,} rows were written.")

    def _context(self, request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
        entity, read_back = registry.get(batch.entity), batch.result.get("read_back", {})
        is_open = batch.state == ImportBatch.State.PREVIEW
        is_over = is_open and batch.expires_at is not None and batch.expires_at <= timezone.now()
        is_quoted = may_be_quoted(batch, current_scope())
        errors = Paginator(batch.errors if is_quoted else [], ERRORS_PER_PAGE).get_page(
            request.GET.get("page")
        )
        return {
            **self.admin_site.each_context(request),
            "title": f"{entity.label.capitalize()} into {batch.client}",
            "opts": self.opts,
            "batch": batch,
            "entity": entity,
            "read_back": read_back,
            "errors": errors,
            "changes": _changes(read_back) if is_quoted else [],
            "is_quoted": is_quoted,
            "columns": _columns(read_back, entity, batch) if is_open else [],
            "is_open": is_open and not is_over and not read_back.get("refused"),
            "is_over": is_over or batch.state == ImportBatch.State.EXPIRED,
            "may_confirm": _is_own(batch),
            "may_undo": batch.state == ImportBatch.State.CONFIRMED
            and not refusal(batch, current_scope()),
            "earlier": earlier_import(batch) if is_open else None,
            "rows_address": _list_of(entity),
        }

    # Downloads ----------------------------------------------------------------------------

    def errors_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self._batch(request, pk)
        if not may_be_quoted(batch, current_scope()):
            raise PermissionDenied(NOT_QUOTED)
        if "headers" not in batch.content:
            raise Http404  # a submit of the API has no file to correct
        content = downloads.error_file(table_of_batch(batch), batch.errors)
        name = f"kpi_ops_{batch.client.code}_{batch.entity}_errors.csv"
        return _attachment(content, name, CSV_TYPE)

    def template_view(self, request: HttpRequest, entity: str, form: str) -> HttpResponse:
        found = next((each for each in offered_entities() if each.name == entity), None)
        clients = Client.objects.filter(pk__in=current_scope().ids)
        code = request.GET.get("client")
        client = clients.filter(code=code).first() if code else clients.first()
        if found is None or client is None or form not in ("csv", "xlsx"):
            raise Http404
        expect_right(found, client)
        language = "es" if request.GET.get("language") == "es" else "en"
        name = f"kpi_ops_{client.code}_{entity}_template_{language}.{form}"
        if form == "csv":
            return _attachment(downloads.csv_template(found, language), name, CSV_TYPE)
        return _attachment(downloads.xlsx_template(found, client, language), name, XLSX_TYPE)


class ImportMappingAdmin(ClientModelAdmin):
    """What was learnt about layouts of files; a wrong choice is corrected here."""

    list_display = ["entity", "columns", "last_used_at"]
    list_filter = ["entity"]
    fields = ["entity", "columns", "last_used_at"]
    readonly_fields = ["entity", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def refusal(self, row: Any) -> str:
        """Whoever says how files are read may import them."""
        known = next((each for each in registry.in_order() if each.name == row.entity), None)
        if known is None or not current_scope().may(known.right, row.client_id):
            return NO_RIGHT
        return super().refusal(row)


def _address(batch: ImportBatch) -> str:
    return reverse("admin:clients_importbatch_change", args=[batch.pk])


def _attachment(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _is_own(batch: ImportBatch) -> bool:
    scope = current_scope()
    return scope.is_platform or (scope.user is not None and batch.created_by_id == scope.user.pk)


def _chosen(request: HttpRequest) -> dict[int, str]:
    """Place of the header in the file → column, as chosen on the page."""
    return {
        int(place): str(value)
        for name, value in request.POST.items()
        if (place := name.removeprefix("column-")) != name and place.isdecimal() and len(place) < 6
    }


def _changes(read_back: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"row": row, "column": column, "old": old, "new": new}
        for row, cells in read_back.get("changes", {}).items()
        for column, (old, new) in cells.items()
    ]


def _columns(
    read_back: dict[str, Any], entity: EntityImport, batch: ImportBatch
) -> list[dict[str, Any]]:
    found = read_back.get("columns", {})
    return [
        {
            "place": place,
            "header": header,
            "column": found.get(header, ""),
            "is_unclear": header in read_back.get("unclear", {}),
        }
        for place, header in enumerate(batch.content.get("headers", []))
        if header
    ]


def _list_of(entity: EntityImport) -> str:
    options = entity.model._meta
    if not admin.site.is_registered(entity.model):
        return ""
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
