"""The inference chain of kpi figures, as far as standards reach."""

from __future__ import annotations

import datetime
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clients.periods import from_day_on
from plant.models import Standard
from plant.standards import Made, Work, parts_made, resolve_standards
from tests.plant.factories import (
    make_job,
    make_line,
    make_operation,
    make_order,
    make_part,
    make_shift,
    make_standard,
    make_style,
)

DAY = date(2025, 12, 2)


@pytest.fixture
def plant(in_acme):
    """A job of a part with a style, two lines, one with a crew of ten, one shift."""

    class Plant:
        client = in_acme
        line, other_line = make_line(in_acme, standard_crew=10), make_line(in_acme)
        shift = make_shift(in_acme)
        style = make_style(in_acme, family="boots")
        part = make_part(in_acme, style=style)
        order = make_order(in_acme)
        job = make_job(order, part=part)

    return Plant


def work_on(plant, **changes) -> Work:
    fields = {
        "client_id": plant.client.pk,
        "on": DAY,
        "line_id": plant.line.pk,
        "shift_id": plant.shift.pk,
        "job_id": plant.job.pk,
    }
    return Work(**{**fields, **changes})


def resolved(plant, *, industry=None, **changes):
    (answer,) = resolve_standards([work_on(plant, **changes)], industry=industry)
    return answer


def labour(plant, **changes):
    hours = resolved(plant, **changes).labour
    return hours.hours, hours.source, hours.confidence


def cycle(plant, **changes):
    hours = resolved(plant, **changes).cycle
    return hours.hours, hours.source, hours.confidence


def test_the_line_standard_serves_when_part_and_style_have_none(plant):
    make_standard(plant.client, line=plant.line, labour_hours_per_unit=Decimal("0.22"))

    found = resolved(plant).labour

    assert (found.hours, found.source, found.confidence) == (
        Decimal("0.220000"),
        "LINE",
        Decimal("0.90"),
    )
    assert 100 * found.hours == 22


def test_each_level_of_the_chain_beats_the_next(plant):
    client, line, shift = plant.client, plant.line, plant.shift
    levels = [
        ({"shift": shift}, "0.08", "SHIFT", "0.90"),
        ({"line": line}, "0.07", "LINE", "0.90"),
        ({"line": line, "shift": shift}, "0.06", "LINE", "0.90"),
        ({"style": plant.style}, "0.05", "STYLE", "1.00"),
        ({"style": plant.style, "line": line}, "0.04", "STYLE", "1.00"),
        ({"part": plant.part}, "0.03", "PART", "1.00"),
        ({"part": plant.part, "line": line}, "0.02", "PART", "1.00"),
        ({"part": plant.part, "line": line, "shift": shift}, "0.01", "PART", "1.00"),
    ]
    assert labour(plant) == (None, "MISSING", Decimal(0))

    for fields, hours, source, confidence in levels:
        make_standard(client, labour_hours_per_unit=Decimal(hours), **fields)
        assert labour(plant) == (Decimal(hours), source, Decimal(confidence))


def test_a_standard_of_another_line_shift_or_part_does_not_serve(plant):
    make_standard(plant.client, line=plant.other_line)
    make_standard(plant.client, part=plant.part, line=plant.other_line)
    make_standard(plant.client, part=make_part(plant.client))
    make_standard(plant.client, shift=make_shift(plant.client, "17:00", "20:00"))

    assert labour(plant) == (None, "MISSING", Decimal(0))


def test_the_standard_of_the_day_serves(plant):
    make_standard(
        plant.client,
        part=plant.part,
        labour_hours_per_unit=Decimal("0.30"),
        valid=(date(2025, 1, 1), date(2025, 6, 1)),
    )
    make_standard(
        plant.client,
        part=plant.part,
        labour_hours_per_unit=Decimal("0.24"),
        valid=from_day_on(date(2025, 6, 1)),
    )

    assert labour(plant, on=date(2025, 5, 31))[0] == Decimal("0.300000")
    assert labour(plant, on=date(2025, 6, 1))[0] == Decimal("0.240000")
    assert labour(plant, on=date(2024, 12, 31))[0] is None


def test_a_row_with_an_operation_sees_standards_of_that_operation_only(plant):
    sewing, other = make_operation(plant.client), make_operation(plant.client)
    make_standard(plant.client, part=plant.part, labour_hours_per_unit=Decimal("0.25"))
    make_standard(
        plant.client, part=plant.part, operation=sewing, labour_hours_per_unit=Decimal("0.10")
    )

    assert labour(plant)[0] == Decimal("0.250000")
    assert labour(plant, operation_id=sewing.pk)[0] == Decimal("0.100000")
    assert labour(plant, operation_id=other.pk)[0] is None


def test_labour_and_cycle_are_looked_up_apart(plant):
    make_standard(plant.client, part=plant.part, labour_hours_per_unit=Decimal("0.25"))
    make_standard(plant.client, style=plant.style, cycle_hours_per_unit=Decimal("0.03"))

    assert labour(plant) == (Decimal("0.250000"), "PART", Decimal("1.00"))
    assert cycle(plant) == (Decimal("0.030000"), "STYLE", Decimal("1.00"))


def test_the_machine_gives_the_cycle_before_the_line_and_never_the_labour(plant):
    make_standard(
        plant.client, line=plant.line, labour_hours_per_unit=Decimal("0.25"),
        cycle_hours_per_unit=Decimal("0.04"),
    )  # fmt: skip
    machine = Decimal("0.02")

    assert cycle(plant) == (Decimal("0.040000"), "LINE", Decimal("0.90"))
    assert cycle(plant, machine_cycle_hours=machine) == (machine, "MACHINE", Decimal("0.90"))
    assert labour(plant, machine_cycle_hours=machine)[1] == "LINE"


def test_the_cycle_of_the_part_beats_the_machine(plant):
    make_standard(plant.client, part=plant.part, cycle_hours_per_unit=Decimal("0.025"))

    assert cycle(plant, machine_cycle_hours=Decimal("0.02"))[1] == "PART"


def test_labour_hours_by_the_crew_give_a_cycle(plant):
    make_standard(plant.client, part=plant.part, labour_hours_per_unit=Decimal("0.25"))

    assert cycle(plant) == (Decimal("0.025000"), "CREW", Decimal("0.90"))
    assert cycle(plant, line_id=plant.other_line.pk) == (None, "MISSING", Decimal(0))


def test_the_default_of_the_trade_comes_last(plant):
    def agreed(client_id: int, family: str, on: date) -> Decimal | None:
        return Decimal("0.50") if (family, on) == ("boots", DAY) else None

    assert labour(plant, industry=agreed) == (Decimal("0.50"), "INDUSTRY", Decimal("0.70"))
    assert cycle(plant, industry=agreed) == (Decimal("0.050000"), "INDUSTRY", Decimal("0.70"))
    assert labour(plant, industry=agreed, operation_id=1)[1] == "MISSING"

    make_standard(plant.client, shift=plant.shift, labour_hours_per_unit=Decimal("0.40"))
    assert labour(plant, industry=agreed) == (Decimal("0.400000"), "SHIFT", Decimal("0.90"))


def test_a_row_is_stamped_with_the_standard_of_its_labour_hours(plant):
    mine = make_standard(plant.client, part=plant.part)
    make_standard(plant.client, line=plant.line, cycle_hours_per_unit=Decimal("0.03"))

    assert resolved(plant).standard_id == mine.pk


@pytest.mark.parametrize("rows", [1, 300])
def test_many_rows_cost_the_queries_of_one(plant, django_assert_num_queries, rows):
    make_standard(plant.client, part=plant.part)
    works = [work_on(plant, on=DAY - datetime.timedelta(days=n % 30)) for n in range(rows)]

    with django_assert_num_queries(5):
        answers = resolve_standards(works, industry=lambda *_: None)

    assert {each.labour.hours for each in answers} == {Decimal("0.250000")}


def test_no_rows_no_answers(in_acme):
    assert resolve_standards([]) == []


# The part of a row


def made(plant, *, stored=None, **changes) -> Made:
    return parts_made([work_on(plant, **{"job_id": None, **changes})], stored=stored)[0]


def test_the_part_is_that_of_the_job(plant):
    other = make_part(plant.client)
    make_job(plant.order, part=other, code="SECOND")

    assert made(plant, job_id=plant.job.pk, work_order_id=plant.order.pk).part_id == plant.part.pk


def test_without_a_job_it_is_that_of_the_only_job(plant):
    assert made(plant, work_order_id=plant.order.pk) == Made(plant.part.pk, plant.style.pk)

    make_job(plant.order, part=make_part(plant.client), code="SECOND")
    assert made(plant, work_order_id=plant.order.pk) == Made()


def test_else_it_is_the_only_part_made_on_that_line_shift(plant):
    place = (plant.client.pk, plant.line.pk, plant.shift.pk, DAY)

    assert made(plant, stored={place: {plant.part.pk}}).part_id == plant.part.pk
    assert made(plant, stored={place: {plant.part.pk, 1}}).part_id is None
    assert made(plant, stored={place: {plant.part.pk}}, line_id=None).part_id is None


def test_rows_of_one_batch_tell_each_other_what_the_line_made(plant):
    named, unnamed = work_on(plant), work_on(plant, job_id=None)

    assert [each.part_id for each in parts_made([named, unnamed])] == [plant.part.pk] * 2


def test_else_only_the_style_of_the_order_is_known(plant):
    order = make_order(plant.client, style=plant.style)

    assert made(plant, work_order_id=order.pk) == Made(style_id=plant.style.pk)
    assert made(plant) == Made()


def test_a_part_without_a_style_takes_that_of_the_order(plant):
    order = make_order(plant.client, style=plant.style)
    part = make_part(plant.client, opportunities_per_unit=47)
    make_job(order, part=part)

    assert made(plant, work_order_id=order.pk) == Made(part.pk, plant.style.pk, 47)


# Standards follow one another


def test_a_second_standard_in_the_same_period_is_refused(plant):
    make_standard(plant.client, part=plant.part)

    with pytest.raises(ValidationError, match=r"Another standard is valid in this period\."):
        make_standard(plant.client, part=plant.part, valid=from_day_on(date(2025, 6, 1)))


def test_the_database_refuses_it_too(plant):
    row = make_standard(plant.client, part=plant.part)
    row.pk, row._state.adding = None, True

    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        row.save()


def test_a_standard_ends_before_the_next_begins(plant):
    first = make_standard(plant.client, part=plant.part)
    first.end(on=date(2025, 6, 1), by=_user(superuser=True))

    make_standard(plant.client, part=plant.part, valid=from_day_on(date(2025, 6, 1)))

    days = (date(2025, 5, 31), date(2025, 6, 1))
    assert [Standard.objects.valid_on(day).count() for day in days] == [1, 1]


@pytest.mark.parametrize("on", [date(2024, 6, 1), date(2025, 1, 1), date(2025, 7, 2)])
def test_a_standard_ends_inside_its_period_only(plant, on):
    row = make_standard(plant.client, part=plant.part, valid=(date(2025, 1, 1), date(2025, 7, 1)))

    with pytest.raises(ValidationError, match="not valid on the day before"):
        row.end(on=on, by=_user(superuser=True))


def test_an_override_is_ended_by_its_owner_or_a_platform_admin(plant, member):
    owner, other = member(plant.client, role="ENGINEER"), member(plant.client, role="ENGINEER")
    row = make_standard(plant.client, part=plant.part, kind="OVERRIDE")
    Standard.objects.filter(pk=row.pk).update(owner=owner)
    row.refresh_from_db()

    with pytest.raises(ValidationError, match="override by another engineer"):
        row.end(on=date(2025, 6, 1), by=other)
    row.end(on=date(2025, 6, 1), by=owner)

    assert Standard.objects.valid_on(DAY).count() == 0


def _user(*, superuser: bool):
    from clients.models import User

    return User(username="somebody", is_superuser=superuser)
