"""Goals, and the rules of counting that a client agreed to."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from clients.constraints import LIVE, Rule, no_overlap
from clients.managers import ClientManager, ClientQuerySet, SharedManager
from clients.models import ClientModel, SharedClientModel
from clients.periods import PeriodField, until
from clients.roles import Action
from clients.scope import because, current_scope
from kpis.contract import RULES, needs_finance_note, restamp_rows, rule_choices
from kpis.registry import catalogue, kpi_choices

ORDER_THE_VALUES = "Order the values: target, warning, critical."


class TargetQuerySet(ClientQuerySet):
    def valid_on(self, day: datetime.date) -> Self:
        return self.filter(valid__contains=day)


class Target(SharedClientModel):
    """Where a KPI should be; without client it holds for all who set none of their own."""

    kpi_key = models.CharField("KPI", max_length=40, choices=kpi_choices)
    target = models.DecimalField(max_digits=14, decimal_places=4)
    warning = models.DecimalField(max_digits=14, decimal_places=4)
    critical = models.DecimalField(max_digits=14, decimal_places=4)
    valid = PeriodField()

    objects = SharedManager.from_queryset(TargetQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("kpi_key", "valid")
    edit_action: ClassVar[Action] = Action.TARGETS

    class Meta(SharedClientModel.Meta):
        verbose_name = "target"
        ordering: ClassVar[list[str]] = ["kpi_key", "-valid"]
        constraints: ClassVar[list[Any]] = [
            *SharedClientModel.Meta.constraints,
            Rule(
                Q(target__gte=F("warning"), warning__gte=F("critical"))
                | Q(target__lte=F("warning"), warning__lte=F("critical")),
                name="kpis_target_ordered",
                message=ORDER_THE_VALUES,
                field="target",
            ),
            ExclusionConstraint(
                name="kpis_target_once",
                expressions=[
                    (
                        Coalesce("client", Value(0), output_field=models.BigIntegerField()),
                        RangeOperators.EQUAL,
                    ),
                    ("kpi_key", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=LIVE,
                violation_error_message="Another target is valid in this period.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kpi_key_display()} {self.target.normalize():f}"

    def clean(self) -> None:
        super().clean()
        values = (self.target, self.warning, self.critical)
        if self.kpi_key not in dict(kpi_choices()) or None in values:
            return
        up = catalogue.kpi(self.kpi_key).direction == "up"
        if list(values) != sorted(values, reverse=up):
            raise ValidationError({"target": ORDER_THE_VALUES})


class AssumptionQuerySet(ClientQuerySet):
    def ever_in_force(self) -> Self:
        """Approved once: a retired rule still holds for the days on which it was valid."""
        return self.filter(approved_at__isnull=False, valid__isempty=False)

    def of_rule(self, other: Assumption) -> Self:
        return self.filter(client_id=other.client_id, key=other.key).exclude(pk=other.pk)


class Assumption(ClientModel):
    """One rule of the KPI contract: proposed by one person, approved by another."""

    class Status(models.TextChoices):
        PROPOSED = "PROPOSED", "Proposed"
        APPROVED = "APPROVED", "Approved"
        RETIRED = "RETIRED", "Retired"

    key = models.CharField("rule", max_length=40, choices=rule_choices)
    value = models.JSONField("value")
    rationale = models.TextField("rationale", max_length=1000)
    finance_note = models.TextField(
        "finance note", max_length=1000, blank=True,
        help_text="Needed for a carrier buffer above 15 %.",
    )  # fmt: skip
    valid = PeriodField(
        help_text="First day, not before the day of approval, and last day, which may be open."
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.PROPOSED, editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+",
        db_index=False,
    )  # fmt: skip
    proposed_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+",
        db_index=False,
    )  # fmt: skip
    approved_at = models.DateTimeField(null=True, editable=False)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+",
        db_index=False,
    )  # fmt: skip
    retired_at = models.DateTimeField(null=True, editable=False)

    objects = ClientManager.from_queryset(AssumptionQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("key", "valid")
    edit_action: ClassVar[Action] = Action.PROPOSE_ASSUMPTION

    class Meta(ClientModel.Meta):
        verbose_name = "assumption"
        ordering: ClassVar[list[str]] = ["key", "-valid"]
        constraints: ClassVar[list[Any]] = [
            *ClientModel.Meta.constraints,
            Rule(
                Q(approved_by__isnull=True)
                | Q(proposed_by__isnull=True)
                | ~Q(approved_by=F("proposed_by")),
                name="kpis_assumption_second_person",
                message="The proposer cannot approve.",
            ),
            Rule(
                ~Q(status="APPROVED") | Q(approved_at__isnull=False),
                name="kpis_assumption_approved_has_time",
                message="An approval has a person and a time.",
            ),
            no_overlap(
                "valid",
                "key",
                name="kpis_assumption_once",
                message="Another value of this rule is approved in this period.",
                condition=Q(status="APPROVED"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_key_display()}: {self.value}"

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        super().prepare(rows)
        for row in rows:
            if row._state.adding and row.proposed_at is None:
                row.proposed_at, row.proposed_by = timezone.now(), current_scope().user

    def clean(self) -> None:
        super().clean()
        if self.key not in RULES:
            return
        try:
            self.value = RULES[self.key].clean(self.value)
        except ValidationError as error:
            raise ValidationError({"value": error.messages}) from error
        if needs_finance_note(self.key, self.value) and not self.finance_note.strip():
            raise ValidationError({"finance_note": "A buffer above 15 % needs a finance note."})

    def refusal_to_edit(self, scope: Any) -> str:
        if self.status != self.Status.PROPOSED:
            return "Only a proposal can be changed. Propose a new value instead."
        return super().refusal_to_edit(scope)

    def approve(self, *, by: Any) -> None:
        """Put the rule in force, and end the value before it on the day before."""
        self._expect(self.Status.PROPOSED, "Only a proposal can be approved.")
        if self.proposed_by_id == by.pk:
            raise ValidationError("The proposer cannot approve.", code="locked")
        self._expect_right(Action.APPROVE_ASSUMPTION)
        if self.valid.lower < self.client.today():
            raise ValidationError("Valid from must not be before the day of approval.")
        with transaction.atomic():
            self._end_previous()
            self.status = self.Status.APPROVED
            self.approved_by, self.approved_at = by, timezone.now()
            self.save(update_fields=["status", "approved_by", "approved_at"])
            restamp_rows(self.client_id, self.key, self.valid.lower)

    def withdraw(self, *, by: Any) -> None:
        """The proposer takes the proposal back."""
        self._expect(self.Status.PROPOSED, "Only a proposal can be withdrawn.")
        if self.proposed_by_id != by.pk:
            raise ValidationError("Only the proposer can withdraw. Refuse it instead.")
        self._retire(by)

    def refuse(self, *, by: Any, reason: str) -> None:
        self._expect(self.Status.PROPOSED, "Only a proposal can be refused.")
        self._expect_right(Action.APPROVE_ASSUMPTION)
        if not reason.strip():
            raise ValidationError("Give a reason for the refusal.")
        with because(reason.strip()):
            self._retire(by)

    def retire(self, *, by: Any) -> None:
        """Out of force from tomorrow; the days it was valid on keep it."""
        self._expect(self.Status.APPROVED, "Only an approved rule can be retired.")
        self._expect_right(Action.APPROVE_ASSUMPTION)
        tomorrow = self.client.today() + datetime.timedelta(days=1)
        if self.valid.upper is None or self.valid.upper > tomorrow:
            self.valid = until(self.valid, tomorrow)
        self._retire(by)

    def _retire(self, by: Any) -> None:
        self.status = self.Status.RETIRED
        self.retired_by, self.retired_at = by, timezone.now()
        self.save(update_fields=["status", "valid", "retired_by", "retired_at"])

    def _end_previous(self) -> None:
        first = self.valid.lower
        previous = (
            type(self).objects.of_rule(self).ever_in_force().filter(valid__overlap=self.valid)
        )
        for row in previous.select_for_update():
            row.valid = until(row.valid, first)
            if row.valid.isempty:
                row.status = self.Status.RETIRED
            row.save(update_fields=["valid", "status"])

    def _expect(self, status: str, sentence: str) -> None:
        if self.status != status:
            raise ValidationError(sentence, code="locked")

    def _expect_right(self, action: Action) -> None:
        if not current_scope().may(action, self.client_id):
            raise PermissionDenied("Your role in this client does not allow this.")
