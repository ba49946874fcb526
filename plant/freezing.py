"""Completion freezes the standards of an order's jobs: its figures stay what they were."""

from __future__ import annotations

from django.utils import timezone

from plant.models import Job, WorkOrder
from plant.standards import Work, resolve_standards

FROZEN = (
    "completed_at", "frozen_at", "frozen_labour_hours_per_unit", "frozen_cycle_hours_per_unit",
)  # fmt: skip


def freeze(orders: list[WorkOrder], note: str = "") -> None:
    """The hours per unit valid today, in at most seven queries for any number of orders."""
    by_id, now = {order.pk: order for order in orders}, timezone.now()
    rows = Job.objects.filter(work_order__in=by_id, frozen_at__isnull=True)
    jobs = list(rows.select_related("part").order_by("pk"))
    works = [_work(job, by_id[job.work_order_id]) for job in jobs]
    for job, resolved in zip(jobs, resolve_standards(works), strict=True):
        job.frozen_labour_hours_per_unit = resolved.labour.hours
        job.frozen_cycle_hours_per_unit = resolved.cycle.hours
        job.completed_at, job.frozen_at = job.completed_at or now, now
    Job.objects.bulk_update(jobs, FROZEN)


def _work(job: Job, order: WorkOrder) -> Work:
    return Work(
        client_id=order.client_id,
        on=order.client.today(),
        line_id=order.line_id,
        work_order_id=order.pk,
        job_id=job.pk,
        work_order=order,
        job=job,
    )
