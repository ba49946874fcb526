"""What the product does by itself: `python -m kpi_ops.jobs`, beside the server.

Each job may run twice or late without harm, so several of these processes do not disturb each
other, and one that was down for an hour makes up for it when it is back.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

LOOK_EVERY_SECONDS = 20

log = logging.getLogger(__name__)


class Job(NamedTuple):
    """A management command, and how much time there is between the beginnings of two runs."""

    command: str
    every: timedelta


JOBS = (
    Job("plan_line_shifts", timedelta(days=1)),
    Job("close_line_shifts", timedelta(minutes=5)),
    Job("compare_holds", timedelta(days=1)),
    Job("infer_promises", timedelta(days=1)),
    Job("drop_old_drafts", timedelta(days=1)),
    Job("send_password_links", timedelta(seconds=LOOK_EVERY_SECONDS)),
)


class Clock:
    """Which jobs are due; all of them at the first look."""

    def __init__(self, jobs: Iterable[Job] = JOBS) -> None:
        self._next: dict[Job, datetime | None] = dict.fromkeys(jobs)

    def due(self, now: datetime) -> Iterator[Job]:
        for job, at in self._next.items():
            if at is None or now >= at:
                self._next[job] = now + job.every
                yield job


def run(job: Job) -> None:
    """What a command complains of is logged; the other jobs go on."""
    from django.core.management import call_command

    try:
        call_command(job.command)
    except Exception:
        log.exception("Job %s failed.", job.command)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_ops.settings")
    import django
    from django.db import connections
    from django.utils import timezone

    from kpi_ops.lifeline import watch_parent

    if os.environ.get("KPI_OPS_STOP_WITH_PARENT"):
        watch_parent(lambda: os._exit(1))
    django.setup()
    clock = Clock()
    while True:
        for job in clock.due(timezone.now()):
            run(job)
        connections.close_all()
        time.sleep(LOOK_EVERY_SECONDS)


if __name__ == "__main__":
    main()
