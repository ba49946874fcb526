"""Jobs run when they are due, and one that fails stops no other."""

from __future__ import annotations

import datetime
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from clients.models import Client
from clients.scope import client_scope
from kpi_ops.jobs import JOBS, Clock, Job, run
from plant.models import LineShift
from tests.plant.factories import make_line, make_shift
from tests.production.factories import make_entry, make_floor

NOON = datetime.datetime(2025, 12, 2, 12, tzinfo=datetime.UTC)
OFTEN, SELDOM = Job("close_line_shifts", timedelta(minutes=5)), Job("other", timedelta(days=1))


def names(jobs: Any) -> list[str]:
    return [job.command for job in jobs]


def test_a_job_is_due_at_first_and_then_each_time_its_time_has_passed() -> None:
    clock = Clock([OFTEN, SELDOM])
    minutes = [0, 4, 5, 9, 10, 24 * 60 - 1, 24 * 60]
    due = [names(clock.due(NOON + timedelta(minutes=each))) for each in minutes]
    assert due == [
        ["close_line_shifts", "other"], [], ["close_line_shifts"], [], ["close_line_shifts"],
        ["close_line_shifts"], ["other"],
    ]  # fmt: skip


def test_forgotten_shifts_of_every_client_are_closed(acme: Client, acme_2: Client) -> None:
    for client in (acme, acme_2):
        with client_scope([client]):
            make_entry(make_floor(client), shift_date=NOON.date(), total_units=320)
    with time_machine.travel("2025-12-02 18:59:00-06:00", tick=False):
        run(OFTEN)
    assert states(acme, acme_2) == ["PLANNED", "PLANNED"]
    with time_machine.travel("2025-12-02 19:01:00-06:00", tick=False):
        run(OFTEN)
    assert states(acme, acme_2) == ["CLOSED", "CLOSED"]


def test_iso_058_jobs_stop_for_a_client_that_is_no_longer_served(
    acme: Client, acme_2: Client
) -> None:
    for client in (acme, acme_2):
        with client_scope([client]):
            make_entry(make_floor(client), shift_date=NOON.date(), total_units=320)
    Client.unscoped.filter(pk=acme.pk).update(active=False)
    planned = io.StringIO()
    with time_machine.travel("2025-12-02 19:01:00-06:00", tick=False):
        run(OFTEN)
        assert states(acme, acme_2) == ["PLANNED", "CLOSED"]
        call_command("plan_line_shifts", stdout=planned)
    assert [line.partition(":")[0] for line in planned.getvalue().splitlines()] == ["ACME-2"]


@pytest.mark.parametrize(
    "command",
    [
        ["plan_line_shifts"],
        ["compare_holds"],
        ["infer_promises"],
        ["import_rows", "line", "lines.csv"],
    ],
)
def test_iso_058_nothing_is_started_for_it_by_name_either(acme: Client, command: list[str]) -> None:
    Client.unscoped.filter(pk=acme.pk).update(active=False)
    with pytest.raises(CommandError, match="Unknown client “ACME”"):
        call_command(*command, client="ACME")


def states(*clients: Client) -> list[str]:
    with client_scope(clients):
        return list(LineShift.objects.order_by("client_id").values_list("state", flat=True))


def test_the_coming_week_of_every_client_is_planned_each_day(acme: Client, acme_2: Client) -> None:
    """One line, a shift of all weekdays: today and seven days ahead, and one more the day after."""
    for client in (acme, acme_2):
        with client_scope([client]):
            make_line(client)
            make_shift(client, weekdays=[1, 2, 3, 4, 5, 6, 7])
    (job,) = [each for each in JOBS if each.command == "plan_line_shifts"]
    assert job.every == timedelta(days=1)
    for now, planned in (("2025-12-02 00:30:00-06:00", 8), ("2025-12-03 00:30:00-06:00", 9)):
        with time_machine.travel(now, tick=False):
            run(job)
        for client in (acme, acme_2):
            assert states(client) == ["PLANNED"] * planned


def test_a_job_that_fails_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    run(Job("no_such_command", timedelta(days=1)))
    assert "Job no_such_command failed." in caplog.text


def test_every_job_is_a_command() -> None:
    from django.core.management import get_commands

    assert {job.command for job in JOBS} - set(get_commands()) == set()
