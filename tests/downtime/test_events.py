"""Stops: what the system fills, what it refuses, and with which sentence."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clients.constraints import sentence_for
from clients.scope import client_scope
from downtime.models import DowntimeEvent, DowntimeReason
from plant.models import LineShift
from tests.downtime.factories import make_stop, reason, stop
from tests.kpis.factories import agreed
from tests.plant.factories import make_employee, make_order, make_shift
from tests.production.factories import DAY, at, make_floor, make_machine

OVERLAP = "Overlaps with the stop 08:00–09:00 on this machine."


@pytest.fixture
def floor(in_acme, made_floor):
    return made_floor


def prepared(row):
    DowntimeEvent.prepare([row])
    return row


def refusals(row):
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    return refused.value.message_dict


def refused_by_database(row):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        DowntimeEvent.objects.bulk_create([row])
    return sentence_for(refused.value).messages


# -- lost line minutes: one station is a tenth of a line of ten -------------------------------


@pytest.mark.parametrize(
    ("fields", "affected", "lost"),
    [
        ({}, 10, "30"),
        ({"scope": "STATIONS", "stations_affected": 1}, 1, "3"),
        ({"scope": "STATIONS", "stations_affected": 10}, 10, "30"),
        ({"scope": "STATIONS", "stations_affected": 3, "minutes": 7}, 3, "2.1"),
    ],
)
def test_lost_line_minutes_weigh_stations(floor, fields, affected, lost):
    row = make_stop(floor, **fields)
    row.refresh_from_db()
    assert (row.stations_affected, row.stations_total) == (affected, 10)
    assert row.lost_line_minutes == Decimal(lost)


def test_a_machine_counts_as_one_station(floor):
    row = make_stop(floor, scope="MACHINE", machine=floor.machine, stations_affected=4)
    row.refresh_from_db()
    assert (row.stations_affected, row.lost_line_minutes) == (1, Decimal("3"))


def test_a_third_of_a_line_is_kept_to_ten_digits(floor):
    floor.line.stations = 3
    floor.line.save()
    row = make_stop(floor, scope="STATIONS", stations_affected=1, minutes=10)
    row.refresh_from_db()
    assert row.lost_line_minutes == Decimal("3.3333333333")


def test_stations_are_those_of_the_line_shift_not_of_the_line_today(floor):
    make_stop(floor)
    floor.line.stations = 5
    floor.line.save()
    assert make_stop(floor).stations_total == 10


def test_scope_changed_to_the_whole_line_takes_all_stations(floor):
    row = make_stop(floor, scope="STATIONS", stations_affected=2)
    row = DowntimeEvent.objects.get(pk=row.pk)
    row.scope = "LINE"
    row.full_clean()
    assert row.stations_affected == 10


def test_some_stations_need_their_number(floor):
    sentences = refusals(stop(floor, scope="STATIONS"))
    assert sentences["stations_affected"] == ["Give the number of stations."]


# -- minutes ----------------------------------------------------------------------------------


def test_minutes_follow_from_start_and_end(floor):
    row = make_stop(floor, started_at=at("08:00"), ended_at=at("08:45"), minutes=5)
    assert row.minutes == 45


def test_minutes_follow_again_when_the_end_moves(floor):
    row = make_stop(floor, started_at=at("08:00"), ended_at=at("08:45"))
    row.ended_at = at("09:00")
    row.full_clean()
    assert row.minutes == 60


def test_an_ongoing_stop_has_no_minutes_yet(floor):
    row = make_stop(floor, started_at=at("08:00"), resolved=False)
    row.refresh_from_db()
    assert (row.minutes, row.lost_line_minutes) == (None, None)
    assert list(DowntimeEvent.objects.ongoing()) == [row]


def test_a_stop_cannot_be_longer_than_its_shift(floor):
    sentences = refusals(stop(floor, minutes=601))
    assert sentences["minutes"] == ["A stop cannot be longer than its shift (600 min)."]
    assert make_stop(floor, minutes=600).minutes == 600


def test_the_night_the_clocks_go_forward_is_an_hour_shorter(floor):
    night = make_shift(floor.client, "21:00", "06:00")
    spring = datetime.date(2026, 3, 7)
    sentences = refusals(stop(floor, shift=night, shift_date=spring, minutes=481))
    assert sentences["minutes"] == ["A stop cannot be longer than its shift (480 min)."]


def test_the_night_the_clocks_go_back_is_an_hour_longer(floor):
    night = make_shift(floor.client, "21:00", "06:00")
    autumn = datetime.date(2026, 10, 31)
    assert make_stop(floor, shift=night, shift_date=autumn, minutes=600).minutes == 600


@pytest.mark.parametrize("field", ["started_at", "ended_at"])
def test_a_stop_stays_in_its_shift(floor, field):
    times = {"started_at": at("16:00"), "ended_at": at("16:30"), field: at("17:30")}
    sentences = refusals(stop(floor, **times))
    assert "17:30 is outside the shift 07:00–17:00." in sentences[field]


# -- refused by form and database alike -------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "where", "sentence"),
    [
        ({"minutes": 0}, "minutes", "Minutes must be a whole number from 1 to 1,440."),
        ({"minutes": 1441}, "minutes", "Minutes must be a whole number from 1 to 1,440."),
        (
            {"minutes": None},
            "minutes",
            "Give the minutes, or start and end. Only an ongoing stop has none.",
        ),
        (
            {"started_at": at("08:00")},
            "minutes",
            "Give the minutes, or start and end. Only an ongoing stop has none.",
        ),
        (
            {"started_at": at("09:00"), "ended_at": at("08:00"), "minutes": 60},
            "ended_at",
            "The end must be after the start.",
        ),
        ({"event_no": 0}, "event_no", "The number must be from 1 to 99."),
        ({"event_no": 100}, "event_no", "The number must be from 1 to 99."),
        (
            {"scope": "STATIONS", "stations_affected": 11},
            "stations_affected",
            "The line does not have so many stations.",
        ),
        (
            {"scope": "STATIONS", "stations_affected": 0},
            "stations_affected",
            "The line does not have so many stations.",
        ),
        (
            {"stations_affected": 3},
            "stations_affected",
            "A stop of the whole line stops all its stations. Choose “some stations”.",
        ),
        ({"scope": "MACHINE"}, "machine", "Give the machine that stood."),
        ({"line": None}, "line", "Give a line or a work order."),
    ],
)
def test_form_and_database_refuse_with_one_sentence(floor, fields, where, sentence):
    assert sentence in refusals(stop(floor, **fields))[where]
    assert refused_by_database(prepared(stop(floor, **fields))) == [sentence]


def test_a_machine_of_more_stations_is_refused_by_the_database(floor):
    row = prepared(stop(floor, scope="MACHINE", machine=floor.machine))
    row.stations_affected = 2
    assert refused_by_database(row) == ["A machine counts as one station."]


def test_same_key_twice_is_refused(floor):
    make_stop(floor, event_no=1)
    sentence = "This stop is already recorded. Give it another number."
    assert sentence in refusals(stop(floor, event_no=1))["__all__"]
    assert refused_by_database(prepared(stop(floor, event_no=1))) == [sentence]


def test_event_number_is_the_next_free_one(floor):
    assert [make_stop(floor).event_no for _ in range(2)] == [1, 2]
    assert make_stop(floor, reason=None).event_no == 1


# -- one machine stands once at a time --------------------------------------------------------


def make_timed(floor, start, end, **fields):
    return make_stop(floor, machine=floor.machine, started_at=at(start), ended_at=at(end), **fields)


def timed(floor, start, end, **fields):
    defaults = {"machine": floor.machine, "started_at": at(start), "ended_at": at(end)}
    return stop(floor, **{**defaults, **fields})


@pytest.mark.parametrize(
    ("start", "end"),
    [("08:30", "08:40"), ("07:30", "08:01"), ("08:59", "10:00"), ("07:00", "12:00")],
)
def test_overlapping_stops_of_a_machine_are_refused(floor, start, end):
    make_timed(floor, "08:00", "09:00")
    assert refusals(timed(floor, start, end)) == {"started_at": [OVERLAP]}
    sentences = refused_by_database(prepared(timed(floor, start, end, reason=None)))
    assert sentences == ["Overlaps with another stop on this machine."]


@pytest.mark.parametrize(("start", "end"), [("07:00", "08:00"), ("09:00", "09:10")])
def test_stops_may_touch(floor, start, end):
    make_timed(floor, "08:00", "09:00")
    assert make_timed(floor, start, end).pk


def test_stops_of_another_machine_or_of_the_line_may_overlap(floor):
    make_timed(floor, "08:00", "09:00")
    other = make_machine(floor.client, line=floor.line)
    assert make_stop(floor, machine=other, started_at=at("08:00"), ended_at=at("09:00")).pk
    assert make_stop(floor, started_at=at("08:10"), ended_at=at("08:20")).pk


def test_a_voided_stop_is_in_nobodys_way(floor, member):
    make_timed(floor, "08:00", "09:00").void(by=member(floor.client), reason="wrong machine")
    assert make_timed(floor, "08:30", "08:40").pk


def test_a_stop_does_not_overlap_itself(floor):
    row = make_timed(floor, "08:00", "09:00")
    row.ended_at = at("09:15")
    row.full_clean()
    row.save()
    assert row.minutes == 75


def test_overlap_inside_one_batch_is_found_on_the_second_row(floor):
    first, second = timed(floor, "08:00", "09:00"), timed(floor, "08:30", "08:40")
    DowntimeEvent.prepare([first, second])
    first.clean()
    with pytest.raises(ValidationError) as refused:
        second.clean()
    assert refused.value.message_dict == {"started_at": [OVERLAP]}


def test_machines_of_two_clients_do_not_meet(floor, acme_2):
    make_timed(floor, "08:00", "09:00")
    with client_scope([acme_2]):
        assert make_timed(make_floor(acme_2), "08:00", "09:00").pk
        assert DowntimeEvent.objects.count() == 1


# -- reasons ----------------------------------------------------------------------------------


def test_a_stop_may_have_no_reason_yet(floor):
    row = make_stop(floor, reason=None)
    assert (row.reason, row.treatment, row.root_cause) == (None, "LOSS", "")


def test_a_group_is_not_a_reason(floor):
    sentences = refusals(stop(floor, reason=reason("MACHINE")))
    assert sentences == {"reason": ["MACHINE is a group of reasons. Choose one of its reasons."]}


def test_root_cause_is_that_of_the_reason_unless_given(floor):
    assert make_stop(floor).root_cause == "MACHINE"
    assert make_stop(floor, root_cause="ATTENDANCE").root_cause == "ATTENDANCE"


def test_root_cause_follows_another_reason(floor):
    row = make_stop(floor)
    row.reason = reason("MATERIAL_SHORTAGE")
    row.full_clean()
    assert row.root_cause == "MATERIALS"


@pytest.mark.parametrize(
    ("code", "key", "value"),
    [
        ("MAINTENANCE", "planned_time_basis", "EXCLUDE_PLANNED_MAINTENANCE"),
        ("SETUP_CHANGEOVER", "setup_treatment", "LEAVES_PLAN"),
        ("LACK_OF_ORDERS", "no_orders_treatment", "LEAVES_PLAN"),
    ],
)
def test_treatment_follows_the_contract_valid_on_the_day(floor, code, key, value):
    agreed(floor.client, key, value, DAY.isoformat())
    before = DAY - datetime.timedelta(days=1)
    assert make_stop(floor, reason=reason(code)).treatment == "LEAVES_PLAN"
    assert make_stop(floor, reason=reason(code), shift_date=before).treatment == "LOSS"
    assert make_stop(floor).treatment == "LOSS"


def test_without_a_contract_every_stop_is_a_loss(floor):
    codes = ["MAINTENANCE", "SETUP_CHANGEOVER", "LACK_OF_ORDERS", "OTHER"]
    assert {make_stop(floor, reason=reason(code)).treatment for code in codes} == {"LOSS"}


# -- the tick "no downtime today" -------------------------------------------------------------


def test_a_stop_withdraws_the_tick(floor):
    place = make_stop(floor).line_shift
    DowntimeEvent.objects.all().delete()
    LineShift.objects.filter(pk=place.pk).update(no_downtime=True, no_inspection=True)
    make_stop(floor)
    place.refresh_from_db()
    assert (place.no_downtime, place.no_inspection) == (False, True)


def test_a_refused_stop_leaves_the_tick(floor):
    place = make_stop(floor).line_shift
    DowntimeEvent.objects.all().delete()
    LineShift.objects.filter(pk=place.pk).update(no_downtime=True)
    refusals(stop(floor, minutes=601))
    place.refresh_from_db()
    assert place.no_downtime is True


def test_a_stop_moved_to_another_day_withdraws_the_tick_there(floor):
    row = make_stop(floor)
    there = make_stop(floor, shift_date=DAY - datetime.timedelta(days=1)).line_shift
    DowntimeEvent.objects.exclude(pk=row.pk).delete()
    LineShift.objects.filter(pk=there.pk).update(no_downtime=True)
    row.shift_date = there.shift_date
    row.full_clean()
    row.save()
    there.refresh_from_db()
    assert there.no_downtime is False


# -- references and cost ----------------------------------------------------------------------


def test_responsible_is_an_own_or_a_pool_employee(floor, acme_2):
    with client_scope([acme_2]):
        foreign = make_employee(acme_2)
    assert make_stop(floor, responsible=make_employee(floor.client)).pk
    sentences = refusals(stop(floor, responsible=foreign))
    assert list(sentences) == ["responsible"]


def test_reason_of_another_client_is_unknown(floor, acme_2):
    with client_scope([acme_2]):
        foreign = reason("OTHER")
    assert DowntimeReason.objects.filter(pk=foreign.pk).count() == 0
    assert list(refusals(stop(floor, reason=foreign))) == ["reason"]
    with pytest.raises(IntegrityError), transaction.atomic():
        DowntimeEvent.objects.bulk_create([stop(floor, reason=foreign, **full())])
        connection.check_constraints()


def full():
    return {"stations_affected": 10, "stations_total": 10, "event_no": 1}


def test_a_stop_may_hang_on_an_order_alone(floor):
    row = make_stop(floor, line=None, work_order=make_order(floor.client))
    assert (row.line_shift, row.stations_total) == (None, 1)


def typed(floor, number):
    start = at("07:00") + datetime.timedelta(minutes=5 * number)
    return DowntimeEvent(
        client_id=floor.client.pk,
        shift_date=DAY,
        shift_id=floor.shift.pk,
        line_id=floor.line.pk,
        machine_id=floor.machine.pk,
        reason_id=reason("OTHER").pk,
        started_at=start,
        ended_at=start + datetime.timedelta(minutes=5),
    )


def test_preparing_one_stop_or_ninety_costs_the_same(floor):
    make_stop(floor)
    counts = []
    for rows in ([typed(floor, 0)], [typed(floor, number) for number in range(90)]):
        with CaptureQueriesContext(connection) as asked:
            DowntimeEvent.prepare(rows)
            for row in rows:
                row.clean()
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 12
