"""The command, which prints what the API answers."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clients.models import Client
from clients.scope import client_scope
from tests.kpis.factories import make_inspection, make_stop
from tests.production.factories import make_entry, make_floor
from tests.standing import standing


@standing
def filled(acme: Client, acme_2: Client) -> Client:
    for client, units in ((acme, 320), (acme_2, 777)):
        with client_scope([client]):
            floor = make_floor(client)
            make_entry(floor, total_units=units)
            make_stop(floor, 54, "SETUP_CHANGEOVER")
            make_inspection(floor, 320, 304, 16, defects_total=20)
    return acme


def printed(*words: str) -> Any:
    out = io.StringIO()
    call_command("kpis", *words, stdout=out)
    return json.loads(out.getvalue())


DAY = ("--from", "2025-12-02", "--to", "2025-12-02")


def test_one_figure(filled: Client) -> None:
    assert printed("--client", "ACME", *DAY, "--key", "availability") == [
        {
            "key": "availability", "by": None, "client": None, "value": 90, "numerator": 486,
            "denominator": 540, "unit": "%", "estimated": False, "confidence": 1, "grade": None,
            "band": "on_target", "reason": None, "excluded": [],
        }
    ]  # fmt: skip


def test_all_figures_by_day(filled: Client) -> None:
    found = {each["key"]: each for each in printed("--client", "ACME", *DAY, "--by", "day")}

    assert found["oee"]["by"] == "2025-12-02"
    assert round(found["oee"]["value"], 2) == 84.44
    assert found["ppm"]["value"] == 50_000
    assert round(found["dpmo"]["value"], 2) == 1329.79


def test_no_value_is_null_with_the_reason(filled: Client) -> None:
    (found,) = printed("--client", "ACME", *DAY, "--key", "mttr")

    assert (found["value"], found["reason"]) == (None, "No failure was recorded.")


def test_a_union_adds_up(filled: Client) -> None:
    (found,) = printed("--client", "ACME", "--client", "ACME-2", *DAY, "--key", "total_units")

    assert found["value"] == 1097


def test_by_client(filled: Client) -> None:
    found = printed(
        "--client", "ACME", "--client", "ACME-2", *DAY, "--key", "total_units", "--by", "client"
    )

    assert [(each["by"], each["value"]) for each in found] == [("ACME", 320), ("ACME-2", 777)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--client", "NOBODY", *DAY), "Unknown client “NOBODY”."),
        (("--client", "ACME", *DAY, "--key", "luck"), "Unknown KPI “luck”."),
        (("--client", "ACME", *DAY, "--by", "moon"), "Unknown dimension “moon”."),
        (
            ("--client", "ACME", *DAY, "--key", "fpy", "--by", "reason"),
            "First-pass yield is not known by reason.",
        ),
        (
            ("--client", "ACME", "--from", "2025-12-02", "--to", "2025-12-01"),
            "The last day must not be before the first.",
        ),
        (
            ("--client", "ACME", "--from", "2020-12-02", "--to", "2025-12-01"),
            "Choose at most three years.",
        ),
    ],
)
def test_refusals_are_sentences(filled: Client, words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        printed(*words)
