"""What the page of deliveries shows: on time by customer and style, delays, what is due next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from clients.models import Client
from clients.roles import Action
from clients.scope import current_scope
from dashboards.board import Board
from dashboards.drawings import Cell
from dashboards.order_lists import FILTERS, FORTNIGHT, TABS, WEEK, Moment, Tab, one_of
from dashboards.orders import OrderRow
from dashboards.orders import rows_of as order_rows
from dashboards.overview import target_address
from dashboards.selection import Selection
from dashboards.tiles import tile_of
from kpis.asking import WITHOUT
from kpis.contract import ContractBook
from kpis.engine import evaluate
from kpis.figures import Figure, Group
from kpis.registry import catalogue
from kpis.rows import rows_of
from kpis.sums import is_kpi
from plant import delivery
from plant.models import WorkOrder
from plant.models.orders import DelayClass
from plant.order_status import FINAL

TILES = (
    "otd", "otd_net", "otd_controlled", "true_otd", "lead_time", "late_now", "demotions",
)  # fmt: skip
COLUMNS = ("orders_due", "otd", "otd_net", "true_otd", "lead_time")
# What a client is not shown, by the figure that was agreed.
HIDDEN = {
    Client.OtdMode.STANDARD: ("true_otd",),
    Client.OtdMode.TRUE: ("otd", "otd_net", "otd_controlled"),
}
LATE_OF = ("orders_due", "orders_on_time")
MOST_GROUPS, MOST_ORDERS = 20, 10


@dataclass(frozen=True)
class Row:
    """One group of a table, or all of them; its figures in the order of the heads."""

    name: str
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class Table:
    """`more`: groups that are not shown, as they have fewer late orders than these."""

    title: str
    head: str
    rows: Sequence[Row]
    total: Row
    more: int


@dataclass(frozen=True)
class Delay:
    """Late orders of one class and reason."""

    kind: str
    reason: str
    orders: int
    href: str


@dataclass(frozen=True)
class Shortlist:
    tab: Tab
    count: int
    rows: Sequence[OrderRow]
    href: str


@dataclass(frozen=True)
class Shuffled:
    number: str
    moves: int
    href: str


@dataclass(frozen=True)
class Deliveries:
    """One client's deliveries as they are asked for; the rules of the contract are read once."""

    selection: Selection
    client: Client
    book: ContractBook

    @property
    def asked(self) -> dict[str, Any]:
        chosen = self.selection
        return {"filters": chosen.filters, "as_of": chosen.as_of, "book": self.book}

    def figures(self, keys: Sequence[str], by: Sequence[str] = (), **more: Any) -> list[Figure]:
        asked = {**self.asked, **more}
        return evaluate(keys, [self.client.pk], self.selection.period, by=by, **asked)

    def shown(self, keys: Sequence[str]) -> list[str]:
        hidden = HIDDEN.get(Client.OtdMode(self.client.otd_mode), ())
        return [key for key in keys if key not in hidden]

    def cell(self, figure: Figure | None, group: Group | None = None) -> Cell | None:
        if figure is None:
            return None
        chosen = {group.dimension: group.code or WITHOUT} if group else {}
        name = "kpi" if is_kpi(figure.key) else "kpi-rows"
        return Cell(figure, self.selection.link(name, figure.key, **chosen))

    def rows(self, key: str) -> Any:
        (part,) = rows_of(key, [self.client.pk], self.selection.period, **self.asked)
        return part.rows

    def tables(self, board: Board) -> list[Table]:
        keys = self.shown(COLUMNS)
        total = Row(_("In total"), [self.cell(board.figure(key)) for key in keys])
        customers, count = self._worst_customers()
        by_customer = self._groups("customer", keys, {"customer": customers}) if customers else []
        by_style = self._groups("style", keys)
        return [
            Table(_("By customer"), _("Customer's order"), by_customer, total,
                  max(count - len(by_customer), 0)),
            Table(_("By style"), _("Style"), by_style[:MOST_GROUPS], total,
                  max(len(by_style) - MOST_GROUPS, 0)),
        ]  # fmt: skip

    def _groups(
        self, by: str, keys: Sequence[str], narrowed: dict[str, Any] | None = None
    ) -> list[Row]:
        """Those with orders due, the most late orders first."""
        filters = {**self.selection.filters, **(narrowed or {})}
        found: dict[Group, dict[str, Figure]] = {}
        wanted = list(dict.fromkeys([*keys, *LATE_OF]))
        for figure in self.figures(wanted, (by,), filters=filters):
            found.setdefault(figure.by[0], {})[figure.key] = figure
        groups = [
            group for group, own in found.items() if "orders_due" in own and own["orders_due"].value
        ]
        groups.sort(key=lambda group: (-late_of(found[group]), str(group)))
        return [
            Row(str(group), [self.cell(found[group].get(key), group) for key in keys])
            for group in groups
        ]

    def _worst_customers(self) -> tuple[list[Any], int]:
        """With the most late orders, and how many there are. Chosen by the database: there may
        be as many as there are orders."""
        on_time = self.rows("orders_on_time").order_by().values("pk")
        due = self.rows("orders_due").order_by().values("customer_po")
        groups = due.annotate(late=Count("pk", filter=~Q(pk__in=on_time)), due_ones=Count("pk"))
        worst = groups.order_by("-late", "-due_ones", "customer_po")[:MOST_GROUPS]
        return [each["customer_po"] or None for each in worst], groups.count()

    def delays(self) -> list[Delay]:
        """Late orders by class and reason: those due without those on time."""
        found: dict[tuple[Group, ...], dict[str, Figure]] = {}
        for figure in self.figures(LATE_OF, ("delay_class", "delay_reason")):
            found.setdefault(figure.by, {})[figure.key] = figure
        delays = []
        for (kind, reason), own in found.items():
            if late := late_of(own):
                href = self._rows_of_delay(own, kind, reason)
                is_said = kind.value == DelayClass.JUSTIFIED
                delays.append(Delay(str(kind), str(reason) if is_said else "", late, href))
        return sorted(delays, key=lambda each: (-each.orders, each.kind, each.reason))

    def _rows_of_delay(self, own: dict[str, Figure], kind: Group, reason: Group) -> str:
        """Only where all that are due are late: else the rows would be others than the number."""
        if late_of(own) != own["orders_due"].value:
            return ""
        chosen = {"delay_class": kind.code or WITHOUT, "delay_reason": reason.code or WITHOUT}
        return self.selection.link("kpi-rows", "orders_due", **chosen)

    # -- orders ----------------------------------------------------------------------------------

    def shortlists(self, *, may_see_plan: bool) -> list[Shortlist]:
        """What is late and what is due next, the oldest promise first."""
        moment = Moment.of(self.client, self.selection.as_of)
        rows = delivery.standing(WorkOrder.objects.filter(client=self.client), at=moment.at)
        for name, values in self.selection.filters.items():
            rows = rows.filter(one_of(name, values))
        rows = delivery.with_shipped(rows.exclude(stood__in=FINAL), moment.on)
        conditions = {
            "late": delivery.is_late(moment.on),
            "due7": delivery.is_due_within(moment.on, WEEK),
            "due14": delivery.is_due_within(moment.on, FORTNIGHT),
        }
        counts = rows.aggregate(
            **{key: Count("pk", filter=condition) for key, condition in conditions.items()}
        )
        found = {
            key: list(
                delivery.with_units_shipped(rows.filter(conditions[key]), moment.on)
                .annotate(status_then=F("stood"))
                .select_related("style", "line")
                .order_by("due", "number")[:MOST_ORDERS]
            )
            for key in ("late", "due14")
        }
        # Holds and output of both lists at once.
        both = [row for rows in found.values() for row in rows]
        shown = order_rows(both, moment, self.selection, may_see_plan=may_see_plan)
        late = len(found["late"])
        lists = {"late": shown[:late], "due7": [], "due14": shown[late:]}
        return [
            Shortlist(TABS[key], counts[key], rows, self.selection.link("orders", show=key))
            for key, rows in lists.items()
        ]

    def shuffled(self) -> list[Shuffled]:
        """The orders that were moved back most often."""
        moves = self.rows("order_demotions").order_by()
        found = moves.values("work_order", "work_order__number").annotate(moves=Count("pk"))
        most = found.order_by("-moves", "work_order__number")[:MOST_ORDERS]
        return [
            Shuffled(
                each["work_order__number"],
                each["moves"],
                self.selection.link("order", str(each["work_order"])),
            )
            for each in most
        ]


def late_of(own: dict[str, Figure]) -> int:
    """Orders due that were not on time. A sum without rows in a group has no figure there."""
    due, on_time = (own[key].value or 0 if key in own else 0 for key in LATE_OF)
    return int(due - on_time)


def delivery_page(selection: Selection, client: Client) -> dict[str, Any]:
    aside, selection = selection.unknown_to(FILTERS), selection.only(FILTERS)
    board = Board(
        TILES, [client.pk], selection.period, filters=selection.filters, by="style",
        as_of=selection.as_of,
    )  # fmt: skip
    asked = Deliveries(selection, client, board.question.book)
    may_see_plan = current_scope().may(Action.SEE_PLAN, client.pk)
    goals = {key: target_address(key, [client.pk]) for key in TILES}
    is_any_due = bool(board.figure("otd").denominator)
    return {
        "left_out_filters": aside,
        "tiles": [
            tile_of(board, key, selection, target_href=goals[key]) for key in asked.shown(TILES)
        ],
        "heads": [catalogue.find(key) for key in asked.shown(COLUMNS)],
        "is_any_due": is_any_due,
        "tables": asked.tables(board) if is_any_due else [],
        "delays": asked.delays() if is_any_due else [],
        "lists": asked.shortlists(may_see_plan=may_see_plan),
        "shuffled": asked.shuffled() if board.figure("demotions").value else [],
        "shuffled_href": selection.link("kpi-rows", "demotions"),
        "may_see_plan": may_see_plan,
        "hidden": selection.hidden("as_of"),
        "now_href": selection.link("delivery", as_of=None),
        "on": selection.as_of or client.today(),
        "excluded": board.figure("otd").excluded,
        "excluded_href": selection.link("kpi-rows", "otd"),
    }
