from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clients.imports.errors import Unreadable
from clients.imports.values import (
    CLEAR,
    Choice,
    Code,
    Date,
    Hours,
    Instant,
    Kind,
    Number,
    Reading,
    Text,
    Time,
    Whole,
    Words,
    YesNo,
)

MATAMOROS = Reading(ZoneInfo("America/Matamoros"))
DAY = datetime.date(2025, 12, 2)


def refused(kind: Kind, cell: Any, reading: Reading = MATAMOROS) -> tuple[str, str]:
    with pytest.raises(Unreadable) as error:
        kind.read(cell, reading)
    return error.value.code, error.value.suggestion


def test_a_day_is_read_in_the_one_form_that_nobody_misreads() -> None:
    assert Date().read("2025-12-02", MATAMOROS) == DAY


@pytest.mark.parametrize("mark", ["/", "-", "."])
def test_the_clients_own_form_is_read(mark: str) -> None:
    assert Date().read(f"02{mark}12{mark}2025", Reading(date_format="DMY")) == DAY
    assert Date().read(f"12{mark}02{mark}2025", Reading(date_format="MDY")) == DAY


def test_a_date_that_can_be_read_two_ways_is_refused_with_both() -> None:
    assert refused(Date(), "12/02/2025") == ("date_format", "2025-12-02 or 2025-02-12?")


@pytest.mark.parametrize("cell", ["2025-02-30", "45993", 45993, "Dec 2", "2025-1-2", "02/12-2025"])
def test_what_is_no_date_is_refused(cell: Any) -> None:
    assert refused(Date(), cell)[0] == "date_format"


def test_a_day_first_client_does_not_get_a_month_of_13() -> None:
    assert refused(Date(), "12/13/2025", Reading(date_format="DMY"))[0] == "date_format"


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("8.5", "8.5"), ("1,234", "1234"), ("1,234.5", "1234.5"), ("1 234", "1234"), ("-5", "-5"),
        ("−5", "-5"), (7, "7"), (7.25, "7.25"), (".5", "0.5"), ("0", "0"),
    ],
)  # fmt: skip
def test_numbers_with_a_point(cell: Any, number: str) -> None:
    assert Number().read(cell, MATAMOROS) == Decimal(number)


@pytest.mark.parametrize(("cell", "number"), [("8,5", "8.5"), ("1.234,5", "1234.5")])
def test_numbers_with_the_files_decimal_comma(cell: str, number: str) -> None:
    assert Number().read(cell, Reading(decimal_mark=",")) == Decimal(number)


@pytest.mark.parametrize("cell", ["1.2.3", "8,5", "NaN", "inf", "1e5", "ten", "12,34,567", True])
def test_what_is_no_number_is_refused(cell: Any) -> None:
    assert refused(Number(), cell)[0] == "number_format"


@pytest.mark.parametrize("cell", ["180", "180.0", 180, 180.0, "1,180"])
def test_whole_numbers(cell: Any) -> None:
    assert Whole().read(cell, MATAMOROS) in (180, 1180)


def test_a_fraction_is_no_whole_number() -> None:
    assert refused(Whole(), "12.5")[0] == "number_format"
    assert refused(Whole(), "99999999999")[0] == "out_of_range"


@pytest.mark.parametrize("cell", ["8.5", "8:30", "08:30:00", 8.5])
def test_hours_as_decimals_or_as_clock(cell: Any) -> None:
    assert Hours().read(cell, MATAMOROS) == Decimal("8.5")


@pytest.mark.parametrize("word", ["yes", "Y", "TRUE", "1", "sí", "Si", "verdadero", "x", 1, True])
def test_yes(word: Any) -> None:
    assert YesNo().read(word, MATAMOROS) is True


@pytest.mark.parametrize("word", ["no", "N", "false", "0", "Falso", 0, False])
def test_no(word: Any) -> None:
    assert YesNo().read(word, MATAMOROS) is False


def test_neither_yes_nor_no() -> None:
    assert refused(YesNo(), "perhaps")[0] == "choice"


@pytest.mark.parametrize("typed", ["+52 868 123", "- ok", "=A1", "@home", "O'Neil", "'quoted'"])
def test_text_stays_as_it_was_typed(typed: str) -> None:
    assert Text().read(f"  {typed} ", MATAMOROS) == typed


@pytest.mark.parametrize("text", ["=1+1", "+52", "-5", "@x", "'tis"])
def test_the_apostrophe_of_our_export_is_taken_off(text: str) -> None:
    assert Text().read(f"'{text}", MATAMOROS) == text


def test_what_a_program_sends_is_not_touched() -> None:
    assert Text().read("'=1", Reading(from_export=False)) == "'=1"


def test_codes_are_upper_case_and_numbers_lose_their_false_fraction() -> None:
    assert Code().read(" wo-1 ", MATAMOROS) == "WO-1"
    assert Code().read(1001.0, MATAMOROS) == "1001"


@pytest.mark.parametrize("cell", ["—", "NULL"])
def test_a_cell_can_clear_the_stored_value(cell: str) -> None:
    assert Number().read(cell, MATAMOROS) is CLEAR


@pytest.mark.parametrize("cell", ["", "  ", None])
def test_an_empty_cell_gives_nothing(cell: Any) -> None:
    assert Number().read(cell, MATAMOROS) is None


def test_several_words_in_one_cell() -> None:
    assert Words().read("1,2; 3", MATAMOROS) == ["1", "2", "3"]
    assert Words().read([1, 2], MATAMOROS) == ["1", "2"]


def test_a_choice_by_word_label_or_synonym() -> None:
    kind = Choice([("FULL", "Every unit"), ("VISUAL", "Visual")], {"TODAS": "FULL"}, what="method")
    assert [kind.read(each, MATAMOROS) for each in ("full", "every unit", "todas")] == ["FULL"] * 3
    assert refused(kind, "VISUL") == ("choice", "VISUAL?")


def test_time_of_day() -> None:
    assert Time().read("7:00", MATAMOROS) == datetime.time(7)
    assert Time().read("07:00:30", MATAMOROS) == datetime.time(7, 0, 30)
    assert refused(Time(), "25:00")[0] == "time_format"
    assert refused(Time(), "7 am")[0] == "time_format"


def test_instants_are_local_unless_they_say_otherwise() -> None:
    ten = datetime.datetime(2025, 12, 2, 16, tzinfo=datetime.UTC)
    assert Instant().read("2025-12-02 10:00", MATAMOROS) == ten
    assert Instant().read("2025-12-02T10:00-06:00", MATAMOROS) == ten
    assert Instant().read("2025-12-02T16:00Z", MATAMOROS) == ten
    assert refused(Instant(), "noon")[0] == "time_format"


def test_an_hour_that_exists_twice_needs_its_offset() -> None:
    twice = "2025-11-02 01:30"
    assert refused(Instant(), twice) == (
        "ambiguous_time",
        "2025-11-02T01:30-05:00 or 2025-11-02T01:30-06:00?",
    )
    second = Instant().read("2025-11-02T01:30-06:00", MATAMOROS)
    assert second == datetime.datetime(2025, 11, 2, 7, 30, tzinfo=datetime.UTC)


def test_an_hour_that_does_not_exist_is_refused() -> None:
    assert refused(Instant(), "2025-03-09 02:30")[0] == "ambiguous_time"
