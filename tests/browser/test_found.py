"""The browser finds what it is there to find: each kind of fault, planted in a page of ours."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Route

from tests.browser.looking import Looker

INLINE = """
<script>document.title = "planted"</script>
<p style="color: red" onclick="alert(1)">planted</p>
<style>p { color: red }</style>
"""
OTHERS = """
<script src="/static/js/planted.js"></script>
<script src="/static/js/not-there.js"></script>
<img src="/static/not-there.png" alt=""><img src="data:,x" alt="" id="twice"><i id="twice"></i>
<table><tr><td>{}</td></tr></table>
""".format("wide" * 400)


def planted(page: Looker, what: str) -> None:
    def with_it(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</body>", what + "</body>"))

    page.page.route("**/accounts/login/", with_it)
    assert page.open("/accounts/login/") == 200
    page.look()


def test_nothing_inline_is_let_through_unseen(looker: Callable[[str], Looker]) -> None:
    browser = looker("X")
    planted(browser, INLINE)
    stopped = [text for _, kind, text in browser.found if kind == "policy"]
    told = [text for text in stopped if text.startswith("CSP: ")]
    assert sorted(text.split()[1] for text in told) == [
        "script-src-attr",
        "script-src-elem",
        "style-src-attr",
        "style-src-elem",
    ]
    # The browser says each of them on its console as well.
    assert len(stopped) == 2 * len(told)
    assert browser.page.title() != "planted"


def test_another_origin_is_seen(looker: Callable[[str], Looker]) -> None:
    browser = looker("X")
    planted(browser, '<a href="http://elsewhere.invalid/">away</a>')
    assert browser.found == []
    browser.page.route("http://elsewhere.invalid/", lambda route: route.abort())
    browser.page.locator("a", has_text="away").click(no_wait_after=True)
    browser.page.wait_for_timeout(200)
    assert ("elsewhere", "http://elsewhere.invalid/") in {each[1:] for each in browser.found}


def test_broken_scripts_missing_files_equal_ids_and_wide_pages_are_seen(
    looker: Callable[[str], Looker],
) -> None:
    browser = looker("X")
    browser.page.route("**/planted.js", lambda route: route.fulfill(body="notDefinedAnywhere()"))
    planted(browser, OTHERS)
    missing = [text for _, kind, text in browser.found if kind == "failed"]
    assert [text.removeprefix(browser.address) for text in sorted(missing)] == [
        "/static/js/not-there.js 404",
        "/static/not-there.png 404",
    ]
    kinds = {kind: text for _, kind, text in browser.found if kind != "failed"}
    assert set(kinds) == {"script", "same id", "too wide"}
    assert "notDefinedAnywhere" in kinds["script"]
    assert kinds["same id"] == "twice"
