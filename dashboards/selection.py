"""What the address of a page asks for: client, period and filters, read in one place.

The address is the whole state of a page, so that any view can be bookmarked and every link keeps
what was chosen.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from clients.own import clients_of
from kpis.asking import codes_in, meaning_of
from kpis.dimensions import ALIASES, DIMENSIONS, FILTERS
from kpis.periods import DEFAULT_DAYS, Period, PeriodError, bucket_end, bucket_start
from kpis.rights import permitted

YEARS = (2000, 2100)
YEARS_IN_WORDS = {"first": YEARS[0], "last": YEARS[1]}
DAYS = re.compile(r"(\d{1,4})d")
CALENDAR: dict[str, str | Promise] = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "week": gettext_lazy("This week"),
    "month": gettext_lazy("This month"),
    "last-month": gettext_lazy("Last month"),
    "quarter": gettext_lazy("This quarter"),
    "year": gettext_lazy("This year"),
}
OFFERED = ("yesterday", "7d", "30d", "90d", "365d", "month", "last-month", "quarter", "year")


class Unreadable(ValueError):
    """A sentence for the person who typed the address or the form."""


@dataclass(frozen=True)
class Chosen:
    """One filter in force, and the address without it."""

    dimension: str
    label: str
    code: str
    name: str
    without: str = ""

    @property
    def text(self) -> str:
        return f"{self.label}: {self.name or self.code}"


@dataclass(frozen=True)
class Selection:
    client: Client | None
    clients: tuple[Client, ...]
    period: Period
    today: date
    # What the address said about the period: a word, or two days; nothing for the default.
    said: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, list[Any]] = field(default_factory=dict)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    # A past day as of which the page is asked; "today" is that day then.
    as_of: date | None = None
    _paths: dict[tuple[str, tuple[str, ...]], str] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def ids(self) -> list[int]:
        return [self.client.pk] if self.client else [each.pk for each in self.clients]

    @property
    def place(self) -> Hashable:
        """All that the links of a page say, and the day from which it looks back."""
        client = self.client.code if self.client else ""
        return client, self.period, self.today, *map(_pairs, (self.said, self.codes)), self.as_of

    @property
    def preset(self) -> str:
        return self.said.get("period", "" if self.said else f"{DEFAULT_DAYS}d")

    @property
    def client_format(self) -> str:
        return self.client.date_format if self.client else Client.DateFormat.YMD

    def chosen(self) -> list[Chosen]:
        return [
            Chosen(
                dimension,
                DIMENSIONS[dimension].label,
                code,
                self.names.get((dimension, code), ""),
                "?" + self.query(without=(dimension, code)),
            )
            for dimension, codes in self.codes.items()
            for code in codes
        ]

    def known_to(self, dimensions: Iterable[str]) -> dict[str, list[Any]]:
        """The filters that these dimensions allow; the page says which ones it leaves out."""
        allowed = set(dimensions)
        return {key: values for key, values in self.filters.items() if key in allowed}

    def unknown_to(self, dimensions: Iterable[str]) -> list[Chosen]:
        allowed = set(dimensions)
        return [each for each in self.chosen() if each.dimension not in allowed]

    def only(self, dimensions: Iterable[str]) -> Selection:
        """For links of a page that knows these filters alone."""
        kept = {key: codes for key, codes in self.codes.items() if key in set(dimensions)}
        return replace(self, codes=kept, filters=self.known_to(dimensions))

    def query(
        self,
        *,
        period: Period | str | None = None,
        client: Client | None = None,
        without: tuple[str, str] | None = None,
        everybody: bool = False,
        as_of: date | bool | None = True,
        **changes: Any,
    ) -> str:
        """The address after "?": what is chosen now, with these changes.

        Filters are codes of one client; an address of another client, or of all, has none.
        `as_of=None` asks for what is known now.
        """
        chosen = None if everybody else client or self.client
        pairs = [("client", chosen.code)] if chosen else []
        pairs += self._period_pairs(period)
        known_at = self.as_of if as_of is True else as_of
        pairs += [("as_of", known_at.isoformat())] if isinstance(known_at, date) else []
        if chosen == self.client:
            for dimension, codes in self.codes.items():
                if dimension not in changes:
                    kept = [each for each in codes if (dimension, each) != without]
                    pairs += [(dimension, each) for each in kept]
        for name, value in changes.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            pairs += [(name, str(each)) for each in values if each not in (None, "")]
        return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])

    def _period_pairs(self, period: Period | str | None) -> list[tuple[str, str]]:
        if isinstance(period, str):
            return [("period", period)]
        if period is not None:
            return [("from", period.first.isoformat()), ("to", period.last.isoformat())]
        return list(self.said.items())

    def link(self, name: str, *args: str, **changes: Any) -> str:
        query = self.query(**changes)
        return self._path(name, args) + (f"?{query}" if query else "")

    def _path(self, name: str, args: tuple[str, ...]) -> str:
        """A page has hundreds of links to a few places."""
        if (name, args) not in self._paths:
            self._paths[name, args] = reverse(f"dashboards:{name}", args=args)
        return self._paths[name, args]

    def earlier(self) -> str:
        return "?" + self.query(period=self._shifted(-1))

    def later(self) -> str:
        """The next stretch of time, as long as it has begun."""
        following = self._shifted(1)
        return "?" + self.query(period=following) if following.first <= self.today else ""

    def _shifted(self, steps: int) -> Period:
        """Whole months step by months; everything else by its own length."""
        first, end = self.period.first, self.period.end
        if first.day == 1 and end.day == 1 and self.period.length <= 31:
            start = end if steps > 0 else bucket_start(first - timedelta(days=1), "month")
            return Period(start, bucket_end(start, "month"))
        by = timedelta(days=self.period.length * steps)
        return Period(first + by, end + by)

    def presets(self) -> list[tuple[str, str, str]]:
        """(word, label, address) of the offered periods."""
        return [(word, period_label(word), "?" + self.query(period=word)) for word in OFFERED]

    @property
    def period_label(self) -> str:
        return period_label(self.preset) if self.preset else ""

    def hidden(self, *leave_out: str) -> list[tuple[str, str]]:
        """What a form of this page has to carry along."""
        pairs = [("client", str(self.client))] if self.client else []
        pairs += [] if "period" in leave_out else list(self.said.items())
        pairs += [("as_of", self.as_of.isoformat())] if self.as_of else []
        pairs += [(key, code) for key, codes in self.codes.items() for code in codes]
        return [pair for pair in pairs if pair[0] not in leave_out]


def _pairs(said: Mapping[str, Any]) -> Hashable:
    return tuple(sorted(said.items()))


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote_plus(text)


def period_label(word: str) -> str:
    days = DAYS.fullmatch(word)
    if days:
        return _("Last %(n)s days") % {"n": days[1]}
    return str(CALENDAR.get(word, word))


def read(request: HttpRequest) -> Selection:
    clients = tuple(clients_of(request))
    client = getattr(request, "client", None)
    if client is None and len(clients) == 1:
        client = clients[0]
    concerned = [client] if client else list(clients)
    today = max((each.today() for each in concerned), default=date.today())  # noqa: DTZ011
    as_of = _as_of(request, today)
    today = as_of or today
    period, said = _period(request, today, client)
    filters, codes, names = _filters(request)
    return Selection(client, clients, period, today, said, filters, codes, names, as_of)


def _as_of(request: HttpRequest, today: date) -> date | None:
    """A past day; of the day that still runs everything is known that is known now."""
    day = _day(request, "as_of")
    if day and day > today:
        raise Unreadable(_("%(day)s has not come yet.") % {"day": day.isoformat()})
    if day:
        _refuse_far_away(day, day)
    return day if day != today else None


def _period(
    request: HttpRequest, today: date, client: Client | None
) -> tuple[Period, dict[str, str]]:
    word = request.GET.get("period", "")
    first, last = _day(request, "from"), _day(request, "to")
    try:
        if first or last:
            last = last or max(today, first or today)
            first = first or last - timedelta(days=DEFAULT_DAYS - 1)
            _refuse_far_away(first, last)
            period = Period.days(first, last)
            return period, {"from": first.isoformat(), "to": last.isoformat()}
        if word:
            return named_period(word, today, client.week_start if client else 1), {"period": word}
    except (PeriodError, OverflowError) as error:
        raise Unreadable(str(error) or _("This period is out of range.")) from error
    return Period.up_to(today), {}


def _refuse_far_away(first: date, last: date) -> None:
    """Where the calendar ends there is no period before, and no bucket after."""
    if first.year < YEARS[0] or last.year > YEARS[1]:
        raise Unreadable(_("Choose days between %(first)s and %(last)s.") % YEARS_IN_WORDS)


def named_period(word: str, today: date, week_start: int = 1) -> Period:
    days = DAYS.fullmatch(word)
    if days and int(days[1]):
        return Period.days(today - timedelta(days=int(days[1]) - 1), today)
    if word == "today":
        return Period.days(today, today)
    if word == "yesterday":
        return Period(today - timedelta(days=1), today)
    if word == "last-month":
        end = bucket_start(today, "month")
        return Period(bucket_start(end - timedelta(days=1), "month"), end)
    if word in CALENDAR:
        return Period.days(bucket_start(today, word, week_start), today)
    raise Unreadable(_("Unknown period “%(word)s”.") % {"word": word})


def _day(request: HttpRequest, name: str) -> date | None:
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        return (
            date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else _refused(text)
        )
    except ValueError as error:
        raise Unreadable(
            _("“%(text)s” is not a date. Write it as 2025-12-31.") % {"text": text}
        ) from error


def _refused(text: str) -> date:
    raise ValueError(text)


type Resolved = tuple[dict[str, list[Any]], dict[str, tuple[str, ...]], dict[tuple[str, str], str]]


def _filters(request: HttpRequest) -> Resolved:
    filters: dict[str, list[Any]] = {}
    codes: dict[str, tuple[str, ...]] = {}
    names: dict[tuple[str, str], str] = {}
    for name in request.GET:
        dimension = ALIASES.get(name, name)
        if dimension not in FILTERS or not permitted(DIMENSIONS[dimension].right):
            continue
        texts = codes_in([*codes.get(dimension, ()), *request.GET.getlist(name)])
        if not texts:
            continue
        known = meaning_of(dimension, texts)
        filters[dimension] = [value for values, _name in known.values() for value in values]
        codes[dimension] = texts
        names |= {(dimension, code): name for code, (_values, name) in known.items()}
    return filters, codes, names
