from __future__ import annotations

from collections.abc import Iterator

import pytest

from clients.models import Client
from clients.scope import client_scope
from tests.production.factories import Floor, make_floor
from tests.standing import standing


@pytest.fixture
def floor(in_acme: Client, made_floor: Floor) -> Floor:
    """ACME's line in a 540-minute shift; everything in its scope."""
    return made_floor


@standing
def two_floors(acme: Client, acme_2: Client) -> tuple[Floor, Floor]:
    with client_scope([acme, acme_2]):
        return make_floor(acme), make_floor(acme_2)


@pytest.fixture
def both(two_floors: tuple[Floor, Floor]) -> Iterator[tuple[Floor, Floor]]:
    """Two clients with a line each, in the scope of both."""
    with client_scope([each.client for each in two_floors]):
        yield two_floors
