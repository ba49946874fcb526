"""What one query answers, and how it is read: rows of group keys, splits and columns of sums.

A screen needs the same sums by line, by day, in total. Rows are therefore added up column by
column, all measures at once, and a measure is read from the few rows that are left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from itertools import islice
from typing import Any, NamedTuple

from kpis.declarations import Measure

# Wide enough that nothing a person can see is ever rounded in between.
PRECISION = Context(prec=60)
ZERO = Decimal(0)
FULL = Decimal(1)

type Row = tuple[Any, ...]


@dataclass(slots=True)
class Amount:
    """A measure over some rows, with where it comes from."""

    value: Decimal = ZERO
    rows: int = 0
    estimated: int = 0
    confidence: Decimal = FULL
    excluded: tuple[int, ...] = ()

    def add(self, other: Amount) -> None:
        # Whatever context the caller computes in: a page adds up cells in its own.
        self.value = PRECISION.add(self.value, other.value)
        self.rows += other.rows
        self.estimated += other.estimated
        if other.confidence < self.confidence:
            self.confidence = other.confidence
        if other.excluded:
            mine = self.excluded or (0,) * len(other.excluded)
            self.excluded = tuple(a + b for a, b in zip(mine, other.excluded, strict=True))

    @property
    def left_out(self) -> int:
        return sum(self.excluded)


class Places(NamedTuple):
    """Where a measure finds its columns in a row of the answer."""

    measure: Measure
    total: int
    rows: int
    estimated: int | None = None
    # Rows to which the measure's own confidence applies.
    doubtful: int | None = None
    confidence: int | None = None
    excluded: tuple[int, ...] = ()
    # Splits by which the measure chooses rows, and the one that is kept apart.
    only: tuple[tuple[int, tuple[Any, ...]], ...] = ()
    apart: int | None = None
    # The split that says how far a row is to be believed.
    believed: int | None = None

    def fits(self, row: Row) -> bool:
        return all(row[place] in values for place, values in self.only)

    def touches(self, row: Row) -> bool:
        """Whether the row has anything of the measure, be it left out."""
        return bool((self.fits(row) and row[self.rows]) or any(self.left_out(row)))

    def left_out(self, row: Row) -> tuple[int, ...]:
        """By reason; some reasons are looked for in all rows of the table."""
        if self.fits(row):
            return tuple([row[place] for place in self.excluded])
        reasons = zip(self.excluded, self.measure.exclusions, strict=True)
        return tuple([row[place] if each.outside else 0 for place, each in reasons])

    def amount(self, row: Row) -> Amount | None:
        """None where the row has nothing of the measure."""
        for place, values in self.only:
            if row[place] not in values:
                excluded = self.left_out(row) if self.excluded else ()
                return Amount(excluded=excluded) if any(excluded) else None
        rows = row[self.rows]
        excluded = tuple([row[place] for place in self.excluded]) if self.excluded else ()
        if not rows and not any(excluded):
            return None
        estimated = 0 if self.estimated is None else row[self.estimated]
        confidence = FULL
        if self.believed is not None:
            trust = self._trust(row) if rows else None
            if trust is not None:
                estimated, confidence = rows, trust
        elif self.confidence is not None or self.doubtful is not None:
            confidence = self._confidence(row)
        return Amount(Decimal(row[self.total]), rows, estimated, confidence, excluded)

    def _trust(self, row: Row) -> Decimal | None:
        known = self.measure.believed
        if known is None or self.believed is None:
            return None
        return known.confidence.get(row[self.believed])

    def _confidence(self, row: Row) -> Decimal:
        if self.confidence is not None and row[self.rows] and row[self.confidence] is not None:
            return row[self.confidence]  # type: ignore[no-any-return]
        own = self.measure.confidence
        if self.doubtful is not None and row[self.doubtful] and isinstance(own, Decimal):
            return own
        return FULL


@dataclass(frozen=True, eq=False)
class Sheet:
    """The columns of one query: group keys first, then splits, then sums, minima last."""

    groups: int
    keys: int
    sums: int
    # The split by shift kind; none where kinds are asked for by name.
    kind: int | None
    places: dict[str, Places] = field(default_factory=dict)

    def kind_of(self, row: Row) -> str:
        return (row[self.kind] or "") if self.kind is not None else ""

    def added(self, rows: list[Row]) -> list[Row]:
        """One row for each combination of splits, whatever group the rows were of."""
        if len(rows) == 1:
            return rows
        by_splits: dict[Row, list[Row]] = {}
        for row in rows:
            by_splits.setdefault(row[self.groups : self.keys], []).append(row)
        with localcontext(PRECISION):
            return [self._added(same) if len(same) > 1 else same[0] for same in by_splits.values()]

    def _added(self, rows: list[Row]) -> Row:
        columns = islice(zip(*rows, strict=True), self.keys, None)
        sums = map(sum, islice(columns, self.sums))
        return (*rows[0][: self.keys], *sums, *map(_lowest, columns))


def _lowest(column: Iterable[Any]) -> Any:
    return min((each for each in column if each is not None), default=None)


class Cell:
    """All sums of one group; several cells together are a cell again."""

    __slots__ = ("_added", "_amounts", "_rows")

    def __init__(self, parts: Iterable[Cell] = ()) -> None:
        self._rows: dict[Sheet, list[Row]] = {}
        self._added: dict[Sheet, list[Row]] = {}
        self._amounts: dict[str, dict[str, Amount]] = {}
        for part in parts:
            for sheet in part._rows:
                self._rows.setdefault(sheet, []).extend(part._added_up(sheet))

    def take(self, sheet: Sheet, row: Row) -> None:
        self._rows.setdefault(sheet, []).append(row)

    def _added_up(self, sheet: Sheet) -> list[Row]:
        if sheet not in self._added:
            self._added[sheet] = sheet.added(self._rows[sheet])
        return self._added[sheet]

    def amounts(self, key: str) -> dict[str, Amount]:
        """Of one measure, by shift kind."""
        if key not in self._amounts:
            # Whole before anybody else sees it: a kept cell is read by several threads.
            self._amounts[key] = self._amounts_of(key)
        return self._amounts[key]

    def _amounts_of(self, key: str) -> dict[str, Amount]:
        found: dict[str, Amount] = {}
        for sheet in self._rows:
            places = sheet.places.get(key)
            if places is None:
                continue
            for row in self._added_up(sheet):
                amount = places.amount(row)
                if amount is not None:
                    _add_to(found, sheet.kind_of(row), amount)
        return found

    def parts(self, key: str) -> dict[str, dict[str, Amount]]:
        """Of a measure that is kept apart by a split: by shift kind, then by split."""
        found: dict[str, dict[str, Amount]] = {}
        for sheet in self._rows:
            places = sheet.places.get(key)
            if places and places.apart is not None:
                for row in self._added_up(sheet):
                    amount = places.amount(row)
                    if amount is not None:
                        kinds = found.setdefault(sheet.kind_of(row), {})
                        _add_to(kinds, str(row[places.apart]), amount)
        return found

    def touches(self, keys: Iterable[str]) -> bool:
        """Whether anything was recorded, or left out, of these measures."""
        return any(
            amount.rows or amount.left_out for key in keys for amount in self.amounts(key).values()
        )

    @property
    def is_empty(self) -> bool:
        return not any(
            places.touches(row)
            for sheet, rows in self._rows.items()
            for row in rows
            for places in sheet.places.values()
        )


def _add_to(amounts: dict[str, Amount], name: str, amount: Amount) -> None:
    known = amounts.get(name)
    if known is None:
        amounts[name] = amount
    else:
        known.add(amount)


__all__ = ["FULL", "PRECISION", "ZERO", "Amount", "Cell", "Places", "Row", "Sheet"]
