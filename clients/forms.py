"""The form under every admin page of a client row."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import formats, timezone

from clients.models import Client
from clients.scope import current_scope


class ClientModelForm(forms.ModelForm):
    """Fills the client, refuses a stale save, and repeats what the database refused.

    With one client in scope the field is hidden; the form still carries the client that it was
    opened with, and a change of client in another tab is noticed.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    opened_for = forms.CharField(required=False, widget=forms.HiddenInput)

    refused: ClassVar[ValidationError | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        only = self._only_client()
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
            if "client" in self.fields and not self._may_be_shared():
                self.fields["client"].required = True
                self.fields["client"].error_messages["required"] = "Choose a client."

    def _only_client(self) -> Client | None:
        """The one client in scope; none for a shared table, which a platform admin may fill."""
        scope = current_scope()
        if len(scope.ids) != 1 or self._may_be_shared():
            return None
        return Client.objects.get()

    def _may_be_shared(self) -> bool:
        return self._meta.model._meta.get_field("client").null and current_scope().is_platform

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opened_for = cleaned.get("opened_for")
        if opened_for and opened_for != self.instance.client.code:
            raise ValidationError(f"This form belongs to {opened_for}. Reload.", code="client")
        if self.instance.pk:
            self._refuse_stale()
        if self.refused is not None:
            raise self.refused
        return cleaned

    def _refuse_stale(self) -> None:
        model = type(self.instance)
        stored = model.with_voided.select_for_update(of=("self",)).get(pk=self.instance.pk)
        if self.cleaned_data.get("version") == stored.version:
            return
        # The next save counts as one that has seen the difference.
        seen = QueryDict(mutable=True)
        seen.update(self.data)  # type: ignore[arg-type]
        seen[self.add_prefix("version")] = str(stored.version)
        self.data = seen
        raise ValidationError([changed_by(stored), *self._differences(stored)], code="stale")

    def _differences(self, stored: Any) -> list[str]:
        lines = []
        for name in self.changed_data:
            if name in ("version", "opened_for") or name not in self.cleaned_data:
                continue
            label = self.fields[name].label or name
            lines.append(
                f"{label}: stored “{_shown(getattr(stored, name))}”, "
                f"yours “{_shown(self.cleaned_data[name])}”."
            )
        return lines


def changed_by(stored: Any) -> str:
    who = stored.updated_by.get_username() if stored.updated_by else "the system"
    zone = stored.client.zone if stored.client else timezone.get_default_timezone()
    at = formats.date_format(stored.updated_at.astimezone(zone), "Y-m-d H:i")
    return f"This row was changed by {who} at {at}. Compare and save again."


def _shown(value: Any) -> str:
    return "–" if value in (None, "") else str(value)
