"""Everything that one person can ask for with GET, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator

from clients.imports import registry
from clients.views import ClientViewSet
from kpis.registry import catalogue
from tests.sweep import table
from tests.sweep.world import (
    DAY,
    PERIOD,
    UNKNOWN,
    Address,
    Filled,
    World,
    addresses,
    body,
    key_of_page,
)

Call = tuple[str, str, table.Answer]
Answers = dict[str, tuple[int, str]]

# The pages of all KPIs are one page; the API is asked for every figure.
ALWAYS = ("absenteeism_gross", "bradford", "efficiency", "oee")
SHOWN = {"Z": ("oee", "fpy"), "V": (*ALWAYS, "fpy", "mtbf"), "H": (*ALWAYS, "ppm", "mttr")}
# To a new password, of nobody.
A_LINK = {"uidb64": "MA", "token": "none"}
# Figures of absence, split by what is nobody's business.
OF_ABSENCE = ("absenteeism_gross", "absenteeism_net", "absence_hours", "absent_days")


def calls(world: World, address: Address) -> Iterator[Call]:
    """Method, path and expected answers of one address; nothing for one without an entry."""
    if address.model is None:
        if address.name in table.PAGES:
            yield "get", page(world, address), table.PAGES[address.name]
        return
    row = world.row(address.model)
    kinds, answer = (
        (table.API, table.api_answer) if address.is_api else (table.ADMIN, table.admin_answer)
    )
    for verb, method in kinds:
        if verb == address.verb and address.label in table.RIGHTS:
            key = UNKNOWN if method == "delete" else row.pk
            yield method, address.of_key(key), answer(address.label, verb, method)


def page(world: World, address: Address) -> str:
    path = address.at(
        key="oee",
        app_label="plant",
        url="no-such-page",
        pk=key_of_page(address, world.own),
        entity="production_entry",
        form="csv",
        **A_LINK,
    )
    if address.name == "admin:autocomplete":
        path += "?app_label=plant&model_name=workorder&field_name=line"
    return path


def addresses_of_one_row() -> Iterator[tuple[Address, str, table.Answer]]:
    """Address, method and what is expected with an own row."""
    for address in addresses():
        if not address.is_of_one_row:
            continue
        if address.model is None:
            yield address, "get", table.PAGES[address.name]
        else:
            answers = table.api_answer if address.is_api else table.admin_answer
            for verb, method in table.API if address.is_api else table.ADMIN:
                if verb == address.verb:
                    yield address, method, answers(address.label, verb, method)


def foreign_key(world: World, address: Address) -> int:
    if address.model is None:
        return key_of_page(address, world.foreign)
    return int(world.row(address.model, world.foreign).pk)


def walked(world: World, letter: str, *more: str) -> Answers:
    """Status and text by path, with the rows of the own client in the paths."""
    browser, found = world.browser(letter), {}
    for path in dict.fromkeys([*paths(world, letter), *more]):
        response = browser.get(path)
        found[path] = (response.status_code, body(response))
    return found


def paths(world: World, letter: str) -> Iterator[str]:
    rows = world.foreign if letter == "Z" else world.own
    for address in addresses():
        if address.model is None:
            for path in pages(address, rows):
                is_shown = not path.startswith("/kpi/") or (
                    path.split("/")[2] in SHOWN.get(letter, ALWAYS)
                )
                if is_shown:
                    yield path
        elif is_for(address, letter):
            yield address.of(world.row(address.model, rows))
            if address.verb == "export":
                yield from files(address)
            if address.verb == "changelist":
                yield f"{address.at()}?voided=yes"


def files(address: Address) -> Iterator[str]:
    """The list as a workbook, and with the day of the rows, where lists are narrowed by days."""
    if address.label == "clients.AuditEntry":
        return
    path = address.at(form="xlsx") if not address.is_api else f"{address.at()}?form=xlsx"
    yield path
    label = address.model._meta.label
    day = "inspection__shift_date" if label == "quality.Defect" else "shift_date"
    if registry.get(address.model.__name__).day and not address.is_api:
        yield f"{address.at(form='csv')}?{day}={DAY}"
        yield f"{path}?{day}={DAY}"
    elif registry.get(address.model.__name__).day:
        yield f"{address.at()}?shift_date={DAY}"
        yield f"{path}&shift_date={DAY}"


def is_for(address: Address, letter: str) -> bool:
    """What a role sees in forms of new rows and in histories is what it sees in the rows."""
    verbs = {"changelist", "change", "list", "detail", "export"}
    if letter in "HVZ":
        verbs |= {"add", "history", "void"}
    return address.verb in verbs


def pages(address: Address, rows: Filled) -> Iterator[str]:
    if "<slug:key>" in address.pattern or "<str:key>" in address.pattern:
        for key in [*(kpi.key for kpi in catalogue.kpis()), "total_units"]:
            if "slug" in address.pattern and key == "total_units":
                continue
            yield f"{address.at(key=key)}?{PERIOD}"
            if address.name == "dashboards:kpi-rows":
                yield f"{address.at(key=key)}?{PERIOD}&format=csv"
            if address.is_api:
                yield f"{address.at(key=key)}?{PERIOD}&by=line"
    elif address.name == "dashboards:row":
        for entity, kind in ClientViewSet.by_entity.items():
            if kind.history is not None:
                row = rows[kind.queryset.model.__name__]
                yield address.at(entity=entity, pk=row.pk)
    elif "entity" in address.pattern:
        for entity in ("production_entry", "employee"):
            yield address.at(entity=entity, form="csv")
            yield address.at(entity=entity, form="xlsx")
    elif address.name != "admin:autocomplete":
        key = key_of_page(address, rows)
        path = address.at(pk=key, app_label="plant", url="no-such-page", **A_LINK)
        yield f"{path}?{PERIOD}" if address.name.startswith("dashboards") else path
        if address.name == "dashboards:orders":
            yield f"{path}?show=all"


def of_absence(code: str) -> Iterator[str]:
    """Every figure of absence by and for an absence type."""
    for key in OF_ABSENCE:
        for path in (f"/kpi/{key}/", f"/kpi/{key}/rows/", f"/kpi/{key}/explain/"):
            yield f"{path}?{PERIOD}"
            yield f"{path}?{PERIOD}&by=absence_type"
            yield f"{path}?{PERIOD}&absence_type={code}&format=csv"
        yield f"/api/v1/kpis/{key}/?client=ACME&{PERIOD}&by=absence_type"
    yield f"/people/?{PERIOD}&absence_type={code}"
