"""The form that takes a file or pasted cells."""

from __future__ import annotations

from typing import Any

from django import forms

from clients.imports.entities import EntityImport, registry
from clients.imports.errors import Refused
from clients.imports.files import LARGEST_BYTES, TOO_LARGE, Sheet, read_file, read_text
from clients.models import Client
from clients.scope import current_scope


def offered_entities() -> list[EntityImport]:
    """What this person may import into at least one client."""
    return [entity for entity in registry.in_order() if current_scope().may(entity.right)]


class UploadForm(forms.Form):
    client = forms.ModelChoiceField(
        Client.objects.none(),
        empty_label="Choose a client",
        to_field_name="code",
        error_messages={"required": "Choose a client.", "invalid_choice": "Choose a client."},
    )
    entity = forms.ChoiceField(
        label="What the file holds", error_messages={"required": "Say what the file holds."}
    )
    file = forms.FileField(
        required=False,
        help_text="CSV or XLSX, at most 10 MB and 100,000 rows.",
        error_messages={"empty": "The file is empty."},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.txt,.tsv"}),
    )
    sheet = forms.CharField(
        required=False, max_length=31, help_text="Of a workbook with several; empty: the first."
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste cells",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="Copied from a spreadsheet, with the header row.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clients = Client.objects.filter(active=True)
        self.fields["client"].queryset = clients  # type: ignore[attr-defined]
        if len(current_scope().ids) == 1:
            only = clients.first()
            self.initial["client"] = only.code if only else ""
            self.fields["client"].widget = forms.HiddenInput()
        entities = [(each.name, each.label.capitalize()) for each in offered_entities()]
        self.fields["entity"].choices = [("", "Choose"), *entities]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if self.errors:
            return cleaned
        if bool(file) == bool(text.strip()):
            raise forms.ValidationError("Choose a file or paste cells, one of the two.")
        try:
            cleaned["read"] = self._read(file, text, cleaned.get("sheet", ""))
        except Refused as refused:
            self.add_error("file" if file else "text", str(refused))
        return cleaned

    def _read(self, file: Any, text: str, sheet: str) -> Sheet:
        if not file:
            return read_text(text)
        if file.size > LARGEST_BYTES:
            raise Refused(TOO_LARGE, "too_large")
        return read_file(file.read(), file.name, sheet)
