"""What was computed from rows, kept until one of them changes.

Nothing is ever told that it is stale: each use asks the database. Every change of a client's rows
writes an audit entry in the same transaction, and an entry that the last look did not see yet is
a change, whichever order transactions were committed in. So a figure is fresh on the next page
after a save, in every process, and a write in one client leaves what is kept of another.

A transaction that wrote something itself keeps nothing and is given nothing that was kept: its
rows are not anybody's yet.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple, Protocol

from django.apps import apps
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, JSONObject
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.translation import get_language

from clients.scope import current_scope

# Of all that one process keeps: cells, each with its sums, figures and drawings some 14 KB.
MOST = 3_000
LONGEST_SHIFT = timedelta(days=2)
# Local midnight, wherever it is, falls on such a mark.
QUARTER, MINUTE = timedelta(minutes=15), timedelta(minutes=1)


class Weighed(Protocol):
    @property
    def weight(self) -> int: ...


class Look(NamedTuple):
    """The last time that a client was looked at, and what is counted up with each change."""

    snapshot: str
    at: datetime
    number: int


@dataclass(frozen=True)
class Kept:
    numbers: tuple[int, ...]
    value: Weighed


_looks: dict[int, Look] = {}
_kept: OrderedDict[Hashable, Kept] = OrderedDict()
_numbers = itertools.count()
_lock = Lock()


def forget() -> None:
    """As in a process that has just begun."""
    with _lock:
        _kept.clear()


class Freshness:
    """Which of these clients changed since they were last looked at: asked inside a query of
    theirs, told before anything is taken out or put in."""

    def __init__(self, ids: Iterable[int]) -> None:
        self.ids = tuple(sorted(set(ids)))
        self._now = timezone.now()
        self._looks = {each: _looks[each] for each in self.ids if each in _looks}
        # One number for each client; none where nothing may be kept.
        self._numbers: tuple[int, ...] | None = None

    def expression(self) -> Any:
        """A value for each row of Client, to be handed to `told`."""
        writes = Func(function="pg_current_xact_id_if_assigned", output_field=TextField())
        return JSONObject(
            snapshot=Cast(Func(function="pg_current_snapshot"), TextField()),
            changed=Case(
                When(self._changed() | self._shift_turned(), then=True),
                default=False,
                output_field=BooleanField(),
            ),
            writing=IsNull(writes, False),
        )

    def _changed(self) -> Any:
        seen = {str(client): look.snapshot for client, look in self._looks.items()}
        return Func(
            F("pk"),
            Func(
                Value(seen, output_field=JSONField()),
                Cast(F("pk"), TextField()),
                function="jsonb_extract_path_text",
            ),
            function="kpi_changed_since",
            output_field=BooleanField(),
        )

    def _shift_turned(self) -> Any:
        """Whether a shift began or ended since, which changes what is planned and what is closed
        without anybody writing."""
        since = min((look.at for look in self._looks.values()), default=self._now)
        between = Q()
        for edge in ("starts_at", "ends_at"):
            between |= Q(**{f"{edge}__gt": since, f"{edge}__lte": self._now})
        days = Q(shift_date__gte=(since - LONGEST_SHIFT).date())
        shifts = apps.get_model("plant.LineShift").objects.filter(days, between)
        return Q(Exists(shifts.filter(client=OuterRef("pk")).order_by()))

    def told(self, answers: Mapping[int, Mapping[str, Any]]) -> None:
        if set(answers) != set(self.ids) or any(each["writing"] for each in answers.values()):
            return
        with _lock:
            for client, answer in answers.items():
                look = self._looks.get(client)
                number = next(_numbers) if answer["changed"] or look is None else look.number
                _looks[client] = Look(answer["snapshot"], self._now, number)
            self._numbers = tuple(_looks[client].number for client in self.ids)

    def kept[T: Weighed](
        self, key: Hashable, make: Callable[[], T], within: timedelta = QUARTER
    ) -> T:
        """What was made under this key for the same rights and language, if no row changed since;
        or it is made now. What grows with the clock alone is kept `within` less."""
        if self._numbers is None:
            return make()
        mark = within, self._now.timestamp() // within.total_seconds()
        place = (current_scope().rights, self.ids, get_language(), mark, key)
        with _lock:
            found = _kept.get(place)
            if found is not None and found.numbers == self._numbers:
                _kept.move_to_end(place)
                return found.value  # type: ignore[return-value]
        made = make()
        with _lock:
            _kept[place] = Kept(self._numbers, made)
            _kept.move_to_end(place)
            while len(_kept) > 1 and sum(each.value.weight for each in _kept.values()) > MOST:
                _kept.popitem(last=False)
        return made
