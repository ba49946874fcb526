"""Calls made up from the description of the API, as each role: whatever is sent, the status and
kind of the answer are such that the description knows, it is never an error of ours, and it holds
nothing of another client.

A few examples, always the same ones; FUZZ_EXAMPLES in the environment asks for more, of every
address for every role.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import requests
from django.db import transaction
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from clients.models import ApiToken
from tests.sweep.described import operations, said_of
from tests.sweep.world import MARKS, World, body

MORE = int(os.environ.get("FUZZ_EXAMPLES", "0"))
LETTERS = "VOSMEAR"  # R: a manager's token that only reads
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
few = settings(
    max_examples=MORE or 1, derandomize=not MORE, database=None, deadline=None,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip


def test_calls_are_made_up_of_every_address() -> None:
    assert len(operations()) >= 300


@pytest.mark.parametrize("letter", LETTERS)
def test_iso_059_iso_062_made_up_calls_are_answered_as_described(world: World, letter: str) -> None:
    browser, wrong = caller(world, letter), []
    own = operations() if MORE else operations()[LETTERS.index(letter) :: len(LETTERS)]
    for operation in own:

        @few
        @given(case=operation.as_strategy())
        def made_up(case: Any) -> None:
            with transaction.atomic():
                answer = answered(browser, case)
                transaction.set_rollback(True)
            try:
                case.validate_response(answer, checks=CHECKS)
            except FailureGroup as failures:
                wrong.append(said_of(case.operation.label, answer.status_code, failures.exceptions))
            if letter == "R" and case.method != "GET" and answer.status_code not in (403, 404):
                wrong.append(f"{case.operation.label}: {answer.status_code}, not refused")
            # A platform admin reads the rows of all clients.
            if letter != "A" and (found := MARKS.findall(answer.text)):
                wrong.append(f"{case.operation.label}: {found}")

        made_up()
    assert "\n".join(wrong) == ""


def caller(world: World, letter: str) -> Browser:
    if letter != "R":
        return world.browser(letter)
    _, key = ApiToken.issue(world.users["M"], "reader", read_only=True)
    return Browser(raise_request_exception=False, headers={"Authorization": f"Token {key}"})


def answered(browser: Any, case: Any) -> Response:
    """The answer of the product, as the judge of the answers wants it."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    request = requests.Request(
        sent["method"], sent["url"], params=sent.get("params"), json=sent.get("json")
    ).prepare()
    options = {} if isinstance(case.body, NotSet) else {"content_type": "application/json"}
    headers = {k: v for k, v in (case.headers or {}).items() if k != "Authorization"}
    answer = browser.generic(
        case.method, request.path_url, request.body or b"", headers=headers, **options
    )
    text = body(answer).encode() if answer.streaming else answer.content
    headers = {name.lower(): [value] for name, value in answer.headers.items()}
    return Response(answer.status_code, headers, text, request, elapsed=0, verify=False)
