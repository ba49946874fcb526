"""Admin of clients, people, tokens, batches and the audit; the bases for all other apps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils.html import format_html

from clients.admin_base import ClientModelAdmin, ClientTabularInline
from clients.audit_admin import AuditEntryAdmin
from clients.imports.admin import ImportBatchAdmin, ImportMappingAdmin
from clients.models import (
    ApiToken,
    AuditEntry,
    Client,
    ImportBatch,
    ImportMapping,
    Membership,
    User,
)
from clients.platform_admin import PlatformAdmin
from clients.roles import Action
from clients.scope import current_scope, entered, scope_of

__all__ = ["ClientModelAdmin", "ClientTabularInline", "GroupAdmin"]


# Roles take the place of Django's groups, whose pages came with GroupAdmin.
admin.site.unregister(Group)


@admin.register(Client)
class ClientAdmin(PlatformAdmin):
    list_display = ["code", "name", "client_type", "timezone", "language", "active"]
    search_fields = ["code", "name"]
    list_filter = ["active", "client_type"]
    autocomplete_fields = ["supervisor", "planner", "engineer"]
    fieldsets = [
        (None, {"fields": [("code", "name", "active"), ("client_type", "defect_template")]}),
        ("Contact", {"fields": [("contact_name", "email"), ("phone", "location")]}),
        (
            "Time and language",
            {"fields": [("timezone", "week_start"), ("language", "date_format", "currency")]},
        ),
        (
            "Rules",
            {
                "fields": [
                    ("otd_mode", "order_flow", "closure_trigger"),
                    ("downtime_entry", "balance_tolerance_pct", "hold_four_eyes"),
                ]
            },
        ),
        ("Escalation", {"fields": [("supervisor", "planner", "engineer")]}),
    ]
    platform_only = ["code", "name", "active", "defect_template"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return current_scope().may(Action.CLIENT_SETTINGS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().may(Action.CLIENT_SETTINGS, obj.pk if obj else None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().may(Action.CLIENT_SETTINGS, obj.pk if obj else None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a client is made inactive; its code is never used again

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        fixed = ["code", "timezone"]
        people = ["supervisor", "planner", "engineer"]
        return fixed if current_scope().reaches_all else [*fixed, *self.platform_only, *people]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Client.objects.all()

    def save_model(self, request: HttpRequest, obj: Client, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        made = Client.open(**{name: form.cleaned_data[name] for name in form.cleaned_data})
        obj.pk, obj._state.adding = made.pk, False

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        with entered(scope_of(request.user)):  # type: ignore[arg-type]
            return super().response_add(request, obj, post_url_continue)


class UserForm(forms.ModelForm):
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="8 to 128 characters with upper and lower case, a digit and a special character."
        " Empty: unchanged.",
    )

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        elif not self.instance.pk:
            raise forms.ValidationError("Give a first password.")
        return password

    def save(self, commit: bool = True) -> Any:
        password = self.cleaned_data["password"]
        if password:
            self.instance.set_password(password)
        else:
            self.instance.password = self.initial["password"]
        return super().save(commit)


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["client"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().reaches_all

    has_add_permission = has_view_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission


@admin.register(User)
class UserAdmin(PlatformAdmin):
    form = UserForm
    list_display = ["username", "full_name", "email", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["username", "full_name", "email"]
    fields = [
        ("username", "email"),
        ("full_name", "language"),
        "password",
        ("is_active", "is_superuser"),
    ]
    inlines = [MembershipInline]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return current_scope().reaches_all

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a person is made inactive; what they did keeps their name


@admin.register(Membership)
class MembershipAdmin(PlatformAdmin):
    list_display = ["user", "client", "role", "quality", "hr", "active", "valid"]
    list_filter = ["role", "active"]
    list_select_related = ["user", "client"]
    search_fields = ["user__username", "client__code"]
    autocomplete_fields = ["user", "client"]
    fields = [("user", "client"), ("role", "quality", "hr"), ("valid", "active")]


@admin.register(ApiToken)
class ApiTokenAdmin(PlatformAdmin):
    list_display = ["name", "user", "client", "read_only", "expires_at", "last_used_at"]
    list_select_related = ["user", "client"]
    search_fields = ["name", "user__username"]
    autocomplete_fields = ["user", "client"]
    fields = [("user", "client"), ("name", "read_only"), ("expires_at", "revoked_at")]

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        fields = {each: form.cleaned_data[each] for each in ("client", "read_only", "expires_at")}
        made, key = ApiToken.issue(obj.user, obj.name, **fields)
        obj.pk, obj._state.adding = made.pk, False
        messages.warning(
            request, format_html("The key, shown only now: <code class='key'>{}</code>", key)
        )


admin.site.register(AuditEntry, AuditEntryAdmin)
admin.site.register(ImportBatch, ImportBatchAdmin)
admin.site.register(ImportMapping, ImportMappingAdmin)
