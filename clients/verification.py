"""Rows confirmed by a second person: many at once, each judged by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from clients.rows import VerifiedModel
from clients.scope import Scope, because


@dataclass
class Verdict:
    """Which rows are verified now, and why the others are not."""

    verified: list[Any] = field(default_factory=list)
    refused: list[tuple[Any, str]] = field(default_factory=list)


def verify_rows(rows: Iterable[VerifiedModel], scope: Scope) -> Verdict:
    """Confirm those that this person may confirm: one statement a table, whatever the number.

    The caller has found the rows in the scope, and locked them.
    """
    verdict = Verdict()
    chosen: dict[type[VerifiedModel], list[VerifiedModel]] = defaultdict(list)
    for row in rows:
        if refusal := row.refusal_to_verify(scope):
            verdict.refused.append((row, refusal))
        else:
            chosen[type(row)].append(row)
            verdict.verified.append(row)
    now = timezone.now()
    for model, own in chosen.items():
        for row in own:
            row.verified_at, row.verified_by = now, scope.user
        with because("verified"):
            model.objects.filter(pk__in=[row.pk for row in own]).update(
                verified_at=now, verified_by=scope.user
            )
    return verdict
