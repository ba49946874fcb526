"""Who is away so often that somebody should talk to them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from clients.roles import Action
from kpis.engine import evaluate
from kpis.figures import Figure
from kpis.periods import Period
from kpis.rights import permitted

DAYS, PERCENT = 30, Decimal(10)


def chronic(client_id: int, last: date) -> list[Figure]:
    """Gross absenteeism of the people who are above 10 % over 30 days, the highest first.

    A prompt to talk, not a verdict. Empty for everybody who may not see absence types.
    """
    if not permitted(Action.SEE_ABSENCE_TYPES):
        return []
    found = evaluate(["absenteeism_gross"], [client_id], Period.up_to(last, DAYS), by=("employee",))
    above = [each for each in found if each.value is not None and each.value > PERCENT]
    return sorted(above, key=lambda each: (-(each.value or 0), each.by[0].code))
