from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that our own outermost proxy saw.

    Each proxy appends to X-Forwarded-For, so only the last TRUSTED_PROXIES entries are ours;
    what stands before them is whatever the visitor liked to send.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        return _one_visitor(peer)
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    forwarded = [part for part in forwarded if part]
    if len(forwarded) < proxies:
        return _one_visitor(peer)
    return _one_visitor(forwarded[-proxies])


def _one_visitor(address: str) -> str:
    """Of IPv6 the network: each visitor has the 2^64 addresses of one, and could use each once."""
    try:
        parts = IPv6Address(address)
    except AddressValueError:
        return address
    if parts.ipv4_mapped is not None:
        return str(parts.ipv4_mapped)
    return str(IPv6Address(int(parts) >> 64 << 64))
