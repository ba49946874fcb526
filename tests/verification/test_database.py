"""What no way of writing passes by: bulk updates and raw statements meet the same rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from attendance.models import HourAllocation
from clients.models import VerifiedModel
from clients.postgresql.walls import KEPT
from clients.scope import because, client_scope
from plant.models import LineShift
from production.models import ProductionEntry
from quality.models import Defect
from tests.attendance.factories import make_allocation
from tests.quality.factories import make_defect, make_inspection
from tests.verification.conftest import KINDS, World, make_attendance

SENTENCE = "Give a reason for the change."


def refused(act: Any) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        act()
    return str(caught.value).partition("\n")[0]


@pytest.mark.parametrize("state", ["closed", "verified"])
def test_a_bulk_update_needs_a_reason(world: World, state: str) -> None:
    make, _change = KINDS["production-entries"]
    row = world.written(make, state=state)
    row.total_units = 2
    with client_scope([world.client]):
        rows = ProductionEntry.objects.filter(pk=row.pk)
        assert refused(lambda: rows.update(total_units=1)) == SENTENCE
        assert refused(lambda: rows.bulk_update([row], ["total_units"])) == SENTENCE
        with because("counted again"):
            rows.update(total_units=1)
    after = world.stored(row)
    assert (after.total_units, after.verified_at, after.verified_by) == (1, None, None)


def test_a_raw_statement_needs_a_reason(world: World) -> None:
    make, _change = KINDS["production-entries"]
    row = world.written(make, state="verified")

    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE production_productionentry SET total_units = 1 WHERE id = %s", [row.pk]
            )

    with client_scope([world.client]):
        assert refused(act) == SENTENCE
    assert world.stored(row).total_units == 180


def test_an_open_row_that_nobody_verified_needs_none(world: World) -> None:
    make, _change = KINDS["production-entries"]
    row = world.written(make)
    with client_scope([world.client]):
        ProductionEntry.objects.filter(pk=row.pk).update(total_units=1)
    assert world.stored(row).total_units == 1


def test_a_row_does_not_slip_into_a_closed_shift(world: World) -> None:
    make, _change = KINDS["production-entries"]
    closed, other = world.written(make, state="closed"), world.written(make, state="open")
    with client_scope([world.client]):
        ProductionEntry.objects.filter(pk=other.pk)
        night = LineShift.objects.get(pk=closed.line_shift_id)
        rows = ProductionEntry.objects.filter(pk=other.pk)
        assert refused(lambda: rows.update(line_shift=night, notes="moved")) == SENTENCE


def test_what_the_system_writes_leaves_the_verification(world: World) -> None:
    make, _change = KINDS["production-entries"]
    row = world.written(make, state="verified")
    with client_scope([world.client]):
        ProductionEntry.objects.filter(pk=row.pk).update(labour_hours_per_unit="0.300000")
    assert world.stored(row).verified_at is not None


@pytest.mark.parametrize("kind", KINDS)
def test_the_creator_is_never_the_verifier(world: World, kind: str) -> None:
    make, _change = KINDS[kind]
    row = world.written(make)
    model = type(row)
    with client_scope([world.client]):
        said = refused(
            lambda: model.objects.filter(pk=row.pk).update(
                verified_by=world.people["O"], verified_at=row.created_at
            )
        )
    assert "second_person" in said


def test_every_table_of_verified_rows_is_watched(db: None) -> None:
    """A table made later gets the trigger when it is made; what the system writes is named."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, encode(tgargs, 'escape') FROM pg_trigger "
            "WHERE tgname = 'kpi_correct'"
        )
        named = {table: set(args.split("\\000")) - {""} for table, args in cursor.fetchall()}
    models = [each for each in apps.get_models() if issubclass(each, VerifiedModel)]
    assert len(models) == 5
    wrong = {}
    for model in models:
        system = {each.column for each in model._meta.local_fields if not each.editable}
        expected = (system - {"voided_at"}) | KEPT
        if named[model._meta.db_table] != expected:
            wrong[model._meta.db_table] = named[model._meta.db_table] ^ expected
    assert wrong == {}


# -- parts ---------------------------------------------------------------------------------------


def part_of(world: World, kind: str, state: str) -> tuple[Any, Any]:
    with client_scope([world.client]):
        if kind == "defect":
            whole = make_inspection(world.floor)
            part = make_defect(whole)
        else:
            whole = make_attendance(world.floor)
            part = make_allocation(whole, 2, "TRAINING")
        whole = type(whole).objects.get(pk=whole.pk)
        if state == "verified":
            whole.verify(by=world.people["A"])
        if state == "closed":
            whole.line_shift.close(by=world.people["A"])
    return whole, part


@pytest.mark.parametrize("kind", ["defect", "allocation"])
def test_a_changed_part_asks_for_a_second_person_again(world: World, kind: str) -> None:
    whole, part = part_of(world, kind, "verified")
    model, name = type(part), "quantity" if kind == "defect" else "hours"
    with client_scope([world.client]):
        rows = model.objects.filter(pk=part.pk)
        assert refused(lambda: rows.update(**{name: 1})) == SENTENCE
        assert world.stored(whole).verified_at is not None
        with because("counted again"):
            rows.update(**{name: 1})
    assert world.stored(whole).verified_at is None


@pytest.mark.parametrize("kind", ["defect", "allocation"])
def test_a_part_of_a_closed_shift_changes_with_a_reason(world: World, kind: str) -> None:
    _whole, part = part_of(world, kind, "closed")
    model, name = type(part), "quantity" if kind == "defect" else "hours"
    with client_scope([world.client]):
        rows = model.objects.filter(pk=part.pk)
        assert refused(lambda: rows.update(**{name: 1})) == SENTENCE
        with because("counted again"):
            assert rows.update(**{name: 1}) == 1
    assert world.place().restated == [model._meta.db_table]


def test_a_part_written_together_with_its_whole_needs_none(world: World) -> None:
    whole, _part = part_of(world, "defect", "verified")
    with client_scope([world.client]):
        make_defect(whole, disposition="REPAIR")
    assert world.stored(whole).verified_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_part_added_later_to_a_verified_row_needs_a_reason(world: World) -> None:
    whole, _part = part_of(world, "defect", "verified")
    with client_scope([world.client]):
        assert refused(lambda: make_defect(whole, disposition="REPAIR")) == SENTENCE
        with because("found later"):
            make_defect(whole, disposition="REPAIR")
        assert Defect.objects.count() == 2
    assert world.stored(whole).verified_at is None


def test_a_void_takes_the_parts_along(world: World) -> None:
    whole, _part = part_of(world, "allocation", "closed")
    with client_scope([world.client], user=world.people["S"]):
        type(whole).objects.get(pk=whole.pk).void(by=world.people["S"], reason="wrong person")
        assert HourAllocation.objects.count() == 0
