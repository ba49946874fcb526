"""A new standard acts on the selected open jobs: the apps that stamp rows register here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from clients.models import User
from clients.scope import client_scope
from plant.models import Job, Standard

Restamper = Callable[[Standard, list[Job]], int]
_restampers: list[Restamper] = []


def register(restamper: Restamper) -> None:
    if restamper not in _restampers:
        _restampers.append(restamper)


def restamp(standard: Standard, jobs: Iterable[Job], *, by: User) -> int:
    """Stamp the rows of the open ones among these jobs anew; returns how many rows changed."""
    with client_scope([standard.client_id], user=by):
        still_open = open_jobs(standard, jobs)
        return sum(each(standard, still_open) for each in _restampers)


def open_jobs(standard: Standard, jobs: Iterable[Job]) -> list[Job]:
    """Completed, shipped and closed work keeps the standards it was made under."""
    chosen = Job.objects.open().filter(client_id=standard.client_id, frozen_at__isnull=True)
    return list(chosen.filter(pk__in=[job.pk for job in jobs]))
