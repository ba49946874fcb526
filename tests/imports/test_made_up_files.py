"""Any bytes and any table: a sentence or rows, never a traceback, and nothing half saved."""

from __future__ import annotations

import csv
import io

from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clients.imports import registry
from clients.imports.batches import confirm, preview
from clients.imports.errors import Refused
from clients.imports.files import read_file
from clients.models import Client, ImportBatch
from clients.scope import client_scope
from production.models import ProductionEntry
from tests.imports.helpers import HEADERS, ROW

NAMES = st.sampled_from(["rows.csv", "rows.xlsx", "rows.txt", "rows", "ROWS.CSV"])
GOOD = ROW.split(",")
CELLS = st.one_of(
    st.sampled_from([*GOOD, "", "-1", "1e400", "NaN", "2025-02-30", "=1+1", "'x", "\x00", "–"]),
    st.text(max_size=20),
)
LINES = st.lists(st.lists(CELLS, min_size=0, max_size=8), max_size=6)
made_up = settings(
    max_examples=40, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def judge(client: Client, content: bytes, name: str) -> None:
    """Confirmed, the file adds as many rows as it says; refused, it leaves nothing."""
    with client_scope([client]), transaction.atomic():
        said, batch = "", None
        try:
            sheet = read_file(content, name)
            batch = confirm(preview(registry.get("production_entry"), client, sheet))
        except Refused as refusal:
            said = str(refusal)
        assert (batch is None) == bool(said)
        assert ImportBatch.objects.count() == (0 if batch is None else 1)
        assert ProductionEntry.objects.count() == (0 if batch is None else batch.rows_new)
        transaction.set_rollback(True)


@made_up
@given(content=st.binary(max_size=300), name=NAMES)
@example(content=b"PK\x03\x04" + bytes(40), name="rows.xlsx")
@example(content=f"{HEADERS}\n{ROW}\n".encode("utf-16"), name="rows.csv")
def test_any_bytes_are_rows_or_a_sentence(boots: Client, content: bytes, name: str) -> None:
    judge(boots, content, name)


@made_up
@given(lines=LINES)
@example(lines=[GOOD, GOOD])
@example(lines=[GOOD, [*GOOD[:5], "-1"]])
def test_any_table_is_rows_or_sentences(boots: Client, lines: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([HEADERS.split(","), *lines])
    judge(boots, file.getvalue().encode("utf-8", "replace"), "rows.csv")


def test_a_good_row_among_them_is_saved(boots: Client) -> None:
    with client_scope([boots]):
        content = f"{HEADERS}\n{ROW}\n".encode()
        confirm(preview(registry.get("production_entry"), boots, read_file(content, "rows.csv")))
        assert ProductionEntry.objects.count() == 1
