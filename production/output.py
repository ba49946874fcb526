"""What production tells the apps beside it: the parts made, and rows stamped anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from clients.periods import first_day
from plant.models import Job, Standard
from plant.standards import PartsOfLineShift, Place
from production import stamps
from production.models import ProductionEntry


def parts_made(line_shifts: set[int]) -> PartsOfLineShift:
    """The parts made on each line-shift: those of the rows' jobs, or of their orders' only job."""
    jobs = Job.objects.filter(work_order=OuterRef("work_order")).order_by().values("work_order")
    only = jobs.annotate(n=Count("pk"), only_part=Min("part")).filter(n=1).values("only_part")
    rows = ProductionEntry.objects.filter(line_shift__in=line_shifts).annotate(
        made=Coalesce("job__part", Subquery(only))
    )
    names = ("client_id", "line_id", "shift_id", "shift_date", "made")
    found: Any = rows.filter(made__isnull=False).order_by().values_list(*names).distinct()
    parts: dict[Place, set[int]] = defaultdict(set)
    for client_id, line_id, shift_id, on, part_id in found:
        parts[client_id, line_id, shift_id, on].add(part_id)
    return parts


def units_of(orders: Collection[int]) -> dict[int, int]:
    """Finished units of each of these orders that has any, defective ones included."""
    rows: Any = ProductionEntry.objects.output().filter(work_order__in=orders).order_by()
    return dict(rows.values_list("work_order").annotate(Sum("total_units")))


def restamp(standard: Standard, jobs: Sequence[Job]) -> int:
    """Give the rows of these jobs the new standard where the chain now ends in it.

    Also rows made before its first day: that is what "acts on the open job" means.
    """
    rows = list(rows_of(jobs).select_related("machine", "job", "work_order"))
    resolved = stamps.resolved_for(rows, not_before=first_day(standard.valid))
    changed = []
    for row, each in zip(rows, resolved, strict=True):
        before = [getattr(row, name) for name in stamps.STAMPS]
        if each.labour.standard_id == standard.pk:
            stamps.put_labour(row, each.labour)
            row.standard = standard
        if each.cycle.standard_id == standard.pk:
            stamps.put_cycle(row, each.cycle)
            row.standard = row.standard if row.standard_id else standard
        if before != [getattr(row, name) for name in stamps.STAMPS]:
            changed.append(row)
    ProductionEntry.objects.bulk_update(changed, stamps.STAMPS)
    return len(changed)


def rows_of(jobs: Sequence[Job]) -> QuerySet[ProductionEntry]:
    """Rows that name the job, and rows of an order that has no other."""
    orders = {job.work_order_id for job in jobs}
    counted = Job.objects.filter(work_order__in=orders).order_by().values("work_order")
    alone = counted.annotate(n=Count("pk")).filter(n=1).values("work_order")
    return ProductionEntry.objects.filter(
        Q(job__in=[job.pk for job in jobs]) | Q(job__isnull=True, work_order__in=alone)
    )
