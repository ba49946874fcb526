"""The bases of every client-owned table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, ClassVar, Self

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.db.models.signals import post_init, pre_init
from django.utils import timezone

from clients.constraints import Rule, broken_rules, said_once
from clients.fields import ClientForeignKey, EmployeeForeignKey, OwnerField
from clients.managers import (
    ClientManager,
    ClientQuerySet,
    SharedManager,
    SharedVoidedToo,
    VoidedToo,
)
from clients.roles import Action
from clients.scope import Scope, because, current_scope
from clients.sound import Sound

SECOND_PERSON = "A second person has to verify this row."
GIVE_A_REASON = "Give a reason for the change."


class EntryMethod(models.TextChoices):
    MANUAL = "MANUAL", "typed or pasted"
    FILE = "FILE", "file"
    QR = "QR", "scanned"
    API = "API", "API"
    SYSTEM = "SYSTEM", "system"


class ClientRow(models.Model):
    """A row that belongs to one client, behind the three walls."""

    client = OwnerField()

    objects = ClientManager()

    edit_action: ClassVar[Action] = Action.PLATFORM
    natural_key: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    client_id: int

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any
    ) -> Self:
        """Django's, without asking each field to set a value that is set by keeping it.

        A page of a hundred rows is made in a quarter of the time.
        """
        if pre_init.has_listeners(cls) or post_init.has_listeners(cls):
            return super().from_db(db, field_names, values, **more)
        row = cls.__new__(cls)
        row.__dict__.update(zip(field_names, values, strict=True))
        row._state = state = models.base.ModelState()
        state.adding, state.db = False, db
        if more.get("fetch_mode") is not None:
            state.fetch_mode = more["fetch_mode"]
        return row

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        """Fill what the system fills, with the same number of queries for 1 row or 10,000.

        `full_clean` calls it for one row; sheets and files call it for all their rows together
        and then `validate_row` for each. Fields may still be empty or wrong: fill what you can.
        """

    def hidden_fields(self) -> set[str]:
        """Names of fields whose values, now or ever, the user of the current scope may not see.

        Asked of rows that are gone as well: then only the id and the client are known.
        """
        if current_scope().may(Action.SEE_NAMES, self.client_id):
            return set()
        return {each.name for each in self._meta.fields if isinstance(each, EmployeeForeignKey)}

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.prepare([self])
        try:
            super().full_clean(*args, **kwargs)
        except ValidationError as error:
            raise ValidationError(said_once(error.error_dict)) from None

    def validate_row(self) -> None:
        """Fields, references, rules and `clean` without a query, for rows that were prepared.

        Uniqueness is left to the caller, who compares natural keys for all rows at once.
        """
        errors: dict[str, Any] = {}
        for step in (self.clean_fields, self.clean):
            try:
                step()
            except ValidationError as error:
                errors = error.update_error_dict(errors)
        for error in broken_rules(self):
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(said_once(errors))

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._do_update(base_qs.filter(client_id=self.client_id), *args, **kwargs)  # type: ignore[misc]

    def clean_fields(
        self, exclude: Iterable[str] | None = None, *, sound: Sound | None = None
    ) -> None:
        left_out = {*(exclude or ()), *self.system_fields()}
        if sound is None:
            super().clean_fields(exclude=left_out)
            return
        known = sound.known_in(self, left_out)
        super().clean_fields(exclude=left_out | known)
        sound.remember(self, left_out | known)

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        # Forms leave the client and system fields out; the constraints need them all the same.
        known = {each.name for each in self._meta.fields if each.name in self.system_fields()}
        super().validate_constraints(exclude=set(exclude or ()) - known)

    @classmethod
    def system_fields(cls) -> frozenset[str]:
        """Fields that nobody types: kept by the database or set by `prepare`."""
        return _system_fields(cls)


@cache
def _system_fields(model: type[models.Model]) -> frozenset[str]:
    return frozenset({"client"} | {each.name for each in model._meta.fields if not each.editable})


class ClientModel(ClientRow):
    """A client row with the common columns: who, when, how, version, void."""

    created_at = models.DateTimeField(editable=False, default=timezone.now)
    created_by = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField(editable=False, default=timezone.now)
    updated_by = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    entry_method = models.CharField(
        max_length=6, choices=EntryMethod, default=EntryMethod.MANUAL, editable=False
    )
    batch = ClientForeignKey("clients.ImportBatch", null=True, editable=False, related_name="+")
    voided_at = models.DateTimeField(null=True, editable=False)
    voided_by = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )
    void_reason = models.CharField(max_length=300, null=True, editable=False)

    objects = ClientManager()
    with_voided = VoidedToo()

    class Meta:
        abstract = True
        constraints: ClassVar[list[Any]] = [
            Rule(
                models.Q(voided_at__isnull=True, void_reason__isnull=True)
                | models.Q(voided_at__isnull=False, void_reason__isnull=False),
                name="%(app_label)s_%(class)s_void_with_reason",
                message="Give a reason for the void.",
            )
        ]

    @property
    def is_voided(self) -> bool:
        return self.voided_at is not None

    def void(self, *, by: Any, reason: str) -> None:
        """Take the row out of every list and figure; it stays for the audit."""
        if not reason.strip():
            raise ValidationError("Give a reason for the void.", code="required")
        self.voided_at, self.voided_by, self.void_reason = timezone.now(), by, reason.strip()
        with because(self.void_reason):
            self.save(update_fields=["voided_at", "voided_by", "void_reason"])

    # What a correction is judged by, to be read together with rows that are judged by the hundred.
    judged_by: ClassVar[tuple[str, ...]] = ()

    def refusal_to_edit(self, scope: Scope) -> str:
        """Why this person may not change or void this row now; empty when it may be changed."""
        if self.client_id is None and not scope.reaches_all:
            return "Platform admins change what all clients share."
        if not scope.may(self.edit_action, self.client_id):
            return "Your role in this client does not allow this change."
        if self.edit_action is not Action.ENTRY or scope.may(Action.EDIT_ANY, self.client_id):
            return ""
        own = scope.user is not None and self.created_by_id == scope.user.pk
        if own and self.is_day_of_entry():
            return ""
        return "Operators change their own rows on the day of entry only. Ask a supervisor."

    def is_day_of_entry(self) -> bool:
        """Whether the local day on which the row was entered still lasts."""
        return bool(self.client.local_day(self.created_at) == self.client.today())

    def refusal_to_add(self, scope: Scope) -> str:
        """Why this person may not add this row to another one, or move it there; empty when they
        may."""
        return ""

    def why_reason(self) -> str:
        """Why a change of this row needs a reason; empty when it needs none."""
        return ""

    def why_reason_to_add(self) -> str:
        """Why even adding this row needs a reason; empty when it needs none."""
        return ""


class PartModel(ClientModel):
    """A row that belongs to another one, such as a defect: changing it changes that one."""

    part_of: ClassVar[str]

    class Meta(ClientModel.Meta):
        abstract = True

    @property
    def whole(self) -> Any:
        """The row that this is a part of; None while it is not known."""
        try:
            return getattr(self, self.part_of)
        except ObjectDoesNotExist:
            return None

    def refusal_to_edit(self, scope: Scope) -> str:
        """Whoever may change the whole may change its parts."""
        whole = self.whole
        return super().refusal_to_edit(scope) if whole is None else whole.refusal_to_edit(scope)

    def refusal_to_add(self, scope: Scope) -> str:
        whole = self.whole
        return whole.refusal_to_edit(scope) if whole is not None and whole.verified_at else ""

    def why_reason(self) -> str:
        whole = self.whole
        return "" if whole is None else whole.why_reason()

    def why_reason_to_add(self) -> str:
        whole = self.whole
        return whole.why_reason() if whole is not None and whole.verified_at else ""


class VerifiedModel(ClientModel):
    """A shop-floor row that a second person confirms."""

    verified_at = models.DateTimeField(null=True, editable=False)
    verified_by = models.ForeignKey(
        "clients.User", models.PROTECT, null=True, editable=False, related_name="+", db_index=False
    )

    verify_action: ClassVar[Action] = Action.VERIFY

    class Meta(ClientModel.Meta):
        abstract = True
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            Rule(
                models.Q(verified_at__isnull=True, verified_by__isnull=True)
                | models.Q(verified_at__isnull=False, verified_by__isnull=False),
                name="%(app_label)s_%(class)s_verified_both",
                message="A verification has a person and a time.",
            ),
            Rule(
                models.Q(verified_by__isnull=True)
                | models.Q(created_by__isnull=True)
                | ~models.Q(verified_by=models.F("created_by")),
                name="%(app_label)s_%(class)s_second_person",
                message=SECOND_PERSON,
            ),
        ]

    def refusal_to_verify(self, scope: Scope) -> str:
        """Why this person may not confirm this row now; empty when they may."""
        if not scope.may(self.verify_action, self.client_id):
            return "Your role in this client does not allow this."
        if self.is_voided:
            return f"This row was voided: {self.void_reason}"
        if self.verified_at:
            return "This row is verified already."
        if scope.user is not None and self.created_by_id == scope.user.pk:
            return SECOND_PERSON
        return ""

    def verify(self, *, by: Any) -> None:
        if self.created_by_id == by.pk:
            raise ValidationError(SECOND_PERSON, code="locked")
        self.verified_at, self.verified_by = timezone.now(), by
        with because("verified"):
            self.save(update_fields=["verified_at", "verified_by"])

    def refusal_to_edit(self, scope: Scope) -> str:
        if self.verified_at and not scope.may(Action.EDIT_VERIFIED, self.client_id):
            return "This row is verified. Ask a supervisor or manager."
        return super().refusal_to_edit(scope)

    def why_reason(self) -> str:
        return "This row is verified." if self.verified_at else super().why_reason()


class SharedClientModel(ClientModel):
    """A table with rows of clients and rows shared by all, which have no client."""

    client = OwnerField(null=True, blank=True)  # type: ignore[assignment]

    objects = SharedManager()
    with_voided = SharedVoidedToo()

    class Meta(ClientModel.Meta):
        abstract = True


__all__ = [
    "ClientManager",
    "ClientModel",
    "ClientQuerySet",
    "ClientRow",
    "EntryMethod",
    "PartModel",
    "SharedClientModel",
    "VerifiedModel",
]
