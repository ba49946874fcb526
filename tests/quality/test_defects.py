"""Defects of an inspection, and the catalogue of their types."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from clients.constraints import sentence_for
from clients.models import Client
from clients.scope import client_scope
from quality.models import Defect, DefectType
from quality.warnings import warnings
from tests.plant.factories import make_operation
from tests.production.factories import make_floor
from tests.quality.factories import defect, defect_type, make_defect, make_inspection


@pytest.fixture
def floor(in_acme, made_floor):
    return made_floor


def refusals(row):
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    return refused.value.message_dict


def refused_by_database(row):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Defect.prepare([row])
        Defect.objects.bulk_create([row])
    return sentence_for(refused.value).messages


def test_severity_is_that_of_the_type_unless_given(floor):
    of = make_inspection(floor)
    assert make_defect(of).severity == "MAJOR"
    assert make_defect(of, defect_type=defect_type("CONTAM"), severity="MINOR").severity == "MINOR"


def test_quantity_is_above_zero(floor):
    of = make_inspection(floor)
    sentence = "The quantity must be above zero."
    assert sentence in refusals(defect(of, quantity=0))["quantity"]
    assert refused_by_database(defect(of, quantity=0)) == [sentence]


def test_one_row_per_type_disposition_and_operation(floor):
    of, sewing = make_inspection(floor), make_operation(floor.client)
    make_defect(of)
    make_defect(of, disposition="SCRAP")
    make_defect(of, disposition="REWORK", operation=sewing)
    sentence = "This defect is already recorded on the inspection. Change its quantity instead."
    assert sentence in refusals(defect(of))["__all__"]
    assert refused_by_database(defect(of)) == [sentence]
    assert Defect.objects.count() == 3


def test_defects_leave_with_their_inspection(floor, member):
    of = make_inspection(floor)
    make_defect(of)
    of.void(by=member(floor.client), reason="typed on the wrong order")
    assert Defect.objects.count() == 0
    assert Defect.with_voided.get().void_reason == "typed on the wrong order"


def test_a_defect_belongs_to_the_client_of_its_inspection(floor, acme_2):
    with client_scope([acme_2]):
        foreign = make_inspection(make_floor(acme_2))
    row = Defect(
        client=floor.client, inspection=foreign, defect_type=defect_type("BURR"), quantity=1
    )
    assert list(refusals(row)) == ["inspection"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Defect.objects.bulk_create([row])
        connection.check_constraints()


def test_details_that_do_not_add_up_are_worth_a_warning(floor):
    of = make_inspection(floor, defects_total=11)
    assert warnings([of]) == [[]]
    make_defect(of, quantity=8)
    assert warnings([of]) == [["The details add up to 8 defects, the inspection says 11."]]
    make_defect(of, defect_type=defect_type("CONTAM"), quantity=3)
    assert warnings([of]) == [[]]


TEMPLATES = {
    "TEXTILE": ["STITCH", "FABRIC", "MEASURE", "COLOR", "PILLING", "HOLE_TEAR", "STAIN",
                "SEAM_PUCKER", "LABEL_ERR", "OTHER"],
    "ELECTRONICS": ["SOLDER_DEF", "COMP_MISS", "COMP_WRONG", "POLARITY", "SHORT", "OPEN",
                    "ESD_DMG", "PCB_DEF", "TOMBSTONE", "OTHER"],
    "GENERAL": ["DIM_ERR", "SURF_DEF", "MAT_DEF", "ASSY_ERR", "WELD_DEF", "PAINT_DEF", "BURR",
                "FUNC_FAIL", "CONTAM", "OTHER"],
    "MEDICAL": ["STERIL_FAIL", "BIOCOMPAT", "DIM_OOT", "SURF_FINISH", "CONTAM", "FUNC_FAIL",
                "LABEL_ERR", "PKG_INTEG", "DOC_ERR", "OTHER"],
    "PACKAGING": ["PKG_DMG", "SEAL_FAIL", "LABEL_ERR", "BARCODE", "QTY_ERR", "WRONG_ITEM",
                  "CONTAM", "MOIST_DMG", "PRINT_DEF", "OTHER"],
}  # fmt: skip
CRITICAL = {
    "TEXTILE": ["HOLE_TEAR"],
    "ELECTRONICS": ["ESD_DMG"],
    "GENERAL": [],
    "MEDICAL": ["STERIL_FAIL", "BIOCOMPAT"],
    "PACKAGING": [],
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_client_has_the_defect_types_of_its_template(db, template):
    client = Client.open(code="NEW", name="New", defect_template=template)
    with client_scope([client]):
        assert list(DefectType.objects.values_list("code", flat=True)) == TEMPLATES[template]
        critical = DefectType.objects.filter(severity="CRITICAL")
        assert list(critical.values_list("code", flat=True)) == CRITICAL[template]
        assert DefectType.objects.filter(name="").count() == 0


def test_label_error_has_a_standard_in_the_medical_template_only(db):
    for code, template, standard in (("MED", "MEDICAL", "FDA-UDI"), ("TEX", "TEXTILE", "")):
        client = Client.open(code=code, name=code, defect_template=template)
        with client_scope([client]):
            assert defect_type("LABEL_ERR").standard_code == standard


def test_a_code_is_used_once(floor):
    row = DefectType(client=floor.client, code="burr", name="Burr again")
    assert refusals(row)["__all__"] == ["This code is already in use."]
