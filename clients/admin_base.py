"""The base of every admin page of client rows: scope, roles, versions, void, verify, history."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ActionLocation
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import JSONField
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from clients import corrections
from clients.admin_history import history_page
from clients.constraints import sentence_for
from clients.forms import ClientModelForm, ReasonForm, StorableJSON
from clients.history import gone, page_asked
from clients.imports.entities import registry
from clients.imports.export_lists import export_change_list
from clients.list_filters import ClientFilter, VoidedFilter
from clients.lists import ClientChangeList
from clients.permissions import clients_where
from clients.roles import Action
from clients.rows import ClientModel, ClientRow, VerifiedModel
from clients.scope import because, current_scope

NOT_OPENED = "Your role in this client does not open the data entry pages."


def _closed_here() -> set[int]:
    """Clients of the person in which the role opens none of these pages: they name people, and
    quote what was typed."""
    return set(current_scope().ids) - set(clients_where(Action.USE_ADMIN))


class ClientPages(admin.options.BaseModelAdmin):
    """What pages and inlines of client rows have in common."""

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every reference is searched, never listed whole."""
        return [
            field.name
            for field in self.model._meta.fields
            if field.many_to_one and field.editable and field.name != "client"
        ]

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        """An address may fill a form in, which then spells the row that the number stands for."""
        rows = super().get_field_queryset(db, db_field, request)
        closed = _closed_here()
        if not closed or not issubclass(db_field.remote_field.model, ClientRow):
            return rows
        offered = db_field.remote_field.model._default_manager.all() if rows is None else rows
        return offered.exclude(client__in=closed)


class ClientModelAdmin(ClientPages, admin.ModelAdmin):
    """Lists, forms and actions of one kind of client row; right by default.

    Subclasses say what is listed and laid out; scope, roles, the client field, autocompletes,
    versions, void, verify and history are here.
    """

    form = ClientModelForm
    formfield_overrides: ClassVar[Any] = {JSONField: {"form_class": StorableJSON}}
    list_per_page = 100
    show_full_result_count = False
    save_on_top = False
    change_form_template = "admin/client_change_form.html"
    change_list_template = "admin/client_change_list.html"
    void_template = "admin/void.html"
    # What the list reads of each row, and of the rows beside it; empty: all of their columns.
    list_only: ClassVar[tuple[str, ...]] = ()

    # -- who -------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().may(self.model.edit_action)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return current_scope().may(self.model.edit_action)
        return self.refusal(obj) == ""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().is_platform and not current_scope().read_only

    def refusal(self, row: Any) -> str:
        """Why the user may not change this row; empty when he may."""
        scope = current_scope()
        if isinstance(row, ClientModel):
            if row.is_voided:
                return f"This row was voided: {row.void_reason}"
            return row.refusal_to_edit(scope)
        allowed = scope.may(row.edit_action, row.client_id)
        return "" if allowed else "Your role in this client does not allow this change."

    # -- which -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> Any:
        voided = "voided" in request.GET and hasattr(self.model, "with_voided")
        rows = self.model.with_voided.all() if voided else self.model._default_manager.all()
        if closed := _closed_here():
            rows = rows.exclude(client__in=closed)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """A voided row is still shown, with its history, but not in lists."""
        manager = getattr(self.model, "with_voided", self.model._default_manager)
        try:
            key = self.model._meta.pk.to_python(object_id)
        except ValidationError:
            return None
        related = self.list_select_related
        rows = manager.select_related(*related) if isinstance(related, (list, tuple)) else manager
        row = rows.filter(pk=key).first()
        if row is not None and row.client_id in _closed_here():
            raise PermissionDenied(NOT_OPENED)
        return row

    def _get_obj_does_not_exist_redirect(self, request: Any, opts: Any, object_id: str) -> Any:
        raise Http404

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ClientChangeList

    def action_checkbox(self, row: Any) -> str:
        """Django's, without a form field for each row."""
        label = escape(f"Select this object for an action - {row}")
        return mark_safe(  # noqa: S308
            f'<input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{row.pk}"'
            f' class="action-select" aria-label="{label}">'
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        listed = super().get_list_display(request)
        several = len(current_scope().ids) > 1 and "client" not in listed
        return [*listed[:1], "client", *listed[1:]] if several else listed

    # Columns of addresses that other pages make, beside those that the list shows.
    linked_by: ClassVar[tuple[str, ...]] = ("line_shift",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """By what the list shows or its filters offer. What any other lookup finds would tell
        what no page shows: what a file quotes, or which row names this one."""
        shown = {name for name in self.list_display if isinstance(name, str)}
        offered = (each[0] if isinstance(each, tuple) else each for each in self.list_filter)
        roots = {str(each).split("__")[0] for each in offered if isinstance(each, str)}
        known = {*shown, *roots, *self.linked_by, *(self.date_hierarchy or "").split("__")[:1]}
        if lookup.split("__")[0] not in known | {ClientFilter.parameter_name}:
            return self._is_of_a_filter(lookup, request)
        return super().lookup_allowed(lookup, value, request)

    def _is_of_a_filter(self, lookup: str, request: HttpRequest) -> bool:
        """The side lists have names of their own, which are no columns."""
        names = (getattr(each, "parameter_name", None) for each in self.get_list_filter(request))
        return lookup in names

    def get_list_filter(self, request: HttpRequest) -> Any:
        several = len(current_scope().ids) > 1 or ClientFilter.parameter_name in request.GET
        own: list[Any] = [ClientFilter] if several else []
        voided: list[Any] = [VoidedFilter] if issubclass(self.model, ClientModel) else []
        return [*own, *super().get_list_filter(request), *voided]

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related = super().get_list_select_related(request)
        return [*related, "client"] if isinstance(related, (list, tuple)) else ["client"]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        rows, distinct = super().get_search_results(request, queryset, search_term)
        offered = request.path == reverse(f"{self.admin_site.name}:autocomplete")
        if offered and any(field.name == "active" for field in self.model._meta.fields):
            rows = rows.filter(active=True)
        return rows, distinct

    # -- the form --------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if kwargs.get("fields"):
            # The form declares these itself; as model fields they are not editable.
            hidden = ("version", "opened_for")
            kwargs["fields"] = [each for each in kwargs["fields"] if each not in hidden]
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refused = getattr(request, "refused_by_database", None)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The client first where there is a choice; the hidden fields of every form last."""
        fieldsets = super().get_fieldsets(request, obj)
        named = set(admin.utils.flatten_fieldsets(fieldsets))
        if obj is None:
            first, last = ([], ["opened_for"]) if self._one_client() else (["client"], [])
        else:
            editable = self.has_change_permission(request, obj)
            first, last = ["client"], ["version"] if editable else []
        client = [(None, {"fields": first, "classes": ["client"]})] if set(first) - named else []
        tail = [(None, {"fields": last, "classes": ["hidden-fields"]})] if last else []
        return [*client, *fieldsets, *tail]

    def _one_client(self) -> bool:
        """Whether a new row can only belong to one client, so that nobody has to choose."""
        scope = current_scope()
        shared = self.model._meta.get_field("client").null and scope.reaches_all
        return len(scope.ids) == 1 and not shared

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return [*fixed, "client"] if obj is not None else fixed

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "client":
            kwargs["empty_label"] = "Choose a client"
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def construct_change_message(
        self, request: Any, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """After each save the changed set is read back."""
        if not add:
            corrections.read_back(
                request, form, formsets, self.history_hides(request, form.instance)
            )
        return super().construct_change_message(request, form, formsets, add)

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """What only the database can refuse comes back as a sentence in the form."""
        if object_id and request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied  # whether or not there is such a row
        reason = request.POST.get("change_reason", "").replace("\x00", "").strip()[:300]
        try:
            with transaction.atomic(), because(reason) if reason else nullcontext():
                response = super().changeform_view(request, object_id, form_url, extra_context)
                if request.method == "POST":
                    connection.check_constraints()
                return response
        except IntegrityError as error:
            request.refused_by_database = sentence_for(error)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = context.get("original")
        if row is not None:
            context["refusal"] = self.refusal(row)
            context["may_void"] = isinstance(row, ClientModel) and not context["refusal"]
            context["may_verify"] = isinstance(row, VerifiedModel) and not row.refusal_to_verify(
                current_scope()
            )
        return super().render_change_form(request, context, *args, **kwargs)

    # -- void and verify -------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_void"
        view = self.admin_site.admin_view(self.void_view)
        voids = path("<path:object_id>/void/", view, name=name)
        return [voids, *self._verify_urls(), *self._export_urls(), *super().get_urls()]

    def _verify_urls(self) -> list[URLPattern]:
        if not issubclass(self.model, VerifiedModel):
            return []
        name = f"{self.opts.app_label}_{self.opts.model_name}_verify"
        view = self.admin_site.admin_view(require_POST(self.verify_view))
        return [path("<path:object_id>/verify/", view, name=name)]

    def _export_urls(self) -> list[URLPattern]:
        """Of what an import reads, every list is a file."""
        if registry.of(self.model) is None:
            return []
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export.<str:form>", self.admin_site.admin_view(self.export_view), name=name)]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        return export_change_list(self, request, form)

    def void_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self._row_to_change(request, object_id)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            row.void(by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, f"{row} is void.")
            return HttpResponseRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
            )
        return self._reason_page(request, form, [row])

    def _row_to_change(self, request: HttpRequest, object_id: str) -> Any:
        if not self.has_change_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if refusal := self.refusal(row):
            raise PermissionDenied(refusal)
        return row

    def _reason_page(self, request: HttpRequest, form: ReasonForm, rows: list[Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Void {len(rows)} {self.opts.verbose_name_plural}"
            if len(rows) > 1
            else f"Void {rows[0]}",
            "opts": self.opts,
            "form": form,
            "rows": rows,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        }
        return TemplateResponse(request, self.void_template, context)

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        if not current_scope().may(self.model.edit_action) or not issubclass(
            self.model, ClientModel
        ):
            actions.pop("void_selected", None)
        may_verify = issubclass(self.model, VerifiedModel) and current_scope().may(
            self.model.verify_action
        )
        if not may_verify:
            actions.pop("verify_selected", None)
        return actions

    def response_action(
        self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """With one row among the chosen that is not there, nothing is done to any."""
        chosen = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
        keys = [int(each) for each in chosen if each.isdecimal() and len(each) < 19]
        found = queryset.filter(pk__in=keys).values_list("pk", flat=True) if keys else []
        if chosen != {str(key) for key in found}:
            raise Http404
        return super().response_action(request, queryset, *args, **kwargs)

    actions: ClassVar[Any] = ["verify_selected", "void_selected"]

    @admin.action(description="Void the selected rows, with a reason")
    def void_selected(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows = list(queryset)
        refused = [f"{row}: {text}" for row in rows if (text := self.refusal(row))]
        if refused:
            messages.error(request, "Nothing was voided. " + " ".join(refused[:10]))
            return None
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return self._reason_page(request, form, rows)
        for row in rows:
            row.void(by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, f"{len(rows)} rows are void.")
        return None

    def verify_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return corrections.verify_one(self, request, unquote(object_id))

    @admin.action(description="Verify the selected rows")
    def verify_selected(self, request: HttpRequest, queryset: Any) -> None:
        corrections.verify(request, queryset)

    # -- history ---------------------------------------------------------------------------

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        row = self.get_object(request, unquote(object_id))
        past = self._gone(object_id) if row is None else row
        if past is None:
            raise Http404
        title = f"History: {row}" if row else f"History of a deleted {self.opts.verbose_name}"
        zone, hidden = _zone_of(past), self.history_hides(request, past)
        return history_page(self, request, past, title, hidden, zone, object=row)

    def _gone(self, object_id: str) -> Any:
        """What is left of a row that a platform admin deleted: its history."""
        key = page_asked(unquote(object_id))
        return None if key is None else gone(self.model, key)

    def history_hides(self, request: HttpRequest, row: Any) -> set[str]:
        """Names of fields whose values this user may not see."""
        hidden: set[str] = row.hidden_fields()
        return hidden

    # The audit trail is the history; the admin's own log would show foreign names later on.
    def log_addition(self, *args: Any) -> None: ...
    def log_change(self, *args: Any) -> None: ...
    def log_deletions(self, *args: Any) -> None: ...


def _zone_of(row: Any) -> Any:
    """Where the work was done, the hours are told; of what all share, in those of the server."""
    return row.client.zone if row.client_id else timezone.get_default_timezone()


class ClientTabularInline(ClientPages, admin.TabularInline):
    """Rows of the same client inside the form of another row."""

    extra = 0
    show_change_link = True
    # Rows that the database writes are shown and never taken from the page.
    read_only: ClassVar[bool] = False

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*(super().get_exclude(request, obj) or []), "client"]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        return _with_client_of_parent(formset)

    def get_queryset(self, request: HttpRequest) -> Any:
        return self.model._default_manager.all()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().is_platform and not self.read_only

    def _may(self, parent: Any) -> bool:
        if self.read_only:
            return False
        client = getattr(parent, "client_id", None)
        return current_scope().may(self.model.edit_action, client)


def _with_client_of_parent(formset: Any) -> Any:
    """Rows of an inline belong to the client of the row that they hang on."""

    class OfParent(formset):  # type: ignore[misc, valid-type]
        def _construct_form(self, i: int, **kwargs: Any) -> Any:
            form = super()._construct_form(i, **kwargs)
            self._take_over(form)
            return form

        @property
        def empty_form(self) -> Any:
            form = super().empty_form
            self._take_over(form)
            return form

        def _take_over(self, form: Any) -> None:
            if isinstance(self.instance, ClientRow) and form.instance.pk is None:
                form.instance.client_id = self.instance.client_id

        def clean(self) -> None:
            # The parent's client may have been chosen in the very form that is being checked.
            for form in self.forms:
                self._take_over(form)
            super().clean()

    return OfParent
