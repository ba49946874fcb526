"""Employees, the shared pool, and who works on which line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from clients.constraints import sentence_for
from clients.periods import from_day_on
from clients.scope import client_scope, every_client
from plant.models import Employee, LineAssignment
from plant.models.people import may_see_protected
from tests.plant.factories import make_assignment, make_employee, make_line

ALL = "the pool is shared by all clients"


@pytest.fixture
def pool(db):
    """EMP-015 of the shared pool."""
    with every_client(ALL):
        return make_employee(None, code="EMP-015", full_name="Flor Ter")


def test_a_code_of_the_pool_is_refused_in_a_client(acme, pool):
    with client_scope([acme]), pytest.raises(ValidationError) as caught:
        make_employee(acme, code="emp-015")

    assert caught.value.message_dict == {"code": ["This code belongs to the shared pool."]}


def test_a_code_of_a_client_is_refused_in_the_pool(acme):
    with client_scope([acme]):
        make_employee(acme, code="EMP-001")
    with every_client(ALL), pytest.raises(ValidationError) as caught:
        make_employee(None, code="EMP-001")

    assert caught.value.message_dict == {"code": ["This code belongs to an employee of a client."]}


def test_the_database_refuses_a_pool_code_also_out_of_sight(acme, acme_2):
    with client_scope([acme_2]):
        make_employee(acme_2, code="EMP-001")
    # In the scope of ACME the employee of ACME-2 cannot be seen, and still the answer is no.
    with client_scope([acme]), pytest.raises(IntegrityError) as caught, transaction.atomic():
        Employee(client=None, code="EMP-001", full_name="X").save()

    assert sentence_for(caught.value).messages == ["This code belongs to the shared pool."]


def test_two_clients_may_use_one_code(acme, acme_2):
    for client in (acme, acme_2):
        with client_scope([client]):
            make_employee(client, code="EMP-001")

    with every_client(ALL):
        assert Employee.objects.filter(code="EMP-001").count() == 2


def test_a_client_sees_its_own_people_and_the_pool(acme, acme_2, pool):
    with client_scope([acme_2]):
        make_employee(acme_2, code="ZEBRA")
    with client_scope([acme]):
        make_employee(acme, code="EMP-001")

        assert [each.code for each in Employee.objects.order_by("code")] == ["EMP-001", "EMP-015"]
        assert [each.code for each in Employee.objects.pool()] == ["EMP-015"]
        assert [each.code for each in Employee.objects.own()] == ["EMP-001"]


def test_a_supervisor_cannot_write_the_pool(acme, pool, member):
    supervisor = member(acme)
    with client_scope([acme], user=supervisor) as scope:
        refusal = Employee.objects.get(code="EMP-015").refusal_to_edit(scope)
        assert refusal == "Employees of the shared pool are kept by platform admins."
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Employee(client=None, code="EMP-099", full_name="X").save()
        with pytest.raises(DatabaseError), transaction.atomic():
            Employee.objects.get(code="EMP-015").save(force_update=True)


def test_a_supervisor_cannot_move_an_own_employee_into_the_pool(acme, member):
    supervisor = member(acme)
    with client_scope([acme], user=supervisor):
        row = make_employee(acme, code="EMP-001")
        with pytest.raises(DatabaseError), transaction.atomic():
            Employee.objects.filter(pk=row.pk).update(client=None)

        assert Employee.objects.own().count() == 1


def test_accents_are_kept(in_acme):
    make_employee(in_acme, code="EMP-001", full_name="María José Núñez")

    assert Employee.objects.get(code="EMP-001").full_name == "María José Núñez"


def test_an_hourly_rate_is_not_negative(in_acme):
    with pytest.raises(ValidationError, match=r"The hourly rate cannot be negative\."):
        make_employee(in_acme, hourly_rate=Decimal("-1"))


def test_protected_fields_need_the_hr_flag_in_the_client_of_the_person(acme, acme_2, member, pool):
    hr = member(acme, hr=True)
    from clients.models import Membership

    Membership.objects.create(
        user=hr, client=acme_2, role="SUPERVISOR", valid=(date(2020, 1, 1), None)
    )
    with client_scope([acme, acme_2], user=hr):
        own, other = make_employee(acme), make_employee(acme_2)

        assert may_see_protected(own)
        assert not may_see_protected(other)
        assert not may_see_protected(Employee.objects.get(code="EMP-015"))
        assert not may_see_protected(None)
    with client_scope([acme], user=hr):
        assert may_see_protected(None)


# Line assignments


@pytest.fixture
def person(in_acme):
    return make_employee(in_acme)


def years(first: int, after: int | None = None):
    if after is None:
        return from_day_on(date(first, 1, 1))
    return (date(first, 1, 1), date(after, 1, 1))


def saved_without_asking(**fields) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        LineAssignment.objects.create(**fields)
    return sentence_for(caught.value).messages[0]


def test_the_first_line_is_the_primary_one(in_acme, person):
    first = make_assignment(person, make_line(in_acme), allocation_pct=50)
    second = make_assignment(person, make_line(in_acme), allocation_pct=50)

    assert (first.is_primary, second.is_primary) == (True, False)


def test_an_allocation_above_100_percent_is_refused(in_acme, person):
    make_assignment(person, make_line(in_acme), allocation_pct=Decimal("60"))
    other = make_line(in_acme)

    with pytest.raises(ValidationError, match=r"Allocation would exceed 100 %\."):
        make_assignment(person, other, allocation_pct=Decimal("40.01"))
    assert (
        saved_without_asking(
            client=in_acme, employee=person, line=other, allocation_pct=41, valid=years(2025)
        )
        == "Allocation would exceed 100 %."
    )
    assert make_assignment(person, other, allocation_pct=Decimal("40")).pk


def test_a_third_line_is_refused(in_acme, person):
    for _ in range(2):
        make_assignment(person, make_line(in_acme), allocation_pct=10)
    third = make_line(in_acme)

    with pytest.raises(ValidationError, match="at most two lines at a time"):
        make_assignment(person, third, allocation_pct=10)
    assert (
        saved_without_asking(
            client=in_acme, employee=person, line=third, allocation_pct=10, valid=years(2025)
        )
        == "A person works on at most two lines at a time."
    )


def test_lines_after_one_another_are_not_at_a_time(in_acme, person):
    for year in (2025, 2026, 2027):
        make_assignment(person, make_line(in_acme), valid=years(year, year + 1))

    # A year between two others meets each of them alone.
    assert LineAssignment.objects.valid_on(date(2026, 7, 1)).count() == 1


def test_a_long_assignment_is_judged_day_by_day(in_acme, person):
    make_assignment(person, make_line(in_acme), allocation_pct=60, valid=years(2025, 2026))
    make_assignment(person, make_line(in_acme), allocation_pct=60, valid=years(2026, 2027))
    third = make_line(in_acme)

    assert make_assignment(person, third, allocation_pct=40, valid=years(2025, 2027)).pk


def test_one_line_twice_in_a_period_is_refused(in_acme, person):
    line = make_line(in_acme)
    make_assignment(person, line, allocation_pct=10)

    with pytest.raises(ValidationError, match="assigned to this line in that period already"):
        make_assignment(person, line, allocation_pct=10, valid=years(2026, 2027))
    assert (
        saved_without_asking(
            client=in_acme, employee=person, line=line, allocation_pct=10, valid=years(2026)
        )
        == "This person is assigned to this line in that period already."
    )


def test_two_primary_lines_in_a_period_are_refused(in_acme, person):
    make_assignment(person, make_line(in_acme), allocation_pct=10)
    other = make_line(in_acme)

    with pytest.raises(ValidationError, match="has a primary line in that period already"):
        make_assignment(person, other, allocation_pct=10, is_primary=True)
    assert (
        saved_without_asking(
            client=in_acme, employee=person, line=other, allocation_pct=10,
            is_primary=True, valid=years(2025),
        )
        == "This person has a primary line in that period already."
    )  # fmt: skip


@pytest.mark.parametrize("share", [Decimal("0"), Decimal("100.01")])
def test_an_allocation_is_above_0_and_at_most_100(in_acme, person, share):
    with pytest.raises(ValidationError, match=r"An allocation is above 0 and at most 100 %\."):
        make_assignment(person, make_line(in_acme), allocation_pct=share)


def test_a_person_of_the_pool_has_no_line(acme, pool):
    with client_scope([acme]):
        line = make_line(acme)
        row = LineAssignment(client=acme, employee=pool, line=line, valid=years(2025))

        with pytest.raises(ValidationError, match="Unknown employee"):
            row.full_clean()
        with transaction.atomic():
            row.save()
            with pytest.raises(IntegrityError):
                connection.check_constraints()
            transaction.set_rollback(True)


def test_a_period_needs_a_first_day(in_acme, person):
    with pytest.raises(ValidationError, match=r"Give the first valid day\."):
        make_assignment(person, make_line(in_acme), valid=(None, date(2026, 1, 1)))
    with pytest.raises(IntegrityError, match="plant_lineassignment_valid"), transaction.atomic():
        LineAssignment.objects.create(
            client=in_acme, employee=person, line=make_line(in_acme), valid=(None, None)
        )


def test_a_voided_assignment_makes_room(in_acme, person, member):
    make_assignment(person, make_line(in_acme)).void(by=member(in_acme), reason="wrong person")

    assert make_assignment(person, make_line(in_acme)).is_primary


@pytest.mark.parametrize("rows", [1, 200])
def test_many_assignments_are_prepared_in_one_query(in_acme, django_assert_num_queries, rows):
    line = make_line(in_acme)
    people = [Employee(client=in_acme, code=f"P{n}", full_name="P") for n in range(rows)]
    Employee.objects.bulk_create(people)
    asked = [
        LineAssignment(client=in_acme, employee=each, line=line, valid=years(2025))
        for each in people
    ]

    with django_assert_num_queries(1):
        LineAssignment.prepare(asked)
        for row in asked:
            row.clean()

    assert all(row.is_primary for row in asked)
