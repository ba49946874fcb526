"""The KPI contract: which rules a client agreed to, from when on.

Defaults, choices and checks of the rules stand in one table; approved assumptions override them
for a client and a time. Figures of a day follow the rule that was valid on that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Case, Q, When

from kpis.periods import Period

BUFFER_NEEDS_NOTE_ABOVE = 15
LARGEST_BUFFER = 100


@dataclass(frozen=True)
class Rule:
    """One key of the contract."""

    key: str
    label: str
    default: Any
    effect: str
    choices: tuple[str, ...] = ()
    check: Callable[[Any], Any] | None = None
    # Says by which day a row is counted: whatever the period, all its values have to be known.
    dates_rows: bool = False

    def clean(self, value: Any) -> Any:
        """The value as it is stored, or a sentence."""
        if self.check:
            return self.check(value)
        if value not in self.choices:
            raise ValidationError(f"Choose one of: {', '.join(self.choices)}.")
        return value


def _opportunities(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10_000:
        raise ValidationError("Give a whole number from 1 to 10,000.")
    return value


def _buffer(value: Any) -> int | float:
    number = _number(value)
    if number is None or not 0 <= number <= LARGEST_BUFFER:
        raise ValidationError("Give a percentage from 0 to 15; above 15 with a finance note.")
    return value  # type: ignore[no-any-return]


def _industry_hours(value: Any) -> dict[str, Any]:
    hours = value.values() if isinstance(value, dict) else [None]
    if not all((_number(each) or 0) > 0 for each in hours):
        raise ValidationError('Give hours above zero per family, such as {"polo": 0.20}.')
    return value  # type: ignore[no-any-return]


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


RULES: dict[str, Rule] = {
    rule.key: rule
    for rule in (
        Rule(
            "planned_time_basis", "Basis of planned time", "INCLUDE",
            "Whether planned stops stay in planned time or leave it.",
            ("INCLUDE", "EXCLUDE_PLANNED_MAINTENANCE"),
        ),
        Rule(
            "setup_treatment", "Set-ups", "COUNT_AS_DOWNTIME",
            "Whether set-ups are downtime or leave planned time.",
            ("COUNT_AS_DOWNTIME", "LEAVES_PLAN"),
        ),
        Rule(
            "no_orders_treatment", "Lack of orders", "COUNT_AS_DOWNTIME",
            "Whether time without orders is downtime or leaves planned time.",
            ("COUNT_AS_DOWNTIME", "LEAVES_PLAN"),
        ),
        Rule(
            "ppm_base", "Base of PPM", "INSPECTED",
            "Whether defective units are compared with units inspected or produced."
            " Produced needs full final inspection.",
            ("INSPECTED", "PRODUCED"),
        ),
        Rule(
            "default_opportunities", "Opportunities per unit without a value", 1,
            "Used for parts without a number of opportunities; the figure is estimated.",
            check=_opportunities,
        ),
        Rule(
            "yield_rule", "Reworked units in yields", "STRICT",
            "Whether reworked units count as good, not at all, or by half.",
            ("STRICT", "REWORK_AS_GOOD", "PARTIAL_CREDIT"),
        ),
        Rule(
            "otd_promise", "Promise that counts", "CURRENT",
            "Which promise a delivery is compared with.",
            ("CURRENT", "ORIGINAL"),
            dates_rows=True,
        ),
        Rule(
            "otd_carrier_buffer_pct", "Carrier buffer, %", 0,
            "Extends the promise by a share of the lead time. Usual: 0 to 5, long lanes 5 to 15.",
            check=_buffer,
        ),
        Rule(
            "standard_inference", "Inferred standards", "FULL",
            "Standards only: stops before industry defaults and history.",
            ("FULL", "STANDARDS_ONLY"),
        ),
        Rule(
            "industry_default_hours", "Industry default hours per family", {},
            "Labour hours per unit of a family of styles. Usual: T-shirt 0.15, polo 0.20,"
            " dress shirt 0.25, trousers 0.30, jacket 0.50.",
            check=_industry_hours,
        ),
    )
}  # fmt: skip


# As the end of a sentence that begins with the rule.
WORDS = {
    "INCLUDE": "planned stops stay in planned time",
    "EXCLUDE_PLANNED_MAINTENANCE": "planned stops leave the planned time",
    "COUNT_AS_DOWNTIME": "count as downtime",
    "LEAVES_PLAN": "leave the planned time",
    "INSPECTED": "units inspected",
    "PRODUCED": "units produced",
    "STRICT": "do not count as good",
    "REWORK_AS_GOOD": "count as good",
    "PARTIAL_CREDIT": "count as good by half",
    "CURRENT": "the current one",
    "ORIGINAL": "the original one",
    "FULL": "from all sources",
    "STANDARDS_ONLY": "from standards only",
}


def in_words(value: Any) -> str:
    """The value of a rule as people say it."""
    if isinstance(value, dict):
        return ", ".join(f"{family} {hours} h" for family, hours in value.items())
    return WORDS.get(value, value) if isinstance(value, str) else str(value)


def needs_finance_note(key: str, value: Any) -> bool:
    number = _number(value)
    return (
        key == "otd_carrier_buffer_pct"
        and number is not None
        and (number > BUFFER_NEEDS_NOTE_ABOVE)
    )


# Rows carry the rule of their day as a stamp; those written earlier on the day of approval are
# stamped anew by the apps that own them: (client, key, first valid day).
Restamp = Callable[[int, str, date], None]
_restamps: list[Restamp] = []


def stamps_rows(restamp: Restamp) -> Restamp:
    _restamps.append(restamp)
    return restamp


def restamp_rows(client_id: int, key: str, first: date) -> None:
    for each in _restamps:
        each(client_id, key, first)


def rule_choices() -> list[tuple[str, str]]:
    return [(rule.key, rule.label) for rule in RULES.values()]


@dataclass(frozen=True)
class Agreed:
    """One rule of one client in force from `first` up to, not including, `end`."""

    client_id: int
    key: str
    value: Any
    first: date
    end: date | None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)

    def meets(self, period: Period) -> bool:
        return self.first < period.end and (self.end is None or period.first < self.end)

    def rows(self, date_field: str, client_field: str) -> Q:
        mine = Q(**{client_field: self.client_id, f"{date_field}__gte": self.first})
        return mine & Q(**{f"{date_field}__lt": self.end}) if self.end else mine


class ContractBook:
    """The agreed rules of some clients, read once."""

    def __init__(
        self, agreed: Iterable[Agreed] = (), *, proposed: frozenset[str] = frozenset()
    ) -> None:
        self._agreed: list[Agreed] = list(agreed)
        # Rules that are only being tried out: rows carry no stamp of them.
        self.proposed = proposed
        # What was looked up beside it for the same page, such as the names of operations.
        self.memo: dict[Any, Any] = {}

    @classmethod
    def load(cls, client_ids: Iterable[int]) -> ContractBook:
        rows = apps.get_model("kpis.Assumption").objects.filter(client_id__in=list(client_ids))
        return cls(
            Agreed(row.client_id, row.key, row.value, row.valid.lower, row.valid.upper)
            for row in rows.ever_in_force()
        )

    def value(self, client_id: int, key: str, on: date) -> Any:
        for each in self._agreed:
            if each.client_id == client_id and each.key == key and each.covers(on):
                return each.value
        return RULES[key].default

    def proposing(self, proposed: Agreed) -> ContractBook:
        """This book, with one more rule that beats the others of its key."""
        others = [
            each
            for each in self._agreed
            if (each.client_id, each.key) != (proposed.client_id, proposed.key)
        ]
        return ContractBook([proposed, *others], proposed=frozenset({proposed.key}))

    def overrides(self, key: str, period: Period) -> list[Agreed]:
        """Rules other than the default that act somewhere in the period."""
        everywhere = RULES[key].dates_rows
        found = [
            each for each in self._agreed if each.key == key and (everywhere or each.meets(period))
        ]
        return [each for each in found if each.value != RULES[key].default]

    def case(
        self,
        key: str,
        by_value: Mapping[str, Any],
        period: Period,
        date_field: str = "shift_date",
        client_field: str = "client_id",
    ) -> Any:
        """An SQL expression that follows the rule of each row's client and day."""
        overrides = self.overrides(key, period)
        default = by_value[RULES[key].default]
        if not overrides:
            return default
        return Case(
            *(
                When(each.rows(date_field, client_field), then=by_value[each.value])
                for each in overrides
            ),
            default=default,
        )

    def condition(
        self,
        key: str,
        value: str,
        period: Period,
        date_field: str = "shift_date",
        client_field: str = "client_id",
    ) -> Q:
        """The rows to which this value of the rule applies."""
        found = [each for each in self.overrides(key, period) if each.value == value]
        others = [each for each in self.overrides(key, period) if each.value != value]
        if value == RULES[key].default:
            rows = Q()
            for each in others:
                rows &= ~each.rows(date_field, client_field)
            return rows
        rows = Q(pk__in=[])
        for each in found:
            rows |= each.rows(date_field, client_field)
        return rows

    def in_force(self, client_ids: Iterable[int], keys: Iterable[str], period: Period) -> list[str]:
        """In words, for the panel that explains a figure."""
        return [
            f"{RULES[each.key].label}: {in_words(each.value)} from {each.first}"
            for key in keys
            for each in self.overrides(key, period)
            if each.client_id in set(client_ids) and each.meets(period)
        ]


__all__ = ["RULES", "Agreed", "ContractBook", "Rule", "needs_finance_note", "rule_choices"]
