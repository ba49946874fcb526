"""Parts, styles, standards, orders and jobs: what is refused, and in which words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from clients.constraints import sentence_for
from clients.periods import from_day_on
from clients.scope import client_scope
from plant.models import Job, Operation, Part, Standard, StyleOperation, WorkOrder
from tests.plant.factories import (
    make_job,
    make_line,
    make_operation,
    make_order,
    make_part,
    make_standard,
    make_style,
)

FROM_2025 = from_day_on(date(2025, 1, 1))


def refusals(row) -> list[str]:
    """The sentences of the form; the database has to say the first of them as well."""
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        row.save()
    said = caught.value.messages
    assert sentence_for(refused.value).messages[0] in said
    return said


def test_a_client_starts_with_five_operations_of_its_own(in_acme):
    rows = Operation.objects.values_list("code", "sequence", "counts_output")

    assert list(rows) == [
        ("CUTTING", 10, False),
        ("SEWING", 20, False),
        ("ASSEMBLY", 30, False),
        ("QC", 40, False),
        ("PACKING", 50, True),
    ]


def test_a_style_without_a_route_uses_all_operations(in_acme):
    style = make_style(in_acme)

    assert [each.code for each in style.route()] == [
        "CUTTING", "SEWING", "ASSEMBLY", "QC", "PACKING",
    ]  # fmt: skip


def test_a_style_with_a_route_uses_its_own_in_order(in_acme):
    style = make_style(in_acme)
    for sequence, code in ((20, "CUTTING"), (10, "PACKING")):
        operation = Operation.objects.get(code=code)
        StyleOperation.objects.create(
            client=in_acme, style=style, operation=operation, sequence=sequence
        )

    assert [each.code for each in style.route()] == ["PACKING", "CUTTING"]


def test_a_style_has_an_operation_once(in_acme):
    style, operation = make_style(in_acme), make_operation(in_acme)
    StyleOperation.objects.create(client=in_acme, style=style, operation=operation)

    row = StyleOperation(client=in_acme, style=style, operation=operation)
    assert refusals(row) == ["This style has that operation already."]


@pytest.mark.parametrize("opportunities", [0, 10_001])
def test_opportunities_from_1_to_10000(in_acme, opportunities):
    row = Part(client=in_acme, code="P", opportunities_per_unit=opportunities)

    said = "Opportunities are a whole number from 1 to 10,000."
    assert said in refusals(row)


def test_the_part_of_another_client_is_unknown(acme, acme_2):
    with client_scope([acme_2]):
        foreign = make_style(acme_2)
    with client_scope([acme]):
        row = Part(client=acme, code="P", style=foreign)
        with pytest.raises(ValidationError, match=rf"Unknown style “{foreign.pk}”\."):
            row.full_clean()
        with transaction.atomic():
            row.save()
            with pytest.raises(IntegrityError):
                connection.check_constraints()
            transaction.set_rollback(True)


# Standards


def test_a_standard_is_of_a_part_or_of_a_style(in_acme):
    row = Standard(
        client=in_acme, part=make_part(in_acme), style=make_style(in_acme),
        labour_hours_per_unit=Decimal("0.25"), valid=FROM_2025, reason="time study",
    )  # fmt: skip

    assert refusals(row) == ["Give a part or a style, not both."]


def test_a_standard_is_of_something(in_acme):
    row = Standard(
        client=in_acme, labour_hours_per_unit=Decimal("0.25"), valid=FROM_2025, reason="study"
    )

    assert refusals(row) == ["Give a part, a style, a line or a shift."]


def test_a_standard_has_hours(in_acme):
    row = Standard(client=in_acme, part=make_part(in_acme), valid=FROM_2025, reason="study")

    assert refusals(row) == ["Give labour hours or cycle hours per unit."]


@pytest.mark.parametrize("field", ["labour_hours_per_unit", "cycle_hours_per_unit"])
def test_hours_are_above_zero(in_acme, field):
    row = Standard(
        client=in_acme, part=make_part(in_acme), valid=FROM_2025, reason="s", **{field: Decimal(0)}
    )

    assert "Hours per unit must be above zero." in refusals(row)


def test_a_standard_says_why(in_acme):
    with pytest.raises(ValidationError) as caught:
        make_standard(in_acme, part=make_part(in_acme), reason="")

    assert list(caught.value.message_dict) == ["reason"]


def test_one_standard_at_a_time_and_an_empty_reference_is_a_value(in_acme):
    part, line = make_part(in_acme), make_line(in_acme)
    make_standard(in_acme, part=part)
    make_standard(in_acme, part=part, line=line)
    make_standard(in_acme, part=part, operation=make_operation(in_acme))

    row = Standard(
        client=in_acme, part=part, labour_hours_per_unit=Decimal("0.2"), reason="again",
        valid=(date(2026, 1, 1), date(2026, 2, 1)),
    )  # fmt: skip
    assert refusals(row) == ["Another standard is valid in this period."]


def test_standards_written_together_are_judged_together(in_acme):
    part = make_part(in_acme)
    rows = [
        Standard(
            client=in_acme, part=part, labour_hours_per_unit=Decimal("0.2"), reason="r", valid=valid
        )
        for valid in ((date(2025, 1, 1), date(2025, 7, 1)), (date(2025, 6, 1), None))
    ]
    Standard.prepare(rows)

    with pytest.raises(ValidationError, match=r"Another standard is valid in this period\."):
        rows[1].clean()


def test_a_new_standard_belongs_to_its_engineer(acme, member):
    engineer = member(acme, role="ENGINEER")
    with client_scope([acme], user=engineer):
        assert make_standard(acme, part=make_part(acme)).owner == engineer


# Orders and jobs


def test_a_new_order_is_received_and_normal(in_acme):
    order = make_order(in_acme)

    assert (order.status, order.priority) == ("RECEIVED", "NORMAL")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"planned_quantity": 0}, "Quantities must be above zero."),
        ({"status": "LOST"}, "Unknown order status."),
        ({"status": "REJECTED"}, "A rejection, and only a rejection, has a reason."),
        ({"rejection_reason": "x"}, "A rejection, and only a rejection, has a reason."),
        (
            {"status": "ON_HOLD"},
            "An order on hold, and only that, remembers its status.",
        ),
        (
            {"delay_class": "JUSTIFIED", "promised_date": date(2025, 1, 1)},
            "A justified delay, and only that, has a reason.",
        ),
        (
            {
                "delay_class": "UNJUSTIFIED",
                "delay_reason": "OTHER",
                "promised_date": date(2025, 1, 1),
            },
            "A justified delay, and only that, has a reason.",
        ),
    ],
)
def test_an_order_out_of_order_is_refused_by_form_and_database(in_acme, fields, sentence):
    row = WorkOrder(client=in_acme, **{"number": "WO-1", "planned_quantity": 600, **fields})

    assert sentence in refusals(row)


def test_an_order_number_is_taken_once(in_acme):
    make_order(in_acme, number="WO-2025-001")

    row = WorkOrder(client=in_acme, number="WO-2025-001", planned_quantity=1)
    assert refusals(row) == ["This order number exists already."]


def test_the_first_promise_is_kept(in_acme):
    order = make_order(in_acme, promised_date=date(2025, 12, 12))
    order.promised_date = date(2025, 12, 19)
    order.full_clean()
    order.save()

    order.refresh_from_db()
    assert order.original_promised_date == date(2025, 12, 12)


def test_a_promise_given_later_is_the_first_one_then(in_acme):
    order = make_order(in_acme)
    order.promised_date = date(2025, 12, 19)
    order.full_clean()

    assert order.original_promised_date == date(2025, 12, 19)


def test_only_a_late_order_has_a_delay_class(in_acme):
    late = {"promised_date": date(2025, 12, 12), "delivered_date": date(2025, 12, 13)}
    order = make_order(in_acme, delay_class="JUSTIFIED", delay_reason="FORCE_MAJEURE", **late)
    assert order.pk

    with pytest.raises(ValidationError, match=r"This order is not late\."):
        make_order(
            in_acme, delay_class="UNJUSTIFIED",
            promised_date=date(2025, 12, 12), delivered_date=date(2025, 12, 12),
        )  # fmt: skip


def test_clearing_the_delay_class_clears_its_reason(in_acme):
    order = make_order(
        in_acme, delay_class="JUSTIFIED", delay_reason="OTHER",
        promised_date=date(2025, 12, 12), delivered_date=date(2025, 12, 13),
    )  # fmt: skip
    order.delay_class = ""
    order.full_clean()

    assert order.delay_reason == ""


def test_due_today_is_not_late(in_acme):
    make_order(in_acme, number="DUE", promised_date=date(2025, 12, 12))
    make_order(in_acme, number="REQUIRED", required_date=date(2025, 12, 11))
    make_order(in_acme, number="OPEN-END")
    gone = make_order(in_acme, number="GONE", promised_date=date(2025, 12, 1))
    WorkOrder.objects.filter(pk=gone.pk).update(status="SHIPPED")

    late = WorkOrder.objects.late(on=date(2025, 12, 12)).values_list("number", flat=True)

    assert list(late) == ["REQUIRED"]


def test_a_final_order_says_why_it_takes_no_rows(in_acme):
    order = make_order(in_acme, number="WO-1")
    assert order.final_refusal == ""

    order.status = "CLOSED"
    assert order.final_refusal == "Order WO-1 is closed."


def test_a_job_takes_its_code_from_the_order(in_acme):
    order = make_order(in_acme, number="WO-2025-001")

    codes = [make_job(order).code for _ in range(2)]

    assert codes == ["WO-2025-001-L1", "WO-2025-001-L2"]


def test_jobs_of_one_file_get_codes_of_their_own(in_acme, django_assert_num_queries):
    order = make_order(in_acme, number="WO-1")
    make_job(order)
    rows = [Job(client=in_acme, work_order=order, quantity=1) for _ in range(3)]

    with django_assert_num_queries(1):
        Job.prepare(rows)

    assert [row.code for row in rows] == ["WO-1-L2", "WO-1-L3", "WO-1-L4"]


def test_a_job_has_a_quantity(in_acme):
    row = Job(client=in_acme, work_order=make_order(in_acme), code="J1", quantity=0)

    assert "Quantities must be above zero." in refusals(row)


def test_a_job_code_is_taken_once(in_acme):
    make_job(make_order(in_acme), code="J1")

    row = Job(client=in_acme, work_order=make_order(in_acme), code="J1", quantity=1)
    assert refusals(row) == ["This job code exists already."]


def test_a_replacement_stays_in_its_order(in_acme):
    order, other = make_order(in_acme), make_order(in_acme)
    scrapped = make_job(order)

    assert make_job(order, replaces=scrapped).replaces == scrapped
    with pytest.raises(ValidationError, match=r"Both jobs must belong to one order\."):
        make_job(other, replaces=scrapped)


def test_open_jobs_are_those_of_open_orders(in_acme):
    still, done = make_order(in_acme), make_order(in_acme)
    job = make_job(still)
    make_job(done)
    WorkOrder.objects.filter(pk=done.pk).update(status="COMPLETED")

    assert list(Job.objects.open()) == [job]
