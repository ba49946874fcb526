"""The defect types that a client starts with, by its template; then they are the client's own."""

from __future__ import annotations

from clients.models import Client
from quality.models import DefectType, Severity

TEMPLATES = {
    "TEXTILE": ("STITCH FABRIC MEASURE COLOR PILLING HOLE_TEAR STAIN SEAM_PUCKER LABEL_ERR OTHER"),
    "ELECTRONICS": (
        "SOLDER_DEF COMP_MISS COMP_WRONG POLARITY SHORT OPEN ESD_DMG PCB_DEF TOMBSTONE OTHER"
    ),
    "GENERAL": ("DIM_ERR SURF_DEF MAT_DEF ASSY_ERR WELD_DEF PAINT_DEF BURR FUNC_FAIL CONTAM OTHER"),
    "MEDICAL": (
        "STERIL_FAIL BIOCOMPAT DIM_OOT SURF_FINISH CONTAM FUNC_FAIL LABEL_ERR PKG_INTEG DOC_ERR "
        "OTHER"
    ),
    "PACKAGING": (
        "PKG_DMG SEAL_FAIL LABEL_ERR BARCODE QTY_ERR WRONG_ITEM CONTAM MOIST_DMG PRINT_DEF OTHER"
    ),
}

NAMES = {
    "STITCH": "Stitching",
    "FABRIC": "Fabric defect",
    "MEASURE": "Measurement",
    "COLOR": "Colour shade",
    "PILLING": "Pilling",
    "HOLE_TEAR": "Hole or tear",
    "STAIN": "Stain",
    "SEAM_PUCKER": "Seam puckering",
    "LABEL_ERR": "Label error",
    "SOLDER_DEF": "Solder defect",
    "COMP_MISS": "Component missing",
    "COMP_WRONG": "Wrong component",
    "POLARITY": "Polarity reversed",
    "SHORT": "Short circuit",
    "OPEN": "Open circuit",
    "ESD_DMG": "ESD damage",
    "PCB_DEF": "Board defect",
    "TOMBSTONE": "Tombstoning",
    "DIM_ERR": "Dimension error",
    "SURF_DEF": "Surface defect",
    "MAT_DEF": "Material defect",
    "ASSY_ERR": "Assembly error",
    "WELD_DEF": "Weld defect",
    "PAINT_DEF": "Paint defect",
    "BURR": "Burr",
    "FUNC_FAIL": "Functional failure",
    "CONTAM": "Contamination",
    "STERIL_FAIL": "Sterility failure",
    "BIOCOMPAT": "Biocompatibility failure",
    "DIM_OOT": "Dimension out of tolerance",
    "SURF_FINISH": "Surface finish",
    "PKG_INTEG": "Package integrity",
    "DOC_ERR": "Documentation error",
    "PKG_DMG": "Package damage",
    "SEAL_FAIL": "Seal failure",
    "BARCODE": "Barcode unreadable",
    "QTY_ERR": "Quantity error",
    "WRONG_ITEM": "Wrong item",
    "MOIST_DMG": "Moisture damage",
    "PRINT_DEF": "Print defect",
    "OTHER": "Other",
}

CRITICAL = {"HOLE_TEAR", "ESD_DMG", "STERIL_FAIL", "BIOCOMPAT"}

# A label error has a standard in the medical template only.
STANDARD_CODES = {
    ("ELECTRONICS", "SOLDER_DEF"): "IPC-A-610-5.2",
    ("ELECTRONICS", "TOMBSTONE"): "IPC-A-610-8.3",
    ("MEDICAL", "STERIL_FAIL"): "ISO-11137",
    ("MEDICAL", "BIOCOMPAT"): "ISO-10993",
    ("MEDICAL", "LABEL_ERR"): "FDA-UDI",
}


def copy_starter_defect_types(client: Client) -> None:
    template = client.defect_template
    DefectType.objects.bulk_create(
        DefectType(
            client=client,
            code=code,
            name=NAMES[code],
            severity=Severity.CRITICAL if code in CRITICAL else Severity.MAJOR,
            standard_code=STANDARD_CODES.get((template, code), ""),
            sort_order=10 * n,
        )
        for n, code in enumerate(TEMPLATES[template].split(), start=1)
    )
