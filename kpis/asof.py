"""As of which day a question is asked, in the zone of each row's own client.

What changes its state is taken as it was known at the end of that day: an order by its moves, a
hold by its transitions. Without a day it is the client's today, and what is known now.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import DateField, DateTimeField, F, Func, Value
from django.utils import timezone

from kpis.queries import Question

DAY = datetime.timedelta(days=1)


def end_of_day(day: datetime.date, zone: datetime.tzinfo) -> datetime.datetime:
    """The last instant of the local day, at both clock changes as well."""
    midnight = datetime.datetime.combine(day + DAY, datetime.time(), zone)
    return midnight.astimezone(datetime.UTC) - datetime.timedelta(microseconds=1)


def now_of(client_ids: Iterable[int], as_of: datetime.date | None) -> datetime.datetime:
    """The instant of a question: of a past day, its end where it ends last."""
    if as_of is None:
        return timezone.now()
    clients = apps.get_model("clients.Client").objects.filter(pk__in=list(client_ids))
    ends = [end_of_day(as_of, client.zone) for client in clients]
    return max(ends, default=end_of_day(as_of, datetime.UTC))


# -- for the rows of a query ---------------------------------------------------------------------


def today(question: Question, client: str = "client") -> Any:
    """The day as of which it is asked; `client` is the path from the row to its client."""
    if question.as_of is not None:
        return Value(question.as_of, output_field=DateField())
    return local_day(Value(question.now, output_field=DateTimeField()), client)


def instant(question: Question, client: str = "client") -> Any:
    """Up to which instant, included, something was known."""
    if question.as_of is None:
        return Value(question.now, output_field=DateTimeField())
    return Func(
        F(f"{client}__timezone"),
        Value(question.as_of, output_field=DateField()),
        template="(timezone(%(expressions)s) - interval '1 microsecond')",
        arg_joiner=", interval '1 day' + ",
        output_field=DateTimeField(),
    )


def local_day(at: Any, client: str = "client") -> Any:
    """The calendar day of an instant in the client's zone."""
    return Func(
        F(f"{client}__timezone"),
        at,
        template="(timezone(%(expressions)s))::date",
        output_field=DateField(),
    )
