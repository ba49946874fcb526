import datetime

import pytest
import time_machine

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2026, 3, 2, 6, 0, tzinfo=datetime.UTC)


def is_signed_in(browser):
    return browser.get("/accounts/password/").status_code == 200


@pytest.fixture
def browser(acme, member, signed_in):
    with time_machine.travel(MORNING, tick=False):
        browser = signed_in(member(acme))
        assert is_signed_in(browser)
    return browser


def after(**delta):
    return time_machine.travel(MORNING + datetime.timedelta(**delta), tick=False)


def test_idle_session_ends_after_two_hours(browser):
    with after(hours=1, minutes=59):
        assert is_signed_in(browser)
    with after(hours=4):
        assert not is_signed_in(browser)


def test_busy_session_ends_after_twelve_hours(browser):
    for hour in range(1, 13):
        with after(hours=hour):
            assert is_signed_in(browser)
    with after(hours=12, seconds=1):
        assert not is_signed_in(browser)


def test_password_change_ends_the_other_sessions(browser, acme, member, signed_in):
    user = member(acme, username="two-screens")
    here, there = signed_in(user), signed_in(user)
    here.post(
        "/accounts/password/",
        {
            "old_password": "Secret-Word-1",
            "new_password1": "Another-Word-2",
            "new_password2": "Another-Word-2",
        },
    )
    assert is_signed_in(here)
    assert not is_signed_in(there)


def test_a_session_in_use_is_renewed_every_five_minutes(browser):
    with after(minutes=4):
        assert "sessionid" not in browser.get("/accounts/password/").cookies
    with after(minutes=6):
        assert "sessionid" in browser.get("/accounts/password/").cookies
