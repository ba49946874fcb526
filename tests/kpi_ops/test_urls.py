import pytest

pytestmark = pytest.mark.django_db


def test_health_needs_no_sign_in(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_page_sends_a_stranger_to_the_sign_in(client):
    answer = client.get("/overview/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/overview/"


def test_admin_has_no_door_of_its_own(client):
    answer = client.get("/admin/login/?next=/admin/")
    assert answer["Location"] == "/accounts/login/?next=/admin/"


def test_api_answers_a_stranger_with_401(client):
    assert client.get("/api/v1/lines/").status_code == 401


def test_every_page_carries_the_strict_policy(client):
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.fixture
def browser(acme, member, signed_in):
    return signed_in(member(acme))


def test_schema_is_openapi_3_1(browser):
    answer = browser.get("/api/v1/schema/?format=json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")


def test_swagger_page_has_nothing_inline(browser):
    page = browser.get("/api/v1/docs/").content.decode()
    assert "<style" not in page
    assert "script>\n" not in page.replace("</script>\n", "")
    assert browser.get("/api/v1/docs/?script=").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/accounts/login/"])
def test_open_pages_name_no_client(client, acme, path):
    assert "ACME" not in client.get(path).content.decode()
