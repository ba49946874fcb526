"""What a cell may hold: dates never guessed, numbers with one decimal mark per file."""

from __future__ import annotations

import datetime
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from clients.imports.errors import Unreadable

CLEARS = ("—", "NULL")
# What a spreadsheet would take for a formula; our export writes an apostrophe before it.
FORMULA_STARTS = ("=", "+", "-", "@", "'", "\t", "\r")

YES = {"yes", "y", "true", "1", "si", "sí", "verdadero", "x"}
NO = {"no", "n", "false", "0", "falso"}


class _Clear:
    def __repr__(self) -> str:
        return "CLEAR"


CLEAR: Any = _Clear()


@dataclass(frozen=True)
class Reading:
    """How the cells of one file are to be read."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    date_format: str = "YMD"
    decimal_mark: str = "."
    from_export: bool = True

    @property
    def thousands_mark(self) -> str:
        return "," if self.decimal_mark == "." else "."


def text_of(cell: Any, reading: Reading) -> str:
    """The cell as typed; spreadsheets turn the code 5 into 5.0, which is undone here."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, str):
        return _without_apostrophe(cell, reading)
    if isinstance(cell, (list, dict)):
        return ", ".join(map(str, cell))
    return str(cell)


def storable(text: str) -> str:
    """Without the characters that PostgreSQL has no place for."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode()


def _without_apostrophe(cell: str, reading: Reading) -> str:
    text = cell.strip(" \u00a0\n")
    return text[1:] if reading.from_export and is_shielded(text) else text.strip()


def is_shielded(text: str) -> bool:
    """Whether the apostrophe in front is the one that an export puts there."""
    rest = text[1:]
    return text[:1] == "'" and bool(rest) and (rest[0] in FORMULA_STARTS or rest in CLEARS)


def shielded(text: str, *, from_formulas: bool = True) -> str:
    """The text as a file has to hold it so that no spreadsheet runs it and that it is read again
    as it was. Cells of a workbook say themselves that they are text."""
    is_formula = from_formulas and text.startswith(FORMULA_STARTS)
    return f"'{text}" if is_formula or text in CLEARS or is_shielded(text) else text


def close_to(word: str, known: Iterable[str]) -> str:
    """“L1 or L2?”: what was probably meant, of the words that this client knows."""
    by_upper = {each.upper(): each for each in known}
    close = get_close_matches(word.upper(), list(by_upper), n=2, cutoff=0.7)
    return f"{' or '.join(by_upper[each] for each in close)}?" if close else ""


class Kind(ABC):
    """How the cells of a column are read; `parse` gets text that is neither empty nor CLEAR."""

    hint = ""

    def read(self, cell: Any, reading: Reading) -> Any:
        """None: not given. CLEAR: take the stored value away."""
        if isinstance(cell, (list, dict)):
            raise Unreadable("inconsistent", "One value is wanted here, not several.")
        text = text_of(cell, reading)
        if not text:
            return None
        if text in CLEARS and not (isinstance(cell, str) and is_shielded(cell.strip())):
            return CLEAR
        return self.parse(text, cell, reading)

    @abstractmethod
    def parse(self, text: str, cell: Any, reading: Reading) -> Any:
        """The value of the text; `Unreadable` says what is wrong with it."""

    def written(self, value: Any, zone: ZoneInfo) -> Any:
        """The stored value as a file holds it: a number, day, time or yes stays one."""
        return value


class Text(Kind):
    hint = "text"

    def parse(self, text: str, cell: Any, reading: Reading) -> str:
        if storable(text) != text:
            raise Unreadable("inconsistent", "The text holds a character that cannot be stored.")
        return text


class Code(Text):
    hint = "code"

    def parse(self, text: str, cell: Any, reading: Reading) -> str:
        return str(super().parse(text, cell, reading)).upper()


class Words(Kind):
    """Several codes or numbers in one cell, separated by commas or spaces."""

    hint = "codes, separated by commas"

    def read(self, cell: Any, reading: Reading) -> Any:
        if isinstance(cell, list):
            return [storable(str(each)) for each in cell]
        return super().read(cell, reading)

    def parse(self, text: str, cell: Any, reading: Reading) -> list[str]:
        text = storable(text)
        return re.split(r"[\s,;]+", text.strip(" ,;[]"))

    def written(self, value: Any, zone: ZoneInfo) -> str:
        return ", ".join(map(str, value or ()))


class Date(Kind):
    hint = "YYYY-MM-DD"

    def parse(self, text: str, cell: Any, reading: Reading) -> datetime.date:
        if match := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text):
            return self._day(match.groups(), reading, "Not a day of the calendar.")
        if reading.date_format != "YMD" and (parts := _three_parts(text)):
            first, second, year = parts
            swapped = reading.date_format == "MDY"
            month, day = (first, second) if swapped else (second, first)
            return self._day((year, month, day), reading, "Not a day of the calendar.")
        raise self._refusal(text, reading)

    def _day(self, parts: Iterable[str], reading: Reading, reason: str) -> datetime.date:
        try:
            return datetime.date(*(int(each) for each in parts))
        except ValueError:
            raise Unreadable("date_format", reason) from None

    def _refusal(self, text: str, reading: Reading) -> Unreadable:
        form = {"DMY": "YYYY-MM-DD or DD/MM/YYYY", "MDY": "YYYY-MM-DD or MM/DD/YYYY"}
        wanted = form.get(reading.date_format, "YYYY-MM-DD")
        return Unreadable("date_format", f"Not a date in the form {wanted}.", _readings(text))


def _three_parts(text: str) -> tuple[str, str, str] | None:
    match = re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", text)
    return (match[1], match[3], match[4]) if match else None


def _readings(text: str) -> str:
    """Both ways of reading `12/02/2025`, so that the person chooses and nobody guesses."""
    match = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text)
    turned = re.fullmatch(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})", text)
    if turned:
        candidates = [turned.groups()]
    elif match:
        first, second, year = match.groups()
        candidates = [(year, first, second), (year, second, first)]
    else:
        return ""
    days = []
    for parts in candidates:
        try:
            days.append(datetime.date(*(int(each) for each in parts)).isoformat())
        except ValueError:
            continue
    return f"{' or '.join(dict.fromkeys(days))}?" if days else ""


CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.0+)?")


def clock_of(text: str) -> datetime.time:
    match = CLOCK.fullmatch(text)
    try:
        if match:
            hours, minutes, seconds = (int(each or 0) for each in match.groups())
            return datetime.time(hours, minutes, seconds)
    except ValueError:
        pass
    raise Unreadable("time_format", "Not a time in the form HH:MM.")


class Time(Kind):
    hint = "HH:MM"

    def parse(self, text: str, cell: Any, reading: Reading) -> datetime.time:
        return clock_of(text)


def local_instant(naive: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
    """An hour that the clocks skip or repeat is not guessed."""
    first = naive.replace(tzinfo=zone, fold=0)
    second = naive.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(datetime.UTC)
    if first.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise Unreadable(
            "ambiguous_time",
            f"{naive:%Y-%m-%d %H:%M} does not exist: the clocks change. Add the offset.",
        )
    raise Unreadable(
        "ambiguous_time",
        f"{naive:%Y-%m-%d %H:%M} exists twice: the clocks change. Add the offset.",
        f"{first.isoformat(timespec='minutes')} or {second.isoformat(timespec='minutes')}?",
    )


class Instant(Kind):
    """`HH:MM` alone stays a time of day, which the row's shift places on its day."""

    hint = "YYYY-MM-DD HH:MM"

    def parse(self, text: str, cell: Any, reading: Reading) -> datetime.datetime | datetime.time:
        if CLOCK.fullmatch(text):
            return clock_of(text)
        try:
            instant = parse_datetime(text)
        except ValueError:
            instant = None
        if instant is None:
            raise Unreadable("time_format", "Not a time in the form YYYY-MM-DD HH:MM.")
        if instant.tzinfo is None:
            return local_instant(instant, reading.zone)
        return instant.astimezone(datetime.UTC)

    def written(self, value: Any, zone: ZoneInfo) -> Any:
        """On the clock of the plant; with its offset where that clock shows an hour twice."""
        if not isinstance(value, datetime.datetime):
            return value
        local = value.astimezone(zone)
        other = local.replace(fold=1 - local.fold)
        if local.utcoffset() != other.utcoffset():
            return local.isoformat(sep=" ")
        return local.replace(tzinfo=None, fold=0)


class Number(Kind):
    hint = "number"

    def parse(self, text: str, cell: Any, reading: Reading) -> Decimal:
        if isinstance(cell, bool):
            raise Unreadable("number_format", "Not a number.")
        if isinstance(cell, (int, float)):
            return _finite(repr(cell))
        plain = text.replace("\u2212", "-")
        plain = re.sub(r"(?<=\d)[ \u00a0\u202f](?=\d{3})", "", plain)
        mark, group = re.escape(reading.decimal_mark), re.escape(reading.thousands_mark)
        if not re.fullmatch(rf"[+-]?(\d{{1,3}}({group}\d{{3}})+|\d+)?({mark}\d+)?", plain) or not (
            re.search(r"\d", plain)
        ):
            raise Unreadable("number_format", "Not a number.")
        return _finite(plain.replace(reading.thousands_mark, "").replace(reading.decimal_mark, "."))


def _finite(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Unreadable("number_format", "Not a number.") from None
    if not number.is_finite():
        raise Unreadable("number_format", "Not a number.")
    return number


class Whole(Number):
    hint = "whole number"

    def __init__(self, sentence: str = "Not a whole number.") -> None:
        self.sentence = sentence

    def parse(self, text: str, cell: Any, reading: Reading) -> int:  # type: ignore[override]
        try:
            number = super().parse(text, cell, reading)
        except Unreadable as error:
            raise Unreadable(error.code, self.sentence) from None
        if number != number.to_integral_value():
            raise Unreadable("number_format", self.sentence)
        if abs(number) > 2**31 - 1:
            raise Unreadable("out_of_range", self.sentence)
        return int(number)


class Hours(Number):
    """Decimal hours or `H:MM`."""

    hint = "8.5 or 8:30"

    def parse(self, text: str, cell: Any, reading: Reading) -> Decimal:
        if match := re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", text):
            hours, minutes, seconds = (int(each or 0) for each in match.groups())
            return Decimal(hours) + Decimal(minutes) / 60 + Decimal(seconds) / 3600
        return super().parse(text, cell, reading)


class YesNo(Kind):
    hint = "yes or no"

    def parse(self, text: str, cell: Any, reading: Reading) -> bool:
        word = text.casefold()
        if word in YES:
            return True
        if word in NO:
            return False
        raise Unreadable("choice", "Write yes or no.")


class Choice(Kind):
    """One of the words of a TextChoices, as stored or as shown, or a synonym of one."""

    hint = "one word of the list"

    def __init__(
        self, choices: Any = None, words: dict[str, str] | None = None, what: str = "word"
    ) -> None:
        self.choices, self.words, self.what = choices, words or {}, what

    def bind(self, model_field: Any) -> None:
        if self.choices is None:
            self.choices = model_field.flatchoices
        self.what = str(model_field.verbose_name)

    def known(self) -> dict[str, str]:
        pairs = getattr(self.choices, "choices", None) or self.choices
        pairs = pairs() if callable(pairs) else pairs
        known = {str(label).upper(): str(value) for value, label in pairs}
        return known | {str(value).upper(): str(value) for value, _label in pairs}

    def parse(self, text: str, cell: Any, reading: Reading) -> str:
        known, word = self.known(), text.upper()
        found = known.get(word) or self.words.get(word) or known.get(word.replace(" ", "_"))
        if found is None:
            values = sorted(set(known.values()))
            raise Unreadable("choice", f"Unknown {self.what} “{text}”.", close_to(text, values))
        return found


class Lookup(Code):
    """A business code of another row of the same client."""

    # What the row is called when nobody knows the code; empty: the name of its model.
    what: ClassVar[str] = ""

    @property
    def names_people(self) -> bool:
        return self.target == "plant.Employee"

    def __init__(
        self,
        target: str,
        by: str = "code",
        *,
        words: dict[str, str] | None = None,
        shared: bool = False,
    ) -> None:
        self.target, self.by, self.words, self.shared = target, by, words or {}, shared

    def read(self, cell: Any, reading: Reading) -> Any:
        # An application may name its own row by number; a file never does.
        if not reading.from_export and isinstance(cell, int) and not isinstance(cell, bool):
            return cell
        return super().read(cell, reading)

    def choose(self, candidates: list[Any], values: dict[str, Any]) -> Any:
        """Of several rows with this code, the one that the rest of the row means."""
        return candidates[0]

    def among(self, rows: Any) -> Any:
        """Of the rows in reach, those that may be meant; for suggestions."""
        return rows

    def spellings(self, code: str) -> tuple[str, ...]:
        """The client's own code first, then what the word stands for."""
        return (code, self.words[code]) if code in self.words else (code,)
