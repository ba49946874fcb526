"""What is measured: real requests through the real middleware, each with its floor."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError
from django.test import Client as Browser
from django.urls import reverse

from clients.models import ApiToken, Client, User
from clients.scope import client_scope
from demo.bench import floors
from demo.bench.crews import Crews, make_crews, roster_case
from demo.bench.floors import Visitor
from demo.bench.measuring import Case, Target
from kpis.remembered import forget
from plant.models import Job, LineShift
from production.models import ProductionEntry

ENTRIES = "/api/v1/production-entries/"
COLUMNS = ("shift_date", "shift", "line", "work_order", "job", "total_units", "run_minutes")
DEEP_PAGES = 15
# Rows that a turn of the page writes, and those of its floor, have numbers of their own.
PAGE_NUMBERS, FLOOR_NUMBERS = 10, 60


class Reader:
    """A signed-in person at the product's own pages."""

    def __init__(self, user: User, clients: list[int]) -> None:
        self.browser = Browser(SERVER_NAME="localhost")
        self.browser.force_login(user, backend="clients.backends.MemberBackend")
        session = self.browser.session.session_key or ""
        self.visitor = Visitor(user.pk, session, clients)

    def get(self, address: str, turn: int = 0, *, token: str = "") -> Any:
        headers = {"authorization": token} if token else None
        return self.expect(200, self.browser.get(address, secure=True, headers=headers))

    def post(self, address: str, values: Any, status: int, **more: Any) -> Any:
        return self.expect(status, self.browser.post(address, values, secure=True, **more))

    @staticmethod
    def expect(status: int, answer: Any) -> Any:
        if answer.status_code != status:
            asked = answer.request["PATH_INFO"]
            said = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))[:300]
            raise CommandError(f"{asked} answered {answer.status_code}: {said}")
        return answer


@dataclass
class Stage:
    """The people and the rows that the cases need."""

    client: Client
    today: datetime.date
    member: Reader
    admin: Reader
    token: str
    rows: list[dict[str, Any]]
    crews: Crews
    leader: Reader


def set_stage(largest_file: int, largest_roster: int) -> Stage:
    client, crews = Client.unscoped.order_by("pk")[0], make_crews(largest_roster)
    supervisor, admin = (User.objects.get(username=name) for name in ("supervisor", "admin"))
    everyone = list(Client.unscoped.values_list("pk", flat=True))
    _, key = ApiToken.issue(supervisor, "benchmark")
    with client_scope([client]):
        rows = list(_new_rows(client, largest_file))
    return Stage(
        client,
        client.today(),
        Reader(supervisor, [client.pk]),
        Reader(admin, everyone),
        f"Token {key}",
        rows,
        crews,
        Reader(crews.leader, [crews.client.pk]),
    )


def _new_rows(client: Client, wanted: int) -> Iterator[dict[str, Any]]:
    """Rows of existing line-shifts and of orders that still take rows, each pair once."""
    places = LineShift.objects.counting().filter(client=client, shift_date__lt=client.today())
    places = places.filter(shift__line__isnull=True)
    places = list(places.select_related("line", "shift").order_by("-shift_date", "pk"))
    jobs = Job.objects.filter(client=client).exclude(
        work_order__status__in=("CLOSED", "REJECTED", "CANCELLED")
    )
    pairs = product(jobs.select_related("work_order").order_by("pk"), places)
    for (job, place), _ in zip(pairs, range(wanted), strict=False):
        yield {
            "shift_date": place.shift_date.isoformat(),
            "shift": place.shift.code,
            "line": place.line.code,
            "work_order": job.work_order.number,
            "job": job.code,
            "total_units": 120,
            "run_minutes": 60,
        }


def cases(stage: Stage) -> list[Case]:
    roster = roster_case(stage.crews, stage.leader)
    return [*_pages(stage), *_lists(stage), _create(stage), *_files(stage), roster]


# -- pages of figures ------------------------------------------------------------------------


def _pages(stage: Stage) -> Iterator[Case]:
    last = stage.today
    ninety, thirty = (last - datetime.timedelta(days=days - 1) for days in (90, 30))
    yield Case(
        "overview of a client, 90 days",
        partial(stage.member.get, f"/overview/?client={stage.client.code}&period=90d"),
        lambda _: _drop(floors.overview(stage.member.visitor, ninety, last)),
        Target(60, queries=15, times_floor=5),
    )
    yield Case(
        "the same overview, first after a change",
        lambda turn: _first(stage.member, f"/overview/?client={stage.client.code}&period=90d"),
        lambda _: _drop(floors.overview(stage.member.visitor, ninety, last)),
        Target(2000, queries=15),
    )
    yield Case(
        f"portfolio, {len(stage.admin.visitor.clients)} clients, 30 days",
        partial(stage.admin.get, "/?period=30d"),
        lambda _: _drop(floors.portfolio(stage.admin.visitor, thirty, last)),
        Target(200, queries=15),
    )


def _first(reader: Reader, address: str) -> None:
    forget()
    reader.get(address)


def _drop(text: object) -> None:
    """A floor answers with text, which nobody reads here."""


# -- lists ------------------------------------------------------------------------------------


def _lists(stage: Stage) -> Iterator[Case]:
    member, target = stage.member, Target(30, queries=8)
    yield Case(
        "list of 100 rows, admin",
        partial(member.get, reverse("admin:production_productionentry_changelist")),
        lambda _: _drop(floors.list_page(member.visitor)),
        target,
    )
    yield Case(
        "list of 100 rows, API",
        partial(member.get, f"{ENTRIES}?page_size=100", token=stage.token),
        lambda _: _drop(floors.api_list(member.visitor)),
        target,
    )
    address, behind = _deep_page(stage)
    yield Case(
        f"list of 100 rows, API, page {DEEP_PAGES + 1}",
        partial(member.get, address, token=stage.token),
        lambda _: _drop(floors.api_list(member.visitor, behind)),
        target,
    )


def _deep_page(stage: Stage) -> tuple[str, tuple[Any, Any]]:
    address = f"{ENTRIES}?page_size=100"
    for _ in range(DEEP_PAGES):
        page = stage.member.get(address, token=stage.token).json()
        last, following = page["results"][-1], page["next"]
        if not following:
            break
        address = following
    return address, (last["shift_date"], last["id"])


# -- writing ----------------------------------------------------------------------------------


def _create(stage: Stage) -> Case:
    def page(turn: int) -> None:
        values = {**stage.rows[turn], "capture_no": PAGE_NUMBERS - 1, "client": stage.client.code}
        stage.member.post(
            ENTRIES, values, 201,
            content_type="application/json", headers={"authorization": stage.token},
        )  # fmt: skip

    def floor(turn: int) -> None:
        floors.create_row(stage.member.visitor, stage.rows[turn], FLOOR_NUMBERS - 1)

    return Case("create one row, API", page, floor, Target(30, queries=12))


def _files(stage: Stage) -> Iterator[Case]:
    yield _file(stage, 1_000, Target(1_000), turns=5, first=0)
    yield _file(stage, 10_000, Target(10_000), turns=1, first=20)


def _file(stage: Stage, size: int, target: Target, *, turns: int, first: int) -> Case:
    rows = stage.rows[:size]
    ours = [file_of(rows, PAGE_NUMBERS + first + turn) for turn in range(turns + 1)]
    bare = [file_of(rows, FLOOR_NUMBERS + first + turn) for turn in range(turns + 1)]

    def page(turn: int) -> None:
        upload_and_confirm(stage, ours[turn])

    def floor(turn: int) -> None:
        floors.import_rows(stage.member.visitor, bare[turn], FLOOR_NUMBERS + first + turn)

    return Case(
        f"file of {len(rows):,} rows, preview and commit",
        page,
        floor,
        target,
        turns=turns,
        seconds=40,
        warm_up=turns > 1,
        check=partial(_expect_rows, stage.client, PAGE_NUMBERS + first, len(rows)),
    )


def _expect_rows(client: Client, capture_no: int, wanted: int) -> None:
    with client_scope([client]):
        written = ProductionEntry.objects.filter(client=client, capture_no=capture_no).count()
    if written != wanted:
        raise CommandError(f"{written:,} of {wanted:,} rows of the benchmark's file were written.")


def file_of(rows: list[dict[str, Any]], capture_no: int) -> bytes:
    lines = [",".join((*COLUMNS, "capture_no"))]
    lines += [",".join((*(str(row[name]) for name in COLUMNS), str(capture_no))) for row in rows]
    return "\n".join(lines).encode()


def upload_and_confirm(stage: Stage, content: bytes) -> None:
    file = SimpleUploadedFile("benchmark.csv", content, "text/csv")
    values = {"client": stage.client.code, "entity": "production_entry", "file": file}
    preview = stage.member.post(reverse("admin:clients_importbatch_add"), values, 302)
    address = preview.headers["Location"]
    stage.member.get(address)
    stage.member.post(address, {"act": "confirm"}, 302)
