"""People written by screen, by file and by API: three ways to say the same."""

from __future__ import annotations

import datetime
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

from django.test import Client as Browser

from clients.imports.batches import confirm
from clients.models import Client, User
from clients.scope import client_scope
from plant.models import Employee, Job, Line, Shift, WorkOrder
from tests.imports.helpers import previewed

type Marks = Mapping[str, Mapping[str, str]]
"""By code of the person, the cells of the roster: the mark and whatever else is typed."""


class Way(ABC):
    """One way in. `client` has the people; `user` writes."""

    def __init__(self, client: Client, user: User, browser: Browser) -> None:
        self.client, self.user, self.browser = client, user, browser

    @abstractmethod
    def mark(self, day: datetime.date, marks: Marks) -> None: ...

    @abstractmethod
    def send(self, day: datetime.date, floaters: Iterable[str]) -> None: ...

    @abstractmethod
    def produce(self, day: datetime.date, **fields: Any) -> None: ...

    def row(self, model: Any, **fields: Any) -> Any:
        with client_scope([self.client]):
            return model.objects.get(**fields)


class ByFile(Way):
    def mark(self, day: datetime.date, marks: Marks) -> None:
        rows = [{"employee": code, "line": "L1", **cells} for code, cells in marks.items()]
        self._write("attendance_record", day, rows)

    def send(self, day: datetime.date, floaters: Iterable[str]) -> None:
        self._write("shift_coverage", day, [{"employee": each, "line": "L1"} for each in floaters])

    def produce(self, day: datetime.date, **fields: Any) -> None:
        self._write("production_entry", day, [{"line": "L1", **fields}])

    def _write(self, entity: str, day: datetime.date, rows: list[dict[str, Any]]) -> None:
        names = list(dict.fromkeys(name for row in rows for name in row))
        lines = [",".join(("shift_date", "shift", *names))]
        for row in rows:
            cells = (str(row.get(name, "")) for name in names)
            lines.append(",".join((day.isoformat(), "1ST", *cells)))
        batch = previewed(self.client, "\n".join(lines), entity, self.user)
        with client_scope([self.client], user=self.user):
            batch = confirm(batch)
        assert (batch.rows_rejected, batch.rows_new) == (0, len(rows)), batch.result


class ByApi(Way):
    PARTS = ("billed_production", "training", "meeting")

    def mark(self, day: datetime.date, marks: Marks) -> None:
        covered = []
        for code, cells in marks.items():
            values = dict(cells)
            if floater := values.pop("covered_by", ""):
                covered.append((code, floater))
            parts = [
                {"category": name.upper(), "hours": values.pop(f"{name}_hours")}
                for name in self.PARTS
                if f"{name}_hours" in values
            ]
            values |= {"allocations": parts} if parts else {}
            if "labour_class" in values:
                values["labour_class_override"] = values.pop("labour_class")
            values["mark"] = values["mark"].upper()
            self._post("attendance-records", day, employee=code, line="L1", **values)
        for code, floater in covered:
            self._post("shift-coverages", day, employee=floater, line="L1", covers=code)

    def send(self, day: datetime.date, floaters: Iterable[str]) -> None:
        for each in floaters:
            self._post("shift-coverages", day, employee=each, line="L1")

    def produce(self, day: datetime.date, **fields: Any) -> None:
        self._post("production-entries", day, line="L1", **fields)

    def _post(self, path: str, day: datetime.date, **values: Any) -> None:
        body = {"client": self.client.code, "shift_date": day.isoformat(), "shift": "1ST", **values}
        answer = self.browser.post(
            f"/api/v1/{path}/", json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == 201, answer.content.decode()


class ByScreen(Way):
    """The roster page with its read-back, the pool page, and the data entry pages."""

    def mark(self, day: datetime.date, marks: Marks) -> None:
        answer = self.tried(day, marks)
        address = answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"]
        text = answer.content.decode()
        assert "CONFIRM ALL" in text, text
        saved = self.browser.post(address, {**sent(text, "read-back"), "act": "confirm"})
        assert saved.status_code == 302, saved.content.decode()

    def tried(self, day: datetime.date, marks: Marks) -> Any:
        """Typed and read back; nothing is saved yet."""
        query = f"client={self.client.code}&date={day.isoformat()}&shift=1ST"
        address = f"/entry/roster/?{query}"
        typed = sent(self.browser.get(address).content.decode(), "roster")
        for code, cells in marks.items():
            key = self.row(Employee, code=code).pk
            values = {**cells, "mark": cells["mark"].upper()}
            typed |= {f"{key}-{name}": value for name, value in values.items()}
        return self.browser.post(address, {**typed, "act": "read-back"})

    def send(self, day: datetime.date, floaters: Iterable[str]) -> None:
        shift, line = self.row(Shift, code="1ST"), self.row(Line, code="L1")
        address = f"/pool/assign/?client={self.client.code}&date={day}&shift={shift.pk}"
        for each in floaters:
            answer = self.browser.post(address, {"employee": each, "line": line.pk}, follow=True)
            said = [str(message) for message in answer.context["messages"]]
            assert said[-1] == f"{each} is assigned to L1."

    def produce(self, day: datetime.date, **fields: Any) -> None:
        values = {**fields, "work_order": self.row(WorkOrder, number=fields["work_order"]).pk}
        values["job"] = self.row(Job, code=fields["job"]).pk
        values |= {
            "client": self.client.pk,
            "opened_for": self.client.code,
            "shift_date": day.isoformat(),
            "shift": self.row(Shift, code="1ST").pk,
            "line": self.row(Line, code="L1").pk,
        }
        answer = self.browser.post("/admin/production/productionentry/add/", values)
        assert answer.status_code == 302, answer.context["adminform"].form.errors


WAYS: dict[str, type[Way]] = {"screen": ByScreen, "file": ByFile, "API": ByApi}


def sent(page: str, form: str) -> dict[str, str]:
    """What a browser would send for one form of a page."""
    reader = _Fields(form)
    reader.feed(page)
    return reader.values


class _Fields(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside, self.values = form, False, dict[str, str]()

    def handle_starttag(self, tag: str, found: Any) -> None:
        attrs = dict(found)
        if tag == "form":
            self.inside = attrs.get("id") == self.form
        name, kind = attrs.get("name"), attrs.get("type", "text")
        if not self.inside or tag != "input" or not name:
            return
        if kind not in ("radio", "checkbox") or "checked" in attrs:
            self.values[name] = attrs.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
