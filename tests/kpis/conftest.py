from __future__ import annotations

from collections.abc import Iterator

import pytest

from clients.models import Client
from clients.scope import client_scope
from tests.production.factories import Floor, make_floor


@pytest.fixture
def floor(in_acme: Client) -> Floor:
    """ACME's line in a 540-minute shift; everything in its scope."""
    return make_floor(in_acme)


@pytest.fixture
def both(acme: Client, acme_2: Client) -> Iterator[tuple[Floor, Floor]]:
    """Two clients with a line each, in the scope of both."""
    with client_scope([acme, acme_2]):
        yield make_floor(acme), make_floor(acme_2)
