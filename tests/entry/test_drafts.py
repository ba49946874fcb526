"""What is typed and not confirmed comes back: after a timeout, in another browser, next week."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as Browser

from attendance.models import AttendanceRecord
from clients.models import AuditEntry, Membership, User
from clients.scope import client_scope
from entry.models import SheetDraft
from tests.attendance.factories import make_record
from tests.entry.browser import ADDRESS, Sheet
from tests.entry.conftest import Plant, opened
from tests.plant.factories import make_line
from tests.staffing.factories import DAY

pytestmark = pytest.mark.django_db


def drafts(plant: Plant) -> list[str]:
    with client_scope([plant.client]):
        return list(SheetDraft.objects.order_by("pk").values_list("user__username", flat=True))


def kept(sheet: Sheet, person: Any, **cells: str) -> Sheet:
    """As the script sends the sheet, two seconds after the last key."""
    answer = sheet.type(person, **cells).press("keep")
    assert answer.status == 200
    return answer


def test_auth_005_a_draft_survives_the_end_of_the_session(
    boots: Plant, sheet: Sheet, signed_in: Callable[..., Browser]
) -> None:
    first, second = boots.crew[:2]
    with time_machine.travel("2025-12-03 09:32-06:00", tick=False):
        said = kept(sheet, first, mark="ABSENT", notes="called at 6")
    assert said.html == "draft saved 09:32"
    kept(sheet, second, mark="LATE", actual_hours="7:12")
    sheet.browser.cookies.clear()
    assert sheet.press("read-back").status == 302  # to the sign-in
    again = opened(signed_in(User.objects.get(username="sonia")), boots)
    assert "2 rows are a draft of" in again.text
    assert [again.cell(first, each) for each in ("mark", "notes")] == ["ABSENT", "called at 6"]
    assert [again.cell(second, each) for each in ("mark", "actual_hours")] == ["LATE", "7:12"]
    assert "1 without a mark" in again.text
    assert again.press("read-back").press("confirm").status == 302
    assert drafts(boots) == []
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.count() == 2
    assert "draft" not in opened(sheet.browser, boots).text


def test_every_button_keeps_what_was_typed(boots: Plant, sheet: Sheet, supervisor: Browser) -> None:
    read_back = sheet.type(boots.person, mark="ABSENT").press("read-back")
    assert "Confirm this attendance row" in read_back.text
    assert "1 row is a draft of" in opened(supervisor, boots).text
    assert read_back.press("cancel").cell(boots.person, "mark") == "ABSENT"


def test_nothing_typed_keeps_nothing(boots: Plant, sheet: Sheet) -> None:
    assert sheet.press("keep").html == ""
    assert drafts(boots) == []
    kept(sheet, boots.person, mark="ABSENT")
    assert drafts(boots) == ["sonia"]
    assert kept(sheet, boots.person, mark="").html == ""
    assert drafts(boots) == []


def test_a_draft_is_discarded_by_its_author(
    boots: Plant, sheet: Sheet, supervisor: Browser
) -> None:
    kept(sheet, boots.person, mark="ABSENT")
    gone = sheet.press("discard")
    assert gone.status == 302
    assert gone.follow().cell(boots.person, "mark") == ""
    assert drafts(boots) == []


def test_a_draft_is_read_by_nobody_else(
    boots: Plant, socks: Plant, sheet: Sheet, member: Any, signed_in: Callable[..., Browser]
) -> None:
    kept(sheet, boots.person, mark="MEDICAL", notes="ZEBRA")
    manager = signed_in(member(boots.client, role="MANAGER", username="marco"))
    theirs = opened(manager, boots)
    assert "ZEBRA" not in theirs.html
    assert "draft" not in theirs.text
    kept(theirs, boots.person, mark="ABSENT")
    assert drafts(boots) == ["sonia", "marco"]
    stranger = signed_in(member(socks.client, role="SUPERVISOR", username="zoe"))
    assert "ZEBRA" not in opened(stranger, socks).html
    assert opened(stranger, boots).status == 404
    # It is no fact yet, so no history tells it either.
    with client_scope([boots.client]):
        assert AuditEntry.objects.filter(table_name="entry_sheetdraft").count() == 0


def test_iso_040_a_draft_of_a_client_that_was_left_is_deleted_unread(
    boots: Plant, socks: Plant, sheet: Sheet, member: Any, signed_in: Callable[..., Browser]
) -> None:
    kept(sheet, boots.person, mark="ABSENT", notes="ZEBRA")
    zoe = signed_in(member(socks.client, role="SUPERVISOR", username="zoe"))
    kept(opened(zoe, socks), socks.person, mark="ABSENT")
    Membership.objects.filter(user__username="sonia").update(active=False)
    sonia = signed_in(User.objects.get(username="sonia"))
    assert opened(sonia, boots).status == 403
    call_command("drop_old_drafts", stdout=io.StringIO())
    assert (drafts(boots), drafts(socks)) == ([], ["zoe"])


def test_drafts_are_kept_for_seven_days(boots: Plant, sheet: Sheet) -> None:
    kept(sheet, boots.person, mark="ABSENT")
    now = datetime.datetime.now(datetime.UTC)
    for days, left in ((6.9, ["sonia"]), (7.1, [])):
        with time_machine.travel(now + datetime.timedelta(days=days)):
            call_command("drop_old_drafts", stdout=io.StringIO())
        assert drafts(boots) == left


def test_a_platform_admin_has_drafts_without_a_membership(
    boots: Plant, signed_in: Callable[..., Browser]
) -> None:
    admin = User.objects.create_superuser("root", "root@example.com", "Secret-Word-1")
    kept(opened(signed_in(admin), boots), boots.person, mark="ABSENT")
    call_command("drop_old_drafts", stdout=io.StringIO())
    assert drafts(boots) == ["root"]


def test_what_is_right_is_saved_and_the_rest_stays_a_draft(
    boots: Plant, sheet: Sheet, supervisor: Browser
) -> None:
    first, second = boots.crew[:2]
    sheet.type(first, mark="PRESENT").type(second, mark="PRESENT", actual_hours="30")
    wrong = sheet.press("read-back")
    assert wrong.errors(second) == ["Hours must be between 0 and 24."]
    wrong.press("read-back-rest").press("confirm")
    again = opened(supervisor, boots)
    assert "1 row is a draft of" in again.text
    assert again.cell(second, "actual_hours") == "30"
    with client_scope([boots.client]):
        assert AttendanceRecord.objects.get().employee == first


def test_two_tabs_with_the_same_content_save_it_once(boots: Plant, sheet: Sheet) -> None:
    one = sheet.type(boots.person, mark="ABSENT").press("read-back")
    other = sheet.press("read-back")
    assert one.press("confirm").status == 302
    assert "Already saved at" in other.press("confirm").follow().text


def test_what_was_typed_in_another_tab_since_is_not_lost(
    boots: Plant, sheet: Sheet, supervisor: Browser
) -> None:
    read_back = sheet.type(boots.crew[0], mark="ABSENT").press("read-back")
    kept(sheet, boots.crew[1], mark="LATE")
    assert read_back.press("confirm").status == 302
    assert opened(supervisor, boots).cell(boots.crew[1], "mark") == "LATE"


def test_somebody_else_was_quicker_than_the_draft(
    boots: Plant, sheet: Sheet, supervisor: Browser
) -> None:
    kept(sheet, boots.person, mark="ABSENT")
    with client_scope([boots.client]):
        make_record(boots.person, boots.first, shift_date=DAY)
    stale = opened(supervisor, boots).press("read-back")
    assert "was changed by the system" in stale.text
    taken = stale.press(f"theirs:{boots.person.pk}")
    assert taken.cell(boots.person, "mark") == "PRESENT"
    assert drafts(boots) == []


def test_sheets_of_a_line_and_of_all_lines_have_drafts_of_their_own(
    boots: Plant, sheet: Sheet, supervisor: Browser
) -> None:
    kept(sheet, boots.person, mark="ABSENT")
    with client_scope([boots.client]):
        make_line(boots.client, code="L2")
    other = opened(supervisor, boots, line="L2")
    assert "EMP-003" not in other.text
    assert "All lines : 1 row of this shift is a draft there." in other.text
    kept(opened(supervisor, boots, line="L1"), boots.person, mark="LATE")
    assert opened(supervisor, boots).cell(boots.person, "mark") == "ABSENT"
    assert opened(supervisor, boots, line="L1").cell(boots.person, "mark") == "LATE"
    assert drafts(boots) == ["sonia"]


def test_people_who_are_gone_are_gone_from_the_draft(
    boots: Plant, sheet: Sheet, supervisor: Browser
) -> None:
    kept(sheet, boots.person, mark="ABSENT")
    with client_scope([boots.client]):
        draft = SheetDraft.objects.get()
        draft.content = {"": draft.content[""].replace(str(boots.person.pk), "987654321")}
        draft.save()
    again = opened(supervisor, boots)
    assert again.status == 200
    assert "3 without a mark" in again.text


def test_a_draft_of_another_client_is_not_kept_here(boots: Plant, sheet: Sheet) -> None:
    sheet.values["client"] = "ACME-2"
    assert sheet.type(boots.person, mark="ABSENT").press("keep").status == 404
    assert drafts(boots) == []
    assert sheet.browser.get(ADDRESS).status_code == 200
