"""The serializer under every endpoint of a client row.

    class MachineSerializer(ClientSerializer):
        class Meta:
            model = Machine
            fields = ("code", "name", "line", "status", "notes")

That is all: the client, the version and the record of writing come by themselves, references are
written by business code, and the model validates (`prepare`, then `full_clean`), so that the API
obeys the rules and says the sentences of form, sheet and file. A field named in
`Meta.restricted = {"phone": Action.EMPLOYEES_PROTECTED}` exists only for those who may.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, ClassVar

from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Value
from django.db.models.functions import Now
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError

from clients.fields import ClientForeignKey, CodeField, EmployeeForeignKey
from clients.models import Client, EntryMethod
from clients.permissions import NOT_HERE, may
from clients.readers import Reader, readers_of
from clients.references import depends, find, text_of
from clients.roles import Action
from clients.rows import GIVE_A_REASON, ClientModel, VerifiedModel
from clients.scope import because, current_scope

CHOOSE_A_CLIENT = "Choose a client."
CLIENT_NEVER_CHANGES = "The client of a row never changes."


class CodeText(serializers.CharField):
    """A business code: typed in any case, stored in capitals."""

    def to_internal_value(self, data: Any) -> str:
        return str(super().to_internal_value(data)).upper()


class ClientCode(serializers.CharField):
    def get_attribute(self, instance: Any) -> Any:
        return text_of(instance, "client")


@extend_schema_field({"type": ["string", "integer"], "examples": ["L1"]})
class CodeReference(serializers.Field):
    """Another row of the same client, by its code; where it has none, by its id."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Give the code as text."}

    def get_attribute(self, instance: Any) -> Any:
        field = instance._meta.get_field(self.source)
        if isinstance(field, EmployeeForeignKey) and not may(Action.SEE_NAMES, instance.client_id):
            return None
        return text_of(instance, str(self.source))

    def to_representation(self, value: Any) -> Any:
        return value

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("invalid")
        text = str(data).strip()
        if not text or "\x00" in text:
            self.fail("invalid")
        return text


class Instant(serializers.DateTimeField):
    """Without an offset it is the local time of the client, which is known later."""

    def enforce_timezone(self, value: datetime.datetime) -> datetime.datetime:
        return value if timezone.is_naive(value) else super().enforce_timezone(value)

    def to_representation(self, value: Any) -> Any:
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


MESSAGES: dict[type[serializers.Field], dict[str, str]] = {
    serializers.DateField: {"invalid": "Not a date in the form YYYY-MM-DD."},
    serializers.DateTimeField: {
        "invalid": "Not an instant in the form YYYY-MM-DDTHH:MM, with or without an offset."
    },
    serializers.TimeField: {"invalid": "Not a time in the form HH:MM."},
    serializers.IntegerField: {"invalid": "Not a whole number."},
    serializers.DecimalField: {"invalid": "Not a number."},
    serializers.BooleanField: {"invalid": "Neither true nor false."},
}


class ClientSerializer(serializers.ModelSerializer):
    client = ClientCode(
        required=False,
        help_text="Code of the client. May be left out where only one is in question.",
    )
    version = serializers.IntegerField(
        required=False, help_text="On a change: the version that was read (or If-Match)."
    )
    change_reason = serializers.CharField(
        write_only=True,
        required=False,
        max_length=300,
        help_text="Kept in the history. Required for a change of a verified row or a closed shift.",
    )

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        CodeField: CodeText,
        models.DateTimeField: Instant,
    }
    row: Any = None

    @classmethod
    def model(cls) -> Any:
        return cls.Meta.model  # type: ignore[attr-defined]

    @classmethod
    def listed(cls) -> tuple[str, ...]:
        return tuple(cls.Meta.fields)  # type: ignore[attr-defined]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["client"].allow_null = self._may_be_shared()
        return fields

    def _may_be_shared(self) -> bool:
        return bool(self.model()._meta.get_field("client").null)

    def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
        model = self.model()
        own = [name for name in self.listed() if name not in self.periods()]
        names = ["id", "client", *own]
        names += [f"{name}_{end}" for name in self.periods() for end in ("from", "to")]
        names += ["version", "change_reason", "entry_method", "created_at", "updated_at"]
        return names + (["verified_at"] if issubclass(model, VerifiedModel) else [])

    @classmethod
    def periods(cls) -> list[str]:
        """Fields of the kind “valid”: two flat days in the API, both included, as in files."""
        model, names = cls.model(), cls.listed()
        fields = {each.name: each for each in model._meta.fields}
        return [name for name in names if isinstance(fields.get(name), DateRangeField)]

    @classmethod
    def references(cls) -> list[str]:
        model = cls.model()
        fields = {each.name: each for each in model._meta.fields}
        names = (*cls.listed(), "client")
        return [name for name in names if getattr(fields.get(name), "remote_field", None)]

    def build_field(self, field_name: str, info: Any, model_class: Any, nested_depth: int) -> Any:
        name, _, end = field_name.rpartition("_")
        if name in self.periods() and end in ("from", "to"):
            field = PeriodStart if end == "from" else PeriodEnd
            required = end == "from" and not model_class._meta.get_field(name).blank
            return field, {"source": f"{name}.{end}", "required": required}
        return super().build_field(field_name, info, model_class, nested_depth)

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        field = relation_info.model_field
        if not isinstance(field, ClientForeignKey):
            return super().build_relational_field(field_name, relation_info)
        optional = field.null or field.has_default()
        kwargs: dict[str, Any] = {
            "help_text": field.help_text or f"Code of the {field.verbose_name}."
        }
        if field.editable:
            kwargs |= {"required": not optional, "allow_null": field.null}
        else:
            kwargs |= {"read_only": True}
        return CodeReference, kwargs

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """The type is judged here; everything else by the model, in its own words."""
        kind, kwargs = super().build_standard_field(field_name, model_field)
        kwargs.pop("validators", None)
        if not kwargs.get("read_only"):
            kwargs["error_messages"] = _said_by(kind, model_field)
        return kind, kwargs

    def get_validators(self) -> list[Any]:
        return []

    # -- reading ---------------------------------------------------------------------------

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = {}
        for name, read in self._readers:
            try:
                shown[name] = read(instance)
            except serializers.SkipField:
                continue
        for name, action in self.restricted().items():
            if not may(action, instance.client_id):
                shown.pop(name, None)
        return shown

    @property
    def _readers(self) -> list[tuple[str, Reader]]:
        return _readers_of(type(self))

    @classmethod
    def restricted(cls) -> dict[str, Action]:
        return getattr(cls.Meta, "restricted", {})  # type: ignore[attr-defined]

    # -- writing ---------------------------------------------------------------------------

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {key: ["Unknown field."] for key in data if key not in self.fields}
            if unknown:
                raise ValidationError(unknown)
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = dict(attrs)
        attrs.pop("version", None)
        self.reason = attrs.pop("change_reason", "")
        self.row = self._row_to_write(attrs)
        why = _why(self.row) if self.instance is not None else ""
        self._refuse_restricted(attrs)
        self._fill(attrs)
        type(self.row).prepare([self.row])
        self._ask_for_reason(why)
        try:
            # Uniqueness is the database's to judge; its sentence comes by the exception handler.
            self.row.validate_row()
        except ModelError as error:
            raise ValidationError(self.said(error)) from error
        return attrs

    def _ask_for_reason(self, why: str) -> None:
        """Of what the row was, and of what it becomes: it may move into a closed shift."""
        row = self.row
        if isinstance(row, ClientModel) and (refusal := row.refusal_to_add(current_scope())):
            raise PermissionDenied(refusal)
        if isinstance(row, ClientModel) and row._state.adding:
            why = row.why_reason_to_add()
        elif not why:
            why = _why(row)
        if why and not self.reason.strip():
            raise ValidationError({"change_reason": [GIVE_A_REASON]})

    def _row_to_write(self, attrs: dict[str, Any]) -> Any:
        given = "client" in attrs
        code = attrs.pop("client", None)
        if self.instance is not None:
            own = self.instance.client.code if self.instance.client_id else None
            if given and code != own:
                raise ValidationError({"client": [CLIENT_NEVER_CHANGES]})
            return self.instance
        model = self.model()
        client = self._client(code, given=given)
        if not may(model.edit_action, client.pk if client else None):
            raise PermissionDenied(NOT_HERE)
        return model(client=client, entry_method=EntryMethod.API)

    def _client(self, code: str | None, *, given: bool) -> Client | None:
        """The client of a new row; none for the shared pool, which platform admins fill."""
        if given and code is None:
            if current_scope().reaches_all:
                return None
            raise ValidationError({"client": [CHOOSE_A_CLIENT]})
        return client_named(code)

    def _refuse_restricted(self, attrs: dict[str, Any]) -> None:
        for name, action in self.restricted().items():
            if name in attrs and not may(action, self.row.client_id):
                raise ValidationError({name: ["Your role does not open this field."]})

    def _fill(self, attrs: dict[str, Any]) -> None:
        errors: dict[str, list[str]] = {}
        meta = self.row._meta
        named = [key for key in attrs if isinstance(_field(meta, key), ClientForeignKey)]
        for name, value in attrs.items():
            if name in named:
                continue
            if isinstance(value, datetime.datetime) and timezone.is_naive(value):
                value = self._localised(value, name, errors)
            elif name in self.periods():
                value = _period(value, getattr(self.row, name, None))
            setattr(self.row, name, value)
        # A shift's code may depend on the line, so the line is looked up first.
        for name in sorted(named, key=lambda each: depends(meta.get_field(each))):
            self._point(name, attrs[name], errors)
        if errors:
            raise ValidationError(errors)

    def _point(self, name: str, text: str | None, errors: dict[str, list[str]]) -> None:
        if text is None:
            setattr(self.row, name, None)
            return
        stored = getattr(self.row, f"{name}_id") is not None
        if (
            stored
            and str(text_of(self.row, name)) == text
            and not depends(_field(self.row._meta, name))
        ):
            return
        try:
            setattr(self.row, name, find(_field(self.row._meta, name), self.row, text))
        except ModelError as error:
            errors[name] = error.messages

    def _localised(
        self, value: datetime.datetime, name: str, errors: dict[str, list[str]]
    ) -> datetime.datetime:
        zone = self.row.client.zone
        early, late = (value.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() != late.utcoffset():
            errors[name] = ["This hour does not exist or exists twice here. Add the offset."]
        return early

    def said(self, error: ModelError) -> dict[str, list[str]]:
        """The model's sentences under the names that the API has for its fields."""
        errors = getattr(error, "error_dict", None) and error.message_dict
        errors = errors or {NON_FIELD_ERRORS: error.messages}
        names: dict[str, str] = {NON_FIELD_ERRORS: "non_field_errors"}
        names |= {name: f"{name}_from" for name in self.periods()}
        return {names.get(key, key): texts for key, texts in errors.items()}

    def create(self, validated_data: dict[str, Any]) -> Any:
        with self._because():
            return self._written()

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        was_verified = getattr(instance, "verified_at", None) is not None
        with self._because():
            row = self._written()
        if was_verified:
            # A second person confirmed other values than these; the database knows.
            row.refresh_from_db(fields=["verified_at", "verified_by", "version", "updated_at"])
        return row

    def _because(self) -> AbstractContextManager[None]:
        return because(self.reason.strip()) if self.reason.strip() else nullcontext()

    def _written(self) -> Any:
        # The database keeps these by itself, and tells them in the answer to the same statement.
        self.row.version = Value(1) if self.row._state.adding else F("version")
        self.row.created_at = self.row.updated_at = Now()
        self.row.save()
        return self.row


def _why(row: Any) -> str:
    return row.why_reason() if isinstance(row, ClientModel) else ""


@cache
def _readers_of(kind: type[ClientSerializer]) -> list[tuple[str, Reader]]:
    """Found out once for all requests: no field has a context that says who is asking."""
    return readers_of(kind().fields, kind.model())


class PeriodStart(serializers.DateField):
    def get_attribute(self, instance: Any) -> Any:
        period = getattr(instance, self.source_attrs[0])
        return period.lower if period else None


class PeriodEnd(serializers.DateField):
    """The last day, included; empty while there is no end."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "allow_null": True})

    def get_attribute(self, instance: Any) -> Any:
        period = getattr(instance, self.source_attrs[0])
        if not period or period.upper is None:
            return None
        return period.upper - datetime.timedelta(days=0 if period.upper_inc else 1)


def client_named(code: str | None) -> Client:
    """The client of that code among the caller's own; without a code, the only one there is."""
    scope = current_scope()
    if scope.is_platform:
        found = list(Client.objects.filter(code=code) if code else Client.objects.all()[:2])
    else:
        held = [each.client for each in scope.memberships.values() if each.client_id in scope.ids]
        found = [each for each in held if code in (None, each.code)]
    if len(found) == 1:
        return found[0]
    sentence = CHOOSE_A_CLIENT if code is None else f"Unknown client “{code}”."
    raise ValidationError({"client": [sentence]})


def _said_by(kind: type[serializers.Field], model_field: Any) -> dict[str, str]:
    """What the serializer field says: the model's own words where it has any."""
    said: dict[str, str] = {}
    for each, texts in MESSAGES.items():
        if issubclass(kind, each):
            said |= texts
    if issubclass(kind, serializers.ChoiceField):
        words = ", ".join(str(value) for value, _ in model_field.flatchoices)
        said["invalid_choice"] = f"Unknown value “{{input}}”. Choose among {words}."
    own = model_field._error_messages or {}
    said |= {"invalid": str(own["invalid"])} if "invalid" in own else {}
    for limit in model_field.validators:
        is_limit = isinstance(limit, MinValueValidator | MaxValueValidator)
        if is_limit and limit.message != type(limit).message:
            said[limit.code] = str(limit.message)
    return said


def _field(meta: Any, name: str) -> Any:
    return next((each for each in meta.fields if each.name == name), None)


def _period(ends: dict[str, Any], stored: Any) -> DateRange:
    first = ends.get("from", stored and stored.lower)
    if "to" not in ends:
        return DateRange(first, stored and stored.upper, "[)")
    last = ends["to"]
    if last is None or last == datetime.date.max:
        return DateRange(first, None, "[)")
    return DateRange(first, last + datetime.timedelta(days=1), "[)")
