"""The form under every admin page of a client row."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.http import QueryDict
from django.utils import formats, timezone

from clients.constraints import said_once
from clients.models import Client, ClientModel
from clients.rows import GIVE_A_REASON
from clients.scope import current_scope

# What the form asks beside the row's own fields.
FORM_FIELDS = ("version", "opened_for", "change_reason")
ZERO_BYTE = rb"\u0000"  # as JSON writes it
UNKNOWN_CLIENT = "Unknown client “%(value)s”."


class StorableJSON(forms.JSONField):
    """Django's, which leaves it to the database to fail at what no text can hold."""

    def to_python(self, value: Any) -> Any:
        try:
            read = super().to_python(value)
            text = json.dumps(read, ensure_ascii=False, allow_nan=False).encode()
        except (RecursionError, ValueError):
            text = ZERO_BYTE
        if ZERO_BYTE in text:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, shown again as it was typed."""
        return InvalidJSONInput(data) if isinstance(data, str) and not self.disabled else initial


class ClientModelForm(forms.ModelForm):
    """Fills the client, refuses a stale save, and repeats what the database refused.

    With one client in scope the field is hidden; the form still carries the client that it was
    opened with, and a change of client in another tab is noticed.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    opened_for = forms.CharField(required=False, widget=forms.HiddenInput)

    refused: ClassVar[ValidationError | None] = None
    # Why a change needs a reason, the stored row that was changed, and whether it was stale.
    why_reason = ""
    stored: Any = None
    is_stale = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        only = self._only_client()
        if self.instance.pk and isinstance(self.instance, ClientModel):
            self._ask_for_reason(self.instance.why_reason())
        if self.instance.pk:
            self.fields["version"].initial = self.instance.version
            self.fields.pop("client", None)
            self.fields.pop("opened_for")
        elif only is not None:
            self.instance.client = only
            self.fields.pop("client", None)
            self.fields["opened_for"].initial = only.code
        else:
            self.fields.pop("opened_for")
            if "client" in self.fields:
                texts = {"required": "Choose a client.", "invalid_choice": UNKNOWN_CLIENT}
                self.fields["client"].required = not self._may_be_shared()
                self.fields["client"].error_messages.update(texts)

    def _ask_for_reason(self, why: str) -> None:
        """A field for the reason, only where one is needed."""
        if why and "change_reason" not in self.fields:
            self.why_reason = why
            self.fields["change_reason"] = forms.CharField(
                label="Reason",
                max_length=300,
                error_messages={"required": GIVE_A_REASON},
                widget=forms.TextInput(attrs={"class": "vTextField"}),
            )

    def _only_client(self) -> Client | None:
        """The one client in scope; none for a shared table, which a platform admin may fill."""
        scope = current_scope()
        if len(scope.ids) != 1 or self._may_be_shared():
            return None
        return Client.objects.get()

    def _may_be_shared(self) -> bool:
        return self._meta.model._meta.get_field("client").null and current_scope().reaches_all

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        row = self.instance
        if not isinstance(row, ClientModel):
            return
        # Only now it shows that the row is to move into a closed shift, or to join a verified one.
        if refusal := row.refusal_to_add(current_scope()):
            self.add_error(None, refusal)
            return
        if self.why_reason:
            return
        self._ask_for_reason(row.why_reason_to_add() if row._state.adding else row.why_reason())
        if self.why_reason and not self.data.get("change_reason", "").strip():
            self.add_error("change_reason", GIVE_A_REASON)

    def validate_constraints(self) -> None:
        super().validate_constraints()
        for name, found in said_once(self.errors.as_data()).items():
            self.errors[name] = self.error_class(found, renderer=self.renderer)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opened_for = cleaned.get("opened_for")
        if opened_for and opened_for != self.instance.client.code:
            raise ValidationError(f"This form belongs to {opened_for}. Reload.", code="client")
        self._refuse_another_client()
        if self.instance.pk:
            self._refuse_stale()
        if self.refused is not None:
            for name, sentences in _by_field(self.refused).items():
                self.add_error(name if name in self.fields else None, list(sentences))
        return cleaned

    def _refuse_another_client(self) -> None:
        """Where the page offers no choice, one is not slipped in either."""
        named = self.data.get(self.add_prefix("client"), "")
        if "client" in self.fields or named in ("", str(self.instance.client_id)):
            return
        if self.instance.pk:
            raise ValidationError("The client of a row never changes.", code="client")
        raise ValidationError(UNKNOWN_CLIENT, code="client", params={"value": named})

    def _refuse_stale(self) -> None:
        model = type(self.instance)
        stored = model.with_voided.select_for_update(of=("self",)).get(pk=self.instance.pk)
        self.stored = stored
        if self.cleaned_data.get("version") == stored.version:
            # What the database moved by itself meanwhile is not overwritten.
            for name in model.system_fields() - {"client"}:
                field = model._meta.get_field(name)
                setattr(self.instance, field.attname, getattr(stored, field.attname))
            return
        # The next save counts as one that has seen the difference.
        seen = QueryDict(mutable=True)
        seen.update(self.data)  # type: ignore[arg-type]
        seen[self.add_prefix("version")] = str(stored.version)
        self.data = seen
        self.is_stale = True
        raise ValidationError([changed_by(stored), *self._differences(stored)], code="stale")

    def _differences(self, stored: Any) -> list[str]:
        lines = []
        for name in self.changed_data:
            if name in FORM_FIELDS or name not in self.cleaned_data:
                continue
            label = self.fields[name].label or name
            lines.append(
                f"{label}: stored “{_shown(getattr(stored, name))}”, "
                f"yours “{_shown(self.cleaned_data[name])}”."
            )
        return lines


def _by_field(error: ValidationError) -> dict[str, Any]:
    return error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}


def changed_by(stored: Any) -> str:
    who = stored.updated_by.get_username() if stored.updated_by else "the system"
    zone = stored.client.zone if stored.client else timezone.get_default_timezone()
    at = formats.date_format(stored.updated_at.astimezone(zone), "Y-m-d H:i")
    return f"This row was changed by {who} at {at}. Compare and save again."


def _shown(value: Any) -> str:
    return "–" if value in (None, "") else str(value)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        error_messages={"required": "Give a reason for the void."},
        widget=forms.TextInput(attrs={"autofocus": True, "class": "vTextField"}),
    )
