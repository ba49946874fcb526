"""Holds of material: what stands, why, since when, and who decided it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import (
    Count,
    DecimalField,
    Exists,
    F,
    Func,
    GeneratedField,
    OuterRef,
    Q,
    prefetch_related_objects,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from clients.constraints import LIVE, Rule, unique_live
from clients.fields import ClientForeignKey
from clients.managers import ClientManager, ClientQuerySet
from clients.models import VerifiedModel
from clients.roles import Action
from clients.scope import Scope, current_scope
from holds import flow
from holds.models.transitions import HoldTransition, person
from holds.shifts import place_in_shifts, this_second
from holds.states import ENDED, FINAL, NOT_FINAL, OPEN, PENDING, STOOD, HoldState
from holds.triggers import OrderFollows
from plant import order_flow
from plant.order_status import HOLDABLE, OrderStatus
from plant.related import known
from plant.shopfloor import Fault, ShopFloorRow

OLDEST = 1900


class WIPHoldQuerySet(ClientQuerySet):
    """`at=None` asks how things stand; an instant, how they stood, by the course of each hold
    and never by its present state."""

    def open(self, *, at: datetime.datetime | None = None) -> Self:
        """Material that stands: on hold, or waiting for its resume."""
        if at is None:
            return self.filter(state__in=OPEN)
        stood = self.standing_by(at).filter(held_at__lte=at)
        return stood.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))

    def standing_by(self, at: datetime.datetime) -> Self:
        """Holds that, as known at the instant, stop or stopped material: decided by then, and
        not cancelled by then. A hold put on directly counts from its start."""
        # Asked of the course for cancelled holds only: a column keeps the other instants, and a
        # year of holds is read at once.
        cancelled_later = HoldTransition.objects.filter(
            hold=OuterRef("pk"), from_state__in=OPEN, to_state=HoldState.CANCELLED, at__gt=at
        )
        return self.annotate(known_from=Coalesce("hold_decided_at", "held_at")).filter(
            Q(state__in=STOOD) | Q(Exists(cancelled_later), state=HoldState.CANCELLED),
            known_from__lte=at,
        )

    def pending(self, *, at: datetime.datetime | None = None) -> Self:
        """Waiting for a decision."""
        if at is None:
            return self.filter(state__in=PENDING)
        asked, answered = Q(to_state__in=PENDING), Q(from_state__in=PENDING)
        steps = HoldTransition.objects.filter(asked | answered, at__lte=at).order_by()
        left = Count("pk", filter=asked) - Count("pk", filter=answered)
        waiting = steps.values("hold").annotate(left=left)
        return self.filter(pk__in=waiting.filter(left__gt=0).values("hold"))

    def not_final(self) -> Self:
        return self.filter(state__in=NOT_FINAL)

    def whole_order(self) -> Self:
        """These stop the order."""
        return self.filter(job__isnull=True, quantity__isnull=True)

    def pausing(self) -> Self:
        """Of a whole order or a whole job: these stop the clock of its age."""
        return self.filter(quantity__isnull=True)

    def partial(self) -> Self:
        """Of one job or of a quantity: the order is partly held and goes on."""
        return self.filter(Q(job__isnull=False) | Q(quantity__isnull=False))

    def with_people(self) -> Self:
        """Whom to ask, without a query per row."""
        return self.select_related(*PEOPLE)


PEOPLE = ("requested_by", "hold_decided_by", "resume_requested_by", "resume_decided_by")


class WIPHold(VerifiedModel):
    """Material that stands, or that somebody wants to stand. The order's status follows."""

    work_order = ClientForeignKey(
        "plant.WorkOrder", related_name="wip_holds", verbose_name="work order"
    )
    job = ClientForeignKey(
        "plant.Job", null=True, blank=True, related_name="wip_holds",
        help_text="Empty: the whole order with all its jobs.",
    )  # fmt: skip
    quantity = models.IntegerField(
        null=True, blank=True,
        validators=[MinValueValidator(1, "Quantities must be above zero.")],
        help_text="Empty: everything.",
    )  # fmt: skip
    line = ClientForeignKey(
        "plant.Line", null=True, blank=True, help_text="Where the material stands."
    )
    location = models.CharField(max_length=100, blank=True, default="")
    hold_reason = ClientForeignKey(
        "holds.HoldReason", null=True, blank=True, related_name="holds", verbose_name="reason"
    )
    reason_detail = models.CharField("detail", max_length=500, blank=True, default="")
    state = models.CharField(max_length=14, choices=HoldState, default="", editable=False)
    held_at = models.DateTimeField(
        "held since", default=this_second, help_text="The hold counts from here, once approved."
    )
    shift_date = models.DateField(null=True, editable=False)
    shift = ClientForeignKey("plant.Shift", null=True, editable=False)
    requested_by = person()
    hold_decided_by = person()
    hold_decided_at = models.DateTimeField(null=True, editable=False)
    resume_requested_by = person()
    resume_requested_at = models.DateTimeField(null=True, editable=False)
    resume_decided_by = person()
    resume_decided_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    hold_hours = GeneratedField(
        expression=Cast(
            Func(
                F("ended_at") - F("held_at"),
                template="EXTRACT(EPOCH FROM %(expressions)s) / 3600",
                output_field=DecimalField(),
            ),
            DecimalField(max_digits=10, decimal_places=2),
        ),
        output_field=DecimalField(max_digits=10, decimal_places=2),
        db_persist=True,
        verbose_name="hours held",
    )
    expected_resolution_date = models.DateField("expected", null=True, blank=True)
    notes = models.CharField(max_length=500, blank=True, default="")

    objects = ClientManager.from_queryset(WIPHoldQuerySet)()

    natural_key: ClassVar[tuple[str, ...]] = ("work_order", "job", "hold_reason", "held_at")
    edit_action: ClassVar[Action] = Action.ENTRY
    stored: dict[str, Any] | None = None

    class Meta(VerifiedModel.Meta):
        verbose_name = "hold"
        ordering: ClassVar[list[str]] = ["-held_at", "-id"]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["client", "work_order"], name="holds_hold_order"),
            models.Index(fields=["client", "state", "held_at"], name="holds_hold_state"),
            models.Index(fields=["client", "shift_date"], name="holds_hold_date"),
        ]
        constraints: ClassVar[list[Any]] = [
            *VerifiedModel.Meta.constraints,
            unique_live(
                "work_order", "job", "hold_reason", "held_at",
                name="holds_hold_natural_key",
                message="This hold is already recorded.",
            ),
            models.UniqueConstraint(
                fields=["client", "work_order", "job", "hold_reason"],
                condition=LIVE & Q(state__in=OPEN),
                nulls_distinct=False,
                name="holds_hold_one_open_per_reason",
                violation_error_message=flow.EXISTS,
                violation_error_code="unique",
            ),
            Rule(
                Q(quantity__gt=0),
                name="holds_hold_quantity",
                message="Quantities must be above zero.",
                field="quantity",
            ),
            Rule(
                Q(ended_at__gte=F("held_at")),
                name="holds_hold_ends_after",
                message=flow.ENDS_BEFORE,
            ),
            Rule(
                Q(state__in=ENDED, ended_at__isnull=False)
                | Q(
                    state__in=(*NOT_FINAL, HoldState.CANCELLED),
                    ended_at__isnull=True,
                ),
                name="holds_hold_end_of_state",
                message="A hold that ended has an end, and no other has.",
            ),
            OrderFollows(
                name="holds_order_follows",
                violation_error_message="This order can no longer be put on hold.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        of = known(self, "job") or known(self, "work_order")
        reason = known(self, "hold_reason")
        return f"{of}: {reason.name if reason else 'no reason given'}"

    # -- what it covers ----------------------------------------------------------------------

    @property
    def is_whole_order(self) -> bool:
        return self.job_id is None and self.quantity is None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def covers(self) -> str:
        """ORDER, JOB or QUANTITY: only the first stops the order."""
        if self.quantity is not None:
            return "QUANTITY"
        return "JOB" if self.job_id else "ORDER"

    @property
    def resumed_at(self) -> datetime.datetime | None:
        """The end of a hold that was resumed; none where it ended otherwise."""
        return self.ended_at if self.state == HoldState.RESUMED else None

    def hours(self, *, at: datetime.datetime | None = None) -> float:
        """Hours that the material stood up to its end, or to the instant (now)."""
        end = self.ended_at or at or timezone.now()
        return max((end - self.held_at) / datetime.timedelta(hours=1), 0.0)

    # -- writing -----------------------------------------------------------------------------

    @classmethod
    def prepare(cls, rows: list[Self]) -> None:
        rows = ShopFloorRow.with_client(rows)
        super().prepare(rows)
        cls._fetch(rows)
        for row in rows:
            if not row.state:
                row.state = flow.first_state(current_scope(), row.client_id)
            row.fill_people()
        # A start that will be refused has no shift; it may lie beyond all calendars.
        now = timezone.now()
        place_in_shifts([row for row in rows if row.moved and row.is_possible(now)])
        cls._find_open_ones(rows)

    @classmethod
    def _fetch(cls, rows: Sequence[Self]) -> None:
        saved = [row.pk for row in rows if not row._state.adding]
        stored = cls.with_voided.filter(pk__in=saved).values() if saved else []
        by_id = {each["id"]: each for each in stored}
        for row in rows:
            row.stored = by_id.get(row.pk)
        prefetch_related_objects(
            list(rows), "work_order", "work_order__line", "job", "line", "hold_reason"
        )

    @property
    def moved(self) -> bool:
        return self.changed("held_at", "line_id", "work_order_id")

    def is_possible(self, now: datetime.datetime) -> bool:
        """Whether the start is an instant that a hold can have."""
        known_instant = isinstance(self.held_at, datetime.datetime)
        return known_instant and not (_is_after(self.held_at, now) or _is_too_old(self.held_at))

    def changed(self, *names: str) -> bool:
        if self.stored is None:
            return True
        return any(getattr(self, name) != self.stored[name] for name in names)

    def fill_people(self) -> None:
        """Who writes the row asked for it and, where it stands at once, decided it."""
        who = current_scope().user
        if self._state.adding and self.requested_by_id is None:
            self.requested_by = who
        directly = self._state.adding and self.state != HoldState.PENDING_HOLD
        if directly and self.hold_decided_at is None:
            self.hold_decided_by, self.hold_decided_at = self.requested_by, self.held_at
        elif self.stored and self._began_by_decision(self.stored):
            self.hold_decided_at = self.held_at
        if self.state == HoldState.RESUMED and self.resume_decided_at is None:
            self.resume_decided_by, self.resume_decided_at = who, self.ended_at

    @staticmethod
    def _began_by_decision(stored: dict[str, Any]) -> bool:
        """Put on directly: the decision moves along with the start."""
        return bool(stored["hold_decided_at"] == stored["held_at"])

    # The same reason stands already: a request would only be refused later.
    has_twin = False

    @classmethod
    def _find_open_ones(cls, rows: Sequence[Self]) -> None:
        asked = [row for row in rows if row.state == HoldState.PENDING_HOLD and row.work_order_id]
        open_ones: dict[Any, Any] = {}
        if asked:
            stored = cls.objects.open().filter(work_order__in={row.work_order_id for row in asked})
            names = ("work_order", "job", "hold_reason", "held_at")
            open_ones = {tuple(place): since for *place, since in stored.values_list(*names)}
        for row in rows:
            since = open_ones.get((row.work_order_id, row.job_id, row.hold_reason_id))
            # With the same start it is the very hold, sent once more.
            is_other = since not in (None, row.held_at)
            row.has_twin = row.state == HoldState.PENDING_HOLD and is_other

    def clean(self) -> None:
        super().clean()
        if known(self, "client") is None:
            return
        errors: dict[str, list[ValidationError]] = {}
        for fault in self.faults():
            error = ValidationError(fault.sentence, code=fault.code)
            errors.setdefault(fault.field, []).append(error)
        if errors:
            raise ValidationError(errors)

    def faults(self) -> Iterator[Fault]:
        yield from self._time_faults()
        yield from self._quantity_faults()
        yield from self._order_faults()
        if self.has_twin:
            yield Fault("hold_reason", flow.EXISTS)
        was = self.stored["state"] if self.stored else ""
        if was and was != self.state and not (was in OPEN and self.state == HoldState.RESUMED):
            yield Fault("ended_at", flow.never(was, self.state), "locked")

    def _time_faults(self) -> Iterator[Fault]:
        now = timezone.now()
        if _is_after(self.held_at, now):
            yield Fault("held_at", flow.IN_THE_FUTURE, "future_date")
        if _is_too_old(self.held_at):
            yield Fault("held_at", flow.TOO_OLD, "out_of_range")
        if self.changed("ended_at") and _is_after(self.ended_at, now):
            yield Fault("ended_at", flow.ENDS_IN_THE_FUTURE, "future_date")

    def _quantity_faults(self) -> Iterator[Fault]:
        job, order = known(self, "job"), known(self, "work_order")
        if job and order and job.work_order_id != order.pk:
            yield Fault("job", f"Job {job.code} does not belong to order {order.number}.")
        elif order and isinstance(self.quantity, int):
            ordered = job.quantity if job else order.planned_quantity
            what = f"job {job.code}" if job else f"order {order.number}"
            if ordered and self.quantity > ordered:
                yield Fault("quantity", f"The quantity exceeds the {ordered:,} units of {what}.")

    def _order_faults(self) -> Iterator[Fault]:
        """What a row that ended says about the past, no state of the order refuses."""
        order = known(self, "work_order")
        if order is None or self.is_final:
            return
        if not self.changed("work_order_id", "job_id", "quantity", "state"):
            return
        if order.final_refusal:
            yield Fault("work_order", order.final_refusal, "locked")
        elif refusal := self.order_refusal(order):
            yield Fault("work_order", refusal, "locked")

    def order_refusal(self, order: Any) -> str:
        """Why this hold cannot stop its order as it stands; empty when it can, or need not."""
        if not self.is_whole_order or order.status in (*HOLDABLE, OrderStatus.ON_HOLD):
            return ""
        return order_flow.never(order.status, OrderStatus.ON_HOLD)

    def refusal_to_edit(self, scope: Scope) -> str:
        undecided = self.state == HoldState.PENDING_HOLD
        if not undecided and not scope.may(Action.HOLD_DECIDE, self.client_id):
            return "This hold is decided. Ask a supervisor."
        return super().refusal_to_edit(scope)


def _is_too_old(instant: Any) -> bool:
    return isinstance(instant, datetime.datetime) and instant.year < OLDEST


def _is_after(instant: Any, now: datetime.datetime) -> bool:
    return isinstance(instant, datetime.datetime) and instant > now


def partly_held(orders: Iterable[int]) -> set[int]:
    """Of these orders, those with an open hold of a job or of a quantity; one query."""
    rows = WIPHold.objects.open().partial().filter(work_order__in=list(orders))
    return set(rows.values_list("work_order", flat=True))
