"""What platform admins ask the audit: which entries, a page of them, and all of them as a file."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from clients.access import AT_ONCE
from clients.history import SOURCES, Words, changes_of
from clients.imports.errors import Refused
from clients.imports.files import MOST_ROWS
from clients.list_files import ListFile
from clients.models import AuditEntry, Client, Membership, User
from clients.rows import ClientRow
from clients.scope import current_scope

LOOK_BACK = datetime.timedelta(days=30)
NO_CLIENT = "none"
HEADS = ("time", "client", "user", "action", "object", "row", "changes", "reason", "source")
TOO_MANY = f"More than {MOST_ROWS:,} entries; a file takes no more. Narrow the days or the filters."
WRONG_ORDER = "The last day lies before the first day."


@cache
def audited() -> dict[str, Any]:
    """Table → model, of all whose changes the database records."""
    kinds = (ClientRow, Client, User, Membership)
    kept = [each for each in apps.get_models() if issubclass(each, kinds)]
    return {each._meta.db_table: each for each in sorted(kept, key=kind_of)}


def kind_of(model: Any) -> str:
    return str(model._meta.verbose_name)


class Day(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"})


class AuditQuestion(forms.Form):
    """By which entries are found; without days, those of the last thirty."""

    of = forms.ChoiceField(label="Client", required=False)
    table = forms.ChoiceField(label="Object", required=False)
    action = forms.ChoiceField(
        required=False, choices=[("", "all"), *AuditEntry.Kind.choices], label="What"
    )
    user = forms.CharField(label="User", required=False, max_length=50)
    source = forms.ChoiceField(
        required=False,
        label="By",
        choices=[("", "all"), *((key, word) for key, word in SOURCES.items() if key != "BULK")],
    )
    first = Day(label="From", required=False)
    last = Day(label="To", required=False)
    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "value, reason, row"}),
    )

    def __init__(self, asked: Any, clients: Iterable[Client]) -> None:
        super().__init__(asked)
        self.codes = {each.pk: each.code for each in clients}
        fields: dict[str, Any] = self.fields
        named = [(code, code) for code in self.codes.values()]
        fields["of"].choices = [("", "all"), *named, (NO_CLIENT, "of no client")]
        fields["table"].choices = [
            ("", "all"), *((table, kind_of(each)) for table, each in audited().items()),
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        today = timezone.localdate()
        last = asked.get("last") or max(today, asked.get("first") or today)
        first = asked.get("first") or last - LOOK_BACK
        if last < first:
            self.add_error("last", WRONG_ORDER)
        return {**asked, "first": first, "last": last}

    # -- what is found -----------------------------------------------------------------------

    def entries(self) -> QuerySet[AuditEntry]:
        """Newest first. Whoever has narrowed the page to one client sees no others."""
        asked = self.cleaned_data
        text = asked["q"].strip()
        found = AuditEntry.of_platform.filter(self._days())
        if text:
            found = found.alias(said=Cast("changes", TextField())).filter(_says(text))
        if len(self.codes) == 1 or asked["of"] == NO_CLIENT:
            found = found.filter(client_id__isnull=asked["of"] == NO_CLIENT)
        elif asked["of"]:
            found = found.filter(client_id=self._chosen(asked["of"]))
        for name, column in self.exact.items():
            if asked[name]:
                found = found.filter(**{column: asked[name]})
        return found.order_by("-occurred_at", "-pk")

    exact: ClassVar[dict[str, str]] = {
        "table": "table_name",
        "action": "action",
        "user": "actor_name",
        "source": "source",
    }

    def _chosen(self, code: str) -> int:
        return next(pk for pk, each in self.codes.items() if each == code)

    def _days(self) -> Q:
        asked, day = self.cleaned_data, datetime.timedelta(days=1)
        begins, ends = (_midnight(each) for each in (asked["first"], asked["last"] + day))
        return Q(occurred_at__gte=begins, occurred_at__lt=ends)

    def words(self) -> list[tuple[str, str]]:
        """The filters as they stand, for the second sheet of a workbook."""
        asked = self.cleaned_data
        return [(str(self.fields[name].label), str(asked[name])) for name in asked if asked[name]]


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))


def _says(text: str) -> Q:
    """In the fields, the old and new values, the reason; a number is also that of the row."""
    if "\x00" in text:
        return Q(pk__isnull=True)  # PostgreSQL has no such text
    found = Q(said__icontains=text) | Q(reason__icontains=text)
    if text.isascii() and text.isdecimal() and len(text) < 19:
        found |= Q(row_id=int(text))
    return found


# -- as a file ---------------------------------------------------------------------------------


class AuditFile(ListFile):
    """The entries that were asked for, written while they are read. Raises `Refused`."""

    sheet = "entries"

    def __init__(self, question: AuditQuestion) -> None:
        self.question, self.scope = question, current_scope()
        self.rows = question.entries()
        # Never more are looked at than a file takes.
        if self.rows.order_by()[: MOST_ROWS + 1].count() > MOST_ROWS:
            raise Refused(TOO_MANY, "too_many_rows")

    @property
    def file_name(self) -> str:
        asked = self.question.cleaned_data
        return f"kpi_ops_audit_{asked['first']}_{asked['last']}"

    @property
    def heads(self) -> list[str]:
        return list(HEADS)

    def lines(self) -> Iterator[list[Any]]:
        for entry in self.rows[:MOST_ROWS].iterator(chunk_size=AT_ONCE):
            yield line_of(entry, self.question.codes)

    def about(self) -> list[tuple[str, str]]:
        user = self.scope.user
        return [*self.question.words(), ("user", user.get_username() if user else "")]


def line_of(entry: AuditEntry, codes: dict[int, str]) -> list[Any]:
    model = audited().get(entry.table_name)
    changes = changes_of(model, entry.changes, Words()) if model else []
    return [
        timezone.localtime(entry.occurred_at).isoformat(timespec="seconds"),
        codes.get(entry.client_id or 0, ""),
        entry.actor_name or "system",
        entry.get_action_display(),
        kind_of(model) if model else entry.table_name,
        entry.row_id,
        "; ".join(f"{each.label}: {each.old} → {each.new}" for each in changes),
        entry.reason,
        SOURCES.get(entry.source, entry.source.lower()),
    ]
