"""The page about security says what the tests prove, and nothing else."""

from __future__ import annotations

from tests.promises import NOTHING_YET, PAGE, PROMISES, page_with, proofs, table


def test_every_promise_has_a_test_that_names_it() -> None:
    assert set(PROMISES) - set(proofs()) == set(NOTHING_YET)


def test_no_test_names_a_promise_that_nobody_made() -> None:
    assert set(proofs()) - set(PROMISES) == set()


def test_the_page_about_security_is_the_one_that_is_generated() -> None:
    """After a test was added or renamed: `make security`."""
    assert PAGE.read_text() == page_with(table())
