"""A plant with orders in every situation, at noon, and people who look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser

from clients.models import Client
from tests.dashboards.orders import NOON, Orders, fill_orders
from tests.standing import standing


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@standing
def orders(acme: Client) -> Orders:
    with time_machine.travel(NOON, tick=False):  # the rows lie there before the test's clock does
        return fill_orders(acme)


@pytest.fixture
def person(orders: Orders, member: Any, signed_in: Any) -> Callable[..., Browser]:
    def sign_in(role: str = "SUPERVISOR", **flags: Any) -> Browser:
        browser: Browser = signed_in(member(orders.client, role=role, **flags))
        return browser

    return sign_in
