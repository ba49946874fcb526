"""Starter catalogues: each app registers what it copies into a new client."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clients.models import Client

_copiers: list[Callable[[Client], None]] = []


def register(copier: Callable[[Client], None]) -> Callable[[Client], None]:
    if copier not in _copiers:
        _copiers.append(copier)
    return copier


def copy_all(client: Client) -> None:
    """Give a new client its own catalogues. The scope of the caller includes the new client."""
    for copier in _copiers:
        copier(client)
