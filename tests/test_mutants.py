"""The mutants of `make mutants` still fit the code, so that each one takes a defence away."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction

from tests.mutants.defences import MUTANTS

ROOT = Path(settings.BASE_DIR)


def test_there_are_enough_mutants_and_each_has_a_name_of_its_own() -> None:
    assert len(MUTANTS) >= 40
    assert [
        name for name, times in Counter(each.name for each in MUTANTS).items() if times > 1
    ] == []


def test_every_mutant_is_found_exactly_once_and_is_still_python() -> None:
    for each in MUTANTS:
        if each.file:
            code = (ROOT / each.file).read_text()
            changed = each.applied_to(code)
            assert changed != code, each.name
            ast.parse(changed)


def test_a_text_that_is_not_there_or_twice_is_an_error() -> None:
    mutant = next(each for each in MUTANTS if each.file)
    for code in ("", mutant.text * 2):
        with pytest.raises(ValueError, match="found"):
            mutant.applied_to(code)


def test_every_statement_of_a_mutant_still_runs(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE kpi_owner")
        for each in MUTANTS:
            if each.sql:
                point = transaction.savepoint()
                cursor.execute(each.sql)
                transaction.savepoint_rollback(point)


def test_the_tests_that_have_to_notice_are_there() -> None:
    for each in MUTANTS:
        for test in each.tests.split():
            file, _, name = test.partition("::")
            code = (ROOT / file).read_text()
            assert not name or f"def {name}(" in code, f"{each.name}: {test}"
