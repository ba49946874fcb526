"""Admin pages of orders, their jobs and shipments; moves, approval and delays as actions."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from clients.admin import ClientTabularInline
from clients.asking import answered, question
from clients.permissions import NOT_HERE, may
from clients.roles import Action
from clients.scope import current_scope
from plant import order_moves
from plant.admin_base import PlantAdmin
from plant.models import Job, OrderTransition, Shipment, WorkOrder
from plant.models.orders import DelayClass, DelayReason
from plant.order_flow import MOST_AT_ONCE, MOVABLE_TO
from plant.order_serializers import hours
from plant.order_status import MoveSource
from plant.order_warnings import warnings

NOTHING = ("", "---------")
COURSE: Any = ["at", "from_status", "to_status", "by", "source", "note", "since_previous"]


class MoveForm(forms.Form):
    to = forms.ChoiceField(
        choices=[NOTHING, *((each.value, each.label) for each in MOVABLE_TO)],
        error_messages={"required": "Say where the orders are to go."},
    )
    note = forms.CharField(
        required=False,
        max_length=500,
        help_text="The reason; a rejection and a cancellation need one.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class ApprovalForm(forms.Form):
    """Nothing to fill in: the question is whether."""


class DelayForm(forms.Form):
    delay_class = forms.ChoiceField(
        choices=[("", "Not classified"), *DelayClass.choices], required=False
    )
    delay_reason = forms.ChoiceField(choices=[NOTHING, *DelayReason.choices], required=False)
    delay_note = forms.CharField(
        required=False, max_length=1000, widget=forms.TextInput(attrs={"class": "vTextField"})
    )


class JobInline(ClientTabularInline):
    model = Job
    fields = ["code", "part", "quantity", "customer_job_number", "replaces", "completed_at"]
    readonly_fields = ["completed_at"]


class ShipmentInline(ClientTabularInline):
    model = Shipment
    fields = ["shipped_date", "quantity", "job", "reference", "received_date"]


class TransitionInline(ClientTabularInline):
    """The course of the order, for reading."""

    model = OrderTransition
    read_only = True
    fields = readonly_fields = COURSE
    verbose_name_plural = "course"
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("by").with_elapsed()

    @admin.display(description="after, hours")
    def since_previous(self, row: Any) -> str:
        return f"{hours(row.since_previous):,.1f}"


@admin.register(WorkOrder)
class WorkOrderAdmin(PlantAdmin):
    list_display = [
        "number", "status", "priority", "style", "line", "planned_quantity", "received_date",
        "promised_date", "delivered_date",
    ]  # fmt: skip
    list_select_related = ["style", "line"]
    list_filter = ["status", "priority", "delay_class"]
    search_fields = ["number", "customer_po", "style__code"]
    date_hierarchy = "received_date"
    readonly_fields = [
        "status", "status_before_hold", "original_promised_date", "inferred_promise_date",
        "actual_start_date", "last_output_date", "completed_date", "closed_date", "qc_approved_at",
        "qc_approved_by", "rejection_reason",
    ]  # fmt: skip
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("number", "customer_po", "status"),
                    ("style", "line"),
                    ("planned_quantity", "priority"),
                ]
            },
        ),
        (
            "Dates",
            {
                "fields": [
                    ("received_date", "acknowledged_date", "planned_start_date"),
                    ("required_date", "promised_date", "delivered_date"),
                ]
            },
        ),
        ("Delay", {"fields": [("delay_class", "delay_reason"), "delay_note"]}),
        ("Notes", {"fields": ["notes", "internal_notes"]}),
        (
            "Course",
            {
                "fields": [
                    ("original_promised_date", "inferred_promise_date"),
                    ("actual_start_date", "last_output_date"),
                    ("completed_date", "closed_date", "status_before_hold"),
                    ("qc_approved_at", "qc_approved_by", "rejection_reason"),
                ],
                "classes": ["collapse"],
            },
        ),
    ]
    inlines = [JobInline, ShipmentInline, TransitionInline]
    actions: ClassVar[Any] = ["move", "qc_approve", "classify_delay", *PlantAdmin.actions]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        inlines = super().get_inlines(request, obj)
        return inlines if obj else [each for each in inlines if each is not TransitionInline]

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        actions = super().get_actions(request, action_location)
        for name, needed in (
            ("move", Action.ORDERS),
            ("qc_approve", Action.QC_APPROVE),
            ("classify_delay", Action.CLASSIFY_DELAY),
        ):
            if not current_scope().may(needed):
                actions.pop(name, None)
        return actions

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        warn(request, [form.instance])

    @admin.action(description="Move to another status")
    def move(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows, form = list(queryset), answered(MoveForm, request)
        if len(rows) > MOST_AT_ONCE:
            messages.error(request, f"Move at most {MOST_AT_ONCE} orders at once.")
            return None
        if not form.is_valid():
            text = "Each order is judged on its own; those that may not move are named."
            return question(self, request, form, rows, title="Move orders", explanation=text)
        answer = form.cleaned_data
        source = MoveSource.BULK if len(rows) > 1 else MoveSource.MANUAL
        found = list(WorkOrder.objects.filter(pk__in=[row.pk for row in rows]).locked())
        allowed = [row for row in found if may(Action.ORDERS, row.client_id)]
        done = order_moves.move(
            allowed, answer["to"], by=request.user, note=answer["note"], source=source
        )
        done.refused |= {row.pk: NOT_HERE for row in found if row not in allowed}
        done.refused |= {row.pk: self.refusal(row) for row in rows if row not in found}
        for row in rows:
            for sentence in done.warnings.get(row.pk, []):
                messages.warning(request, f"{row}: {sentence}")
            if row.pk in done.refused:
                messages.error(request, f"{row}: {done.refused[row.pk]}")
        if done.moved:
            messages.success(request, f"Orders moved: {len(done.moved)}.")
        return None

    @admin.action(description="Approve the quality, for shipping")
    def qc_approve(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows, form = list(queryset), answered(ApprovalForm, request)
        if not form.is_valid():
            text = "Opens the gate to shipping. A later change of an inspection closes it again."
            return question(self, request, form, rows, title="Approve quality", explanation=text)
        self._each(
            request, rows, Action.QC_APPROVE, lambda row: row.approve_quality(by=request.user)
        )
        return None

    @admin.action(description="Classify the delay")
    def classify_delay(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows, form = list(queryset), answered(DelayForm, request)
        if not form.is_valid():
            text = "Only late orders. A justified delay has a reason; without a class it has none."
            return question(self, request, form, rows, title="Classify delay", explanation=text)
        answer = form.cleaned_data

        def classify(row: WorkOrder) -> None:
            row.classify_delay(
                answer["delay_class"], reason=answer["delay_reason"], note=answer["delay_note"]
            )

        self._each(request, rows, Action.CLASSIFY_DELAY, classify)
        return None

    def _each(self, request: HttpRequest, rows: list[WorkOrder], needed: Action, verb: Any) -> None:
        """Each row on its own, by the role in its client."""
        done = 0
        for row in rows:
            try:
                if not may(needed, row.client_id):
                    raise ValidationError(NOT_HERE)
                if row.is_voided:
                    raise ValidationError(self.refusal(row))
                verb(row)
            except ValidationError as error:
                messages.error(request, f"{row}: {' '.join(error.messages)}")
            else:
                done += 1
        if done:
            messages.success(request, f"Orders changed: {done}.")


def warn(request: HttpRequest, orders: list[WorkOrder]) -> None:
    for sentences in warnings(orders).values():
        for sentence in sentences:
            messages.warning(request, sentence)


class OfOrderAdmin(PlantAdmin):
    """Rows that have to add up with their order."""

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        warn(request, [form.instance.work_order])


@admin.register(Job)
class JobAdmin(OfOrderAdmin):
    list_display = ["code", "work_order", "part", "quantity", "customer_job_number", "completed_at"]
    list_select_related = ["work_order", "part"]
    search_fields = ["code", "work_order__number", "part__code", "customer_job_number"]
    readonly_fields = [
        "completed_at", "frozen_labour_hours_per_unit", "frozen_cycle_hours_per_unit", "frozen_at",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": [("work_order", "code", "part"), ("quantity", "customer_job_number")]}),
        (None, {"fields": ["replaces", "notes"]}),
        (
            "Completion",
            {
                "fields": [
                    ("completed_at", "frozen_at"),
                    ("frozen_labour_hours_per_unit", "frozen_cycle_hours_per_unit"),
                ],
                "classes": ["collapse"],
            },
        ),
    ]


@admin.register(Shipment)
class ShipmentAdmin(OfOrderAdmin):
    list_display = ["shipped_date", "work_order", "job", "quantity", "reference", "received_date"]
    list_select_related = ["work_order", "job"]
    list_filter = ["shipped_date"]
    search_fields = ["work_order__number", "job__code", "reference"]
    date_hierarchy = "shipped_date"
    fieldsets = [
        (None, {"fields": [("work_order", "job"), ("shipped_date", "quantity", "reference")]}),
        (None, {"fields": ["received_date", "notes"]}),
    ]
