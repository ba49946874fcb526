"""What the page of holds shows: decisions that wait, and the register of what stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from dashboards.paging import pager
from dashboards.selection import Selection, Unreadable
from holds import flow
from holds.flow import HoldAction
from holds.kpis import AGING, BUCKET_NAMES, BUCKETS, CHRONIC, CRITICAL
from holds.models import HoldReason, WIPHold
from kpis.asking import WITHOUT
from kpis.asof import end_of_day
from kpis.dimensions import DIMENSIONS
from plant.models import Line

FILTERS = ("line", "hold_reason", "work_order", "job", "style")
COLUMNS = {
    "line": "line", "hold_reason": "hold_reason", "work_order": "work_order", "job": "job",
    "style": "work_order__style",
}  # fmt: skip
PER_PAGE, MOST_PENDING = 50, 50
LONGEST_SEARCH = 100
TABS: dict[str, str | Promise] = {
    "open": gettext_lazy("Standing"),
    "ended": gettext_lazy("Ended"),
    "all": gettext_lazy("All"),
}
# Days after which a hold is called so; the worst word that fits is shown.
WORDS: tuple[tuple[int, str, str | Promise, str], ...] = (
    (CHRONIC, "chronic", gettext_lazy("chronic"), "critical"),
    (CRITICAL, "critical", gettext_lazy("critical"), "critical"),
    (AGING, "aging", gettext_lazy("aging"), "warning"),
)
NEEDS_NOTE = {step.action for step in flow.STEPS.values() if step.needs_note}
NO_NAME = "–"


@dataclass(frozen=True)
class Step:
    """One thing that this person may do with a hold: the second tap sends it."""

    action: str
    label: str
    needs_note: bool
    href: str
    is_first: bool


@dataclass(frozen=True)
class HoldRow:
    hold: WIPHold
    what: str
    order_href: str
    row_href: str
    quantity: str
    since: datetime
    days: float
    hours: float
    word: str
    band: str
    state: str
    asked_by: str
    decided_by: str
    steps: Sequence[Step]


@dataclass(frozen=True)
class Chip:
    key: str
    label: str
    count: int
    href: str
    current: bool


@dataclass(frozen=True)
class Moment:
    client: Client
    at: datetime
    as_of: date | None

    @classmethod
    def of(cls, client: Client, as_of: date | None) -> Moment:
        return cls(client, end_of_day(as_of, client.zone) if as_of else timezone.now(), as_of)

    @property
    def asked(self) -> datetime | None:
        """For the questions of holds: none asks how they stand now."""
        return self.at if self.as_of else None


def holds(selection: Selection, client: Client, said: Mapping[str, Any]) -> dict[str, Any]:
    aside, selection = selection.unknown_to(FILTERS), selection.only(FILTERS)
    moment = Moment.of(client, selection.as_of)
    show, age = _choice(said, "show", TABS, "open"), said.get("age") or ""
    if age and age not in _ages():
        raise Unreadable(_("Unknown age “%(name)s”.") % {"name": age[:LONGEST_SEARCH]})
    search = (said.get("q") or "").strip()[:LONGEST_SEARCH].replace("\x00", "")
    rows = _narrowed(WIPHold.objects.filter(client=client), selection, search)
    standing = rows.open(at=moment.asked)
    counts = _counts(standing, moment)
    pending = rows.pending(at=moment.asked)
    shown = _shown(rows, standing, show, moment)
    shown = shown.filter(_ages(moment)[age]) if age else shown
    page = Paginator(_read(shown).order_by(*_order(show)), PER_PAGE).get_page(said.get("page"))
    kept = {"show": show if show != "open" else "", "q": search, "age": age}
    waiting = list(_read(pending).order_by("held_at", "pk")[: MOST_PENDING + 1])
    return {
        "on": selection.as_of or client.today(),
        "as_of": selection.as_of,
        "left_out_filters": aside,
        "may_decide": current_scope().may(Action.HOLD_DECIDE, client.pk),
        "may_write": current_scope().may(Action.HOLD_REQUEST, client.pk),
        "pending": [_row(each, selection, moment) for each in waiting[:MOST_PENDING]],
        "more_pending": len(waiting) > MOST_PENDING,
        "rows": [_row(each, selection, moment) for each in page],
        "pager": pager(page, lambda to: selection.link("holds", **kept, page=to)),
        "tabs": [
            Chip(key, str(label), counts["all"] if key == "open" else -1,
                 selection.link("holds", **{**kept, "show": "" if key == "open" else key}),
                 key == show)
            for key, label in TABS.items()
        ],
        "ages": _age_chips(counts, selection, kept, age) if show == "open" else [],
        "choices": _choices(selection, client),
        "hidden": selection.hidden("line", "hold_reason"),
        "show": show,
        "search": search,
        "age": age,
        "is_narrowed": bool(search or age or selection.codes),
        "is_new": not counts["all"]
        and not waiting
        and not WIPHold.objects.filter(client=client).exists(),
        "open_count": counts["all"],
        "back": selection.link("holds", **kept),
    }  # fmt: skip


def _choice(said: Mapping[str, Any], name: str, known: Any, default: str) -> str:
    value: str = said.get(name) or default
    if value not in known:
        raise Unreadable(_("Unknown list “%(name)s”.") % {"name": value[:LONGEST_SEARCH]})
    return value


@dataclass(frozen=True)
class Choice:
    """One select of the form: its name in the address and (code, words, is chosen)."""

    name: str
    label: str
    options: Sequence[tuple[str, str, bool]]


def _choices(selection: Selection, client: Client) -> list[Choice]:
    """A chosen code stays in its list also when it is no longer in use."""
    found = []
    for name, label, rows in (
        ("line", _("Line"), Line.objects.filter(client=client).order_by("code")),
        (
            "hold_reason",
            _("Reason"),
            HoldReason.objects.filter(client=client).order_by("sort_order", "code"),
        ),
    ):
        chosen = selection.codes.get(name, ())
        kept = rows.filter(Q(active=True) | Q(code__in=chosen)).values_list("code", "name")
        nothing = (WITHOUT, DIMENSIONS[name].nothing, WITHOUT in chosen)
        options = [(code, f"{code} {words}" if name == "line" else words, code in chosen)
                   for code, words in kept]  # fmt: skip
        found.append(Choice(name, label, [*options, nothing]))
    return found


# -- which ---------------------------------------------------------------------------------------


def _narrowed(rows: Any, selection: Selection, search: str) -> Any:
    for name, values in selection.filters.items():
        column = COLUMNS[name]
        named = Q(**{f"{column}__in": [each for each in values if each is not None]})
        without = Q(**{f"{column}__isnull": True})
        rows = rows.filter(named | without if None in values else named)
    if search:
        rows = rows.filter(
            Q(work_order__number__icontains=search)
            | Q(job__code__icontains=search)
            | Q(location__icontains=search)
        )
    return rows


def _shown(rows: Any, standing: Any, show: str, moment: Moment) -> Any:
    if show == "open":
        return standing
    known = rows.standing_by(moment.at).filter(held_at__lte=moment.at)
    return known.filter(ended_at__lte=moment.at) if show == "ended" else known


def _order(show: str) -> tuple[str, ...]:
    """What stands longest first; of what ended, the latest."""
    return ("-ended_at", "-pk") if show == "ended" else ("held_at", "pk")


def _read(rows: Any) -> Any:
    return rows.select_related("client", "work_order", "job", "line", "hold_reason").with_people()


def _ages(moment: Moment | None = None) -> dict[str, Q]:
    """Conditions by word and by bucket, in elapsed days of the hold."""
    at = moment.at if moment else timezone.now()

    def older(days: int) -> Q:
        return Q(held_at__lt=at - timedelta(days=days))

    found = {word: older(days) for days, word, _label, _band in WORDS}
    edges: list[int | None] = [None, *BUCKETS]
    for name, after, last in zip(BUCKET_NAMES, edges, [*BUCKETS, None], strict=True):
        inside = older(after) if after is not None else Q()
        found[name] = inside & ~older(last) if last is not None else inside
    return found


def _counts(standing: Any, moment: Moment) -> dict[str, int]:
    """All chips in one query."""
    ages = list(_ages(moment).items())
    asked = {
        f"n{place}": Count("pk", filter=where or None) for place, (_n, where) in enumerate(ages)
    }
    found = standing.order_by().aggregate(all=Count("pk"), **asked)
    return {"all": found["all"]} | {name: found[f"n{n}"] for n, (name, _w) in enumerate(ages)}


def _age_chips(
    counts: Mapping[str, int], selection: Selection, kept: Mapping[str, Any], age: str
) -> list[Chip]:
    labels = {word: f"{label} (> {days})" for days, word, label, _band in reversed(WORDS)}
    labels = {**{name: _("%(name)s days") % {"name": name} for name in BUCKET_NAMES}, **labels}
    return [
        Chip(
            key, label, counts[key],
            selection.link("holds", **{**kept, "age": "" if key == age else key}), key == age,
        )
        for key, label in labels.items()
    ]  # fmt: skip


# -- one row -------------------------------------------------------------------------------------


def _row(hold: WIPHold, selection: Selection, moment: Moment) -> HoldRow:
    may_read = current_scope().may(Action.SEE_NAMES, hold.client_id)
    ended = hold.ended_at if hold.ended_at and hold.ended_at <= moment.at else None
    seconds = max(((ended or moment.at) - hold.held_at).total_seconds(), 0)
    word, band = _word_of(seconds / 86400)
    decided = hold.resume_decided_by or hold.hold_decided_by
    return HoldRow(
        hold,
        str(hold.job or hold.work_order),
        _order_address(hold),
        _address(hold),
        f"{hold.quantity:,}" if hold.quantity else "",
        hold.held_at,
        seconds / 86400,
        seconds / 3600,
        word,
        band,
        str(hold.get_state_display()) if moment.as_of is None else "",
        _name(hold.requested_by, may_read),
        _name(decided, may_read),
        # Of a past day there is nothing to do.
        _steps(hold, selection) if moment.as_of is None else (),
    )


def _word_of(days: float) -> tuple[str, str]:
    return next(
        ((str(label), band) for after, _word, label, band in WORDS if days > after), ("", "")
    )


def _name(person: Any, may_read: bool) -> str:
    return person.get_username() if person and may_read else NO_NAME


def _order_address(hold: WIPHold) -> str:
    address = reverse("dashboards:order", args=[hold.work_order_id])
    return f"{address}?client={hold.client.code}"


def _address(hold: WIPHold) -> str:
    """The form of the hold for those who may open it; for others the row and its history."""
    if current_scope().may(Action.USE_ADMIN, hold.client_id):
        return reverse("admin:holds_wiphold_change", args=[hold.pk])
    address = reverse("dashboards:row", args=["wip_hold", hold.pk])
    return f"{address}?client={hold.client.code}"


def _steps(hold: WIPHold, selection: Selection) -> list[Step]:
    actions = flow.offered(hold, current_scope())
    return [
        Step(
            each.value, str(each.label), each in NEEDS_NOTE,
            reverse(f"dashboards:hold-{each.value}", args=[hold.pk]),
            each in (HoldAction.APPROVE, HoldAction.RESUME),
        )
        for each in actions
    ]  # fmt: skip
