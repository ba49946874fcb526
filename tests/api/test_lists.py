"""Lists: filters inside the scope, orderings by allow-list, pages by keyset, few queries."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.scope import client_scope
from plant.models import Line, WorkOrder
from production.models import ProductionEntry
from tests.api.conftest import Caller


def codes(answer: Any, key: str = "code") -> list[Any]:
    assert answer.status_code == 200, answer.content
    return [row[key] for row in answer.json()["results"]]


def pages(call: Caller, path: str, key: str = "code", way: str = "next") -> list[list[Any]]:
    found: list[list[Any]] = []
    while path:
        assert len(found) < 20, "These pages lead round in a circle."
        answer = call.get(path)
        found.append(codes(answer, key))
        path = (answer.json()[way] or "").partition("/api/v1/")[2]
    return found


def add_lines(client: Client, *names: str) -> None:
    with client_scope([client]):
        Line.objects.bulk_create(
            [Line(client=client, code=name, name=name, department=name[:1]) for name in names]
        )


def add_orders(client: Client, promised: dict[str, datetime.date | None]) -> None:
    with client_scope([client]):
        WorkOrder.objects.bulk_create(
            WorkOrder(client=client, number=number, planned_quantity=1, promised_date=day)
            for number, day in promised.items()
        )


# -- filters -----------------------------------------------------------------------------------


FOUND = {
    "line=OWN-L1": 1,
    "line=own-l1": 1,
    "line=ZEBRA-L1": 0,
    "line=NOWHERE": 0,
    "line=OWN-L": 0,
    "line=OWN-L%25": 0,
    "line=OWN_L1": 0,
    "work_order=OWN-WO": 1,
    "work_order=ZEBRA-WO": 0,
    "shift_date=2026-03-04": 1,
    "shift_date_from=2026-03-04&shift_date_to=2026-03-04": 1,
    "shift_date_to=2026-03-03": 0,
    "shift_date_from=2026-03-05": 0,
    "shift_date_to=9999-12-31": 1,
    "entry_method=MANUAL": 1,
    "entry_method=API": 0,
    "client=ACME&line=OWN-L1": 1,
}


def test_filters_are_exact_and_inside_the_scope(own: Any, foreign: Any, supervisor: Caller) -> None:
    answers = {query: supervisor.get(f"production-entries/?{query}") for query in FOUND}
    assert {query: len(codes(each, "client")) for query, each in answers.items()} == FOUND
    assert [query for query, each in answers.items() if b"ZEBRA" in each.content] == []


def test_a_foreign_code_filters_as_an_unknown_one(
    own: Any, foreign: Any, supervisor: Caller
) -> None:
    answers = [
        supervisor.get(f"production-entries/?machine={code}").content
        for code in ("ZEBRA-M1", "NOWHERE")
    ]
    assert answers[0] == answers[1] == b'{"next":null,"previous":null,"results":[]}'


def test_a_foreign_id_filters_as_an_unknown_one(own: Any, foreign: Any, supervisor: Caller) -> None:
    pk = own["QualityInspection"].pk
    assert len(supervisor.get(f"defects/?inspection={pk}").json()["results"]) == 1
    for other in (foreign["QualityInspection"].pk, 999_999, 10**25):
        assert supervisor.get(f"defects/?inspection={other}").json()["results"] == []


def test_members_of_two_clients_see_the_union_and_can_narrow(
    own: Any, foreign: Any, everywhere: Caller
) -> None:
    assert codes(everywhere.get("lines/")) == ["OWN-L1", "ZEBRA-L1"]
    assert codes(everywhere.get("lines/?client=ACME-2")) == ["ZEBRA-L1"]


SIZES = "The page size is a whole number from 1 to 200."
REFUSED = {
    "lin=OWN-L1": {"lin": ["Unknown parameter."]},
    "line__name=x": {"line__name": ["Unknown parameter."]},
    "created_by=1": {"created_by": ["Unknown parameter."]},
    "client_id=2": {"client_id": ["Unknown parameter."]},
    "line=": {"line": ["Give a value, or leave the parameter out."]},
    "line=A&line=B": {"line": ["Name this parameter once."]},
    "ordering=total_units&ordering=id": {"ordering": ["Name this parameter once."]},
    "page_size=0": {"page_size": [SIZES]},
    "page_size=201": {"page_size": [SIZES]},
    "page_size=-5": {"page_size": [SIZES]},
    "cursor=nonsense": {"cursor": ["This cursor does not belong to this list."]},
    "shift_date=yesterday": {"shift_date": ["Enter a valid date."]},
    "shift_date_from=2026-13-01": {"shift_date_from": ["Enter a valid date."]},
    "line=%00": {"line": ["Null characters are not allowed."]},
    "entry_method=QRX": {
        "entry_method": ["Select a valid choice. QRX is not one of the available choices."]
    },
}


def test_strange_parameters_and_values_are_refused_in_words(own: Any, supervisor: Caller) -> None:
    answers = {query: supervisor.get(f"production-entries/?{query}") for query in REFUSED}
    assert {each.status_code for each in answers.values()} == {400}
    assert {query: each.json() for query, each in answers.items()} == REFUSED


def test_a_truth_is_true_or_false(own: Any, supervisor: Caller) -> None:
    assert codes(supervisor.get("lines/?active=true")) == ["OWN-L1"]
    assert codes(supervisor.get("lines/?active=false")) == []
    assert supervisor.get("lines/?active=maybe").status_code == 400


def test_a_detail_takes_no_filters(own: Any, supervisor: Caller) -> None:
    assert supervisor.get(f"lines/{own['Line'].pk}/?code=OWN-L1").status_code == 400


# -- orderings ---------------------------------------------------------------------------------


FORBIDDEN_KEYS = [
    "client__name", "created_by__password", "line__name", "responsible__hourly_rate", "pk", "?",
    "--shift_date", "shift_date,id", "version",
]  # fmt: skip


def test_ordering_keys_are_an_allow_list(acme: Client, supervisor: Caller) -> None:
    allowed = "shift_date, created_at, minutes, started_at"
    for key in FORBIDDEN_KEYS:
        answer = supervisor.get(f"downtime-events/?ordering={key}")
        sentence = f"Unknown ordering “{key.removeprefix('-')}”. Choose among {allowed}."
        assert (answer.status_code, answer.json()) == (400, {"ordering": [sentence]})


def test_rows_come_in_both_directions(acme: Client, supervisor: Caller) -> None:
    add_lines(acme, "B", "A", "C")
    assert codes(supervisor.get("lines/?ordering=code")) == ["A", "B", "C"]
    assert codes(supervisor.get("lines/?ordering=-code")) == ["C", "B", "A"]


# -- pages -------------------------------------------------------------------------------------


def test_pages_go_forth_and_back_over_equal_values(acme: Client, supervisor: Caller) -> None:
    add_lines(acme, *(f"{'XY'[n % 2]}{n}" for n in range(5)))
    path = "lines/?ordering=department&page_size=2"
    assert pages(supervisor, path) == [["X0", "X2"], ["X4", "Y1"], ["Y3"]]
    last = "next"
    answer = supervisor.get(path)
    while answer.json()[last]:
        answer = supervisor.get(answer.json()[last].partition("/api/v1/")[2])
    back = answer.json()["previous"].partition("/api/v1/")[2]
    assert pages(supervisor, back, way="previous") == [["X4", "Y1"], ["X0", "X2"]]


@pytest.mark.parametrize(
    ("ordering", "order"),
    [
        ("promised_date", ["W2", "W1", "W0", "W3"]),
        ("-promised_date", ["W3", "W0", "W1", "W2"]),
    ],
)
def test_empty_values_have_their_place_in_the_pages(
    acme: Client, supervisor: Caller, ordering: str, order: list[str]
) -> None:
    day = datetime.date(2026, 1, 1)
    add_orders(acme, {"W2": day, "W1": day.replace(day=2), "W0": None, "W3": None})
    path = f"work-orders/?ordering={ordering}&page_size=1"
    assert pages(supervisor, path, "number") == [[each] for each in order]


def test_a_cursor_belongs_to_its_ordering_and_gives_no_foreign_row(
    own: Any, foreign: Any, acme: Client, supervisor: Caller, everywhere: Caller
) -> None:
    add_lines(acme, "A", "B")
    url = everywhere.get("lines/?page_size=1&ordering=code").json()["next"]
    cursor = url.partition("cursor=")[2].partition("&")[0]
    assert codes(supervisor.get(f"lines/?ordering=code&cursor={cursor}")) == ["B", "OWN-L1"]
    assert supervisor.get(f"lines/?ordering=-code&cursor={cursor}").status_code == 400
    assert supervisor.get(f"parts/?ordering=style&cursor={cursor}").status_code == 400


def test_a_page_holds_at_most_200_rows(acme: Client, supervisor: Caller) -> None:
    add_lines(acme, *(f"L{n:03}" for n in range(205)))
    assert len(codes(supervisor.get("lines/"))) == 100
    assert len(codes(supervisor.get("lines/?page_size=200"))) == 200


# -- queries -----------------------------------------------------------------------------------


def queries(call: Any, status: int = 200) -> list[str]:
    """The statements of a warm call, without those that only a surrounding test causes."""
    call()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = call()
    assert answer.status_code == status, answer.content
    return [
        each["sql"]
        for each in captured
        if "SAVEPOINT" not in each["sql"] and "set_config('kpi.clients', ''" not in each["sql"]
    ]


def add_entries(own: Any, count: int) -> None:
    with client_scope([own["Line"].client]):
        model = own["ProductionEntry"]
        for number in range(count):
            row = ProductionEntry(
                client=model.client,
                shift_date=model.shift_date,
                shift=model.shift,
                line=model.line,
                total_units=number,
            )
            row.full_clean()
            row.save()


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_four_queries_however_long_it_is(
    own: Any, supervisor: Caller, rows: int
) -> None:
    add_entries(own, rows - 1)
    asked = queries(lambda: supervisor.get("production-entries/"))
    # Token and user, memberships, scope, rows.
    assert len(asked) == 4


def test_a_list_of_every_kind_takes_four_queries_and_one_for_nested_rows(
    own: Any, acme: Client, member: Any, caller: Any
) -> None:
    from tests.api.conftest import list_views

    call = caller(member(acme, role="MANAGER"))
    counted = {}
    for prefix, view in list_views().items():
        if issubclass(view, _client_views()):
            counted[prefix] = len(queries(lambda prefix=prefix: call.get(f"{prefix}/")))
    assert len(counted) >= 20
    assert {key: n for key, n in counted.items() if n != 4} == {"attendance-records": 5}


def _client_views() -> type:
    from clients.views import ClientViewSet

    return ClientViewSet


def test_creating_a_row_takes_few_queries(own: Any, supervisor: Caller) -> None:
    numbers = iter(range(100))

    def create() -> Any:
        return supervisor.post("machines/", {"code": f"M{next(numbers)}", "name": "M"})

    # Token and user, memberships, scope, insert.
    assert len(queries(create, 201)) == 4


def test_creating_a_production_row_takes_at_most_twelve_queries(
    own: Any, supervisor: Caller
) -> None:
    row = {"shift_date": "2026-03-05", "shift": "OWN-S", "line": "OWN-L1", "total_units": 5}
    assert len(queries(lambda: supervisor.post("production-entries/", row), 201)) <= 12
