"""A new standard acts on the selected open jobs: the apps that stamp rows register here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from clients.scope import client_scope
from plant.models import Job, Standard

Restamper = Callable[[Standard, list[Job]], int]
_restampers: list[Restamper] = []


def register(restamper: Restamper) -> None:
    if restamper not in _restampers:
        _restampers.append(restamper)


def restamp(standard: Standard, jobs: Iterable[Job], *, by: Any) -> int:
    """Stamp the rows of the open ones among these jobs anew; returns how many rows changed."""
    with client_scope([standard.client_id], user=by):
        still_open = open_jobs(standard, jobs)
        return sum(each(standard, still_open) for each in _restampers)


def open_jobs_of(standard: Standard) -> list[Job]:
    """The open jobs that a standard concerns when nobody chooses: all of its part or style."""
    jobs = Job.objects.open().filter(client_id=standard.client_id)
    if standard.part_id:
        return list(jobs.filter(part=standard.part_id))
    if standard.style_id:
        return list(jobs.filter(part__style=standard.style_id))
    return list(jobs)


def open_jobs(standard: Standard, jobs: Iterable[Job]) -> list[Job]:
    """Completed, shipped and closed work keeps the standards it was made under."""
    chosen = Job.objects.open().filter(client_id=standard.client_id, frozen_at__isnull=True)
    return list(chosen.filter(pk__in=[job.pk for job in jobs]))
