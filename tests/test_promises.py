"""The page about security says what the tests prove, and nothing else."""

from __future__ import annotations

import re

import pytest
from django.apps import apps

from kpi_ops.jobs import JOBS
from tests.promises import PAGE, PROMISES, page_with, proofs, table
from tests.sweep.world import addresses


def test_every_promise_has_a_test_that_names_it() -> None:
    assert set(PROMISES) - set(proofs()) == set()


def test_no_test_names_a_promise_that_nobody_made() -> None:
    assert set(proofs()) - set(PROMISES) == set()


def test_the_page_about_security_is_the_one_that_is_generated() -> None:
    """After a test was added or renamed: `make security`."""
    assert PAGE.read_text() == page_with(table())


def named(words: str) -> list[str]:
    """What of the product, by its addresses, tables and jobs, is about any of the words."""
    about = re.compile(rf"(?:\b|_)(?:{words})(?:\b|_)", re.IGNORECASE)
    names = [f"{each.pattern} {each.name}" for each in addresses()]
    names += [str(each._meta.verbose_name) for each in apps.get_models()]
    names += [each.command for each in JOBS]
    return [name for name in names if about.search(name)]


@pytest.mark.parametrize("words", ["work order|orders", "line_shifts", "entry"])
def test_what_there_is_is_found_by_name(words: str) -> None:
    assert named(words) != []


def test_iso_049_there_are_no_codes_to_scan_yet() -> None:
    """Whoever builds them proves here, instead, that they are opaque and keep to the scope."""
    assert named("qr|scans?|barcodes?|code39") == []


def test_iso_050_there_are_no_wall_boards_yet() -> None:
    """Whoever builds them proves here, instead, whose they are and what opens them."""
    assert named("walls?|boards?|wallboards?|kiosks?|andon|tv") == []


def test_iso_047_iso_048_there_are_no_alerts_and_subscriptions_yet() -> None:
    """Whoever builds them proves here, instead, whose rows they read and who receives them."""
    assert named("alerts?|subscriptions?|subscribers?|shares?|share_links?|recipients?") == []
