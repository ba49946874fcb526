"""A new standard on the inspections of open jobs, so that quality and output weigh alike."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from clients.periods import first_day
from plant.models import Job, Standard
from quality import stamps
from quality.models import QualityInspection

STAMPS = ("cycle_hours_per_unit", "cycle_source", "cycle_confidence")


def restamp(standard: Standard, jobs: Sequence[Job]) -> int:
    rows = list(_rows_of(jobs).select_related("work_order", "job"))
    if not rows:
        return 0
    book = stamps.book_of({standard.client_id})
    resolved = stamps.resolved_for(rows, book, not_before=first_day(standard.valid))
    changed = []
    for row, each in zip(rows, resolved, strict=True):
        before = [getattr(row, name) for name in STAMPS]
        if each.cycle.standard_id == standard.pk:
            stamps.put_cycle(row, each.cycle)
        if before != [getattr(row, name) for name in STAMPS]:
            changed.append(row)
    QualityInspection.objects.bulk_update(changed, STAMPS)
    return len(changed)


def _rows_of(jobs: Sequence[Job]) -> QuerySet[QualityInspection]:
    """Inspections that name the job, and those of an order that has no other."""
    orders = {job.work_order_id for job in jobs}
    counted = Job.objects.filter(work_order__in=orders).order_by().values("work_order")
    alone = counted.annotate(n=Count("pk")).filter(n=1).values("work_order")
    return QualityInspection.objects.filter(
        Q(job__in=[job.pk for job in jobs]) | Q(job__isnull=True, work_order__in=alone)
    )
