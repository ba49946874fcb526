"""Drafts outlive the session, the browser and the end of the day: what somebody typed into a
sheet comes back when they open it again."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet
from django.utils import timezone

from clients.models import Client, Membership
from clients.scope import current_scope
from entry.models import SheetDraft
from entry.people import Crew
from entry.place import Place
from entry.sheet import Draft
from plant.models import Line

KEPT_FOR = datetime.timedelta(days=7)


@dataclass(frozen=True)
class Elsewhere:
    """Rows of the same shift that wait on the sheet of another line."""

    line: Line | None
    rows: int
    href: str


@dataclass
class Kept:
    """The draft of the current user for one sheet, as it was stored last."""

    place: Place
    stored: SheetDraft | None

    @classmethod
    def of(cls, place: Place, *, for_update: bool = False) -> Kept:
        drafts = _drafts(place)
        return cls(place, (drafts.select_for_update() if for_update else drafts).first())

    @property
    def at(self) -> datetime.datetime | None:
        return self.stored.saved_at if self.stored and self._name in self.stored.content else None

    @property
    def key(self) -> uuid.UUID:
        """Of a submit of this content."""
        return self.stored.submit_key if self.stored else uuid.uuid4()

    @property
    def _name(self) -> str:
        return str(self.place.line.pk) if self.place.line else ""

    def draft(self, crew: Crew) -> Draft:
        """The rows that were typed, without those of people who have left the client since."""
        text = self.stored.content.get(self._name, "") if self.stored else ""
        draft = Draft.from_json(text)
        for key in crew.unknown(draft.rows):
            del draft.rows[key]
        return draft

    def elsewhere(self) -> list[Elsewhere]:
        return list(self._elsewhere())

    def _elsewhere(self) -> Iterator[Elsewhere]:
        lines: dict[str, Line | None] = {str(each.pk): each for each in self.place.lines}
        lines[""] = None
        for name, text in self.stored.content.items() if self.stored else ():
            if name != self._name and name in lines:
                place = replace(self.place, line=lines[name])
                yield Elsewhere(lines[name], len(Draft.from_json(text).rows), place.link())

    def put(self, draft: Draft) -> None:
        """Keep what is typed now; nothing is kept of nothing."""
        content = dict(self.stored.content) if self.stored else {}
        content.pop(self._name, None)
        if draft.rows:
            content[self._name] = draft.as_json()
        self._store(content)

    def settle(self, key: uuid.UUID, left: Draft) -> None:
        """After a submit: what it left is the draft now, unless more was typed meanwhile."""
        if self.stored is not None and self.stored.submit_key == key:
            self.put(left)

    def _store(self, content: dict[str, str]) -> None:
        if not content:
            _drafts(self.place).delete()
            self.stored = None
            return
        if self.stored is None:
            self.stored, _made = _drafts(self.place).get_or_create(
                client=self.place.client,
                user=current_scope().user,
                shift_date=self.place.shift_date,
                shift=self.place.shift,
            )
        if self.stored.content != content:
            self.stored.content, self.stored.submit_key = content, uuid.uuid4()
            self.stored.save()


def _drafts(place: Place) -> QuerySet[SheetDraft]:
    return SheetDraft.objects.filter(
        client=place.client,
        user=current_scope().user,
        shift_date=place.shift_date,
        shift=place.shift,
    )


def drop_old(client: Client) -> int:
    """Deletes, unread, drafts of a week ago and of people who have left the client; returns how
    many. Runs inside the client's scope."""
    members = Membership.objects.in_force().filter(client=client, valid__contains=client.today())
    drafts = SheetDraft.objects.filter(client=client)
    old = Q(saved_at__lt=timezone.now() - KEPT_FOR)
    stay = Q(user__in=members.values("user")) | Q(user__is_superuser=True, user__is_active=True)
    return drafts.filter(old | ~stay).delete()[0]
