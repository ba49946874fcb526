"""A browser that notes down everything that a page does and should not."""

from __future__ import annotations

from playwright.sync_api import Browser, ConsoleMessage, Error, Request, Response

DESKTOP = {"width": 1440, "height": 900}
TABLET = {"width": 820, "height": 1180}

# A console message outlives the page that it is about, a variable of the page would not.
LISTEN = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
    "CSP: " + event.effectiveDirective + " stopped " + event.blockedURI + " " + event.sample));
"""
SAME_IDS = """() => {
    const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
    return [...new Set(ids.filter((id, place) => ids.indexOf(id) !== place))];
}"""
# What sticks out, unless it lies in something that is scrolled or cut off.
STICKS_OUT = """() => {
    const page = document.documentElement;
    if (page.scrollWidth <= window.innerWidth) return [];
    const cut = (each) => each !== page && each !== document.body
        && (getComputedStyle(each).overflowX !== "visible" || cut(each.parentElement));
    const wide = [...document.body.querySelectorAll("*")].filter((each) =>
        each.getBoundingClientRect().right > window.innerWidth + 0.5 && !cut(each.parentElement));
    const named = wide.slice(0, 4).map((each) => each.tagName.toLowerCase()
        + (each.id && "#" + each.id) + [...each.classList].map((name) => "." + name).join(""));
    return [page.scrollWidth + " px: " + named.join(", ")];
}"""
UNFOLD = """() => {
    const folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((each) => { each.open = true; each.dataset.unfolded = ""; });
}"""
FOLD = """() => document.querySelectorAll("[data-unfolded]").forEach((each) => {
    each.open = false;
})"""


class Looker:
    def __init__(self, chromium: Browser, address: str, session: str | None) -> None:
        self.address = address
        self.context = chromium.new_context(viewport=DESKTOP, color_scheme="light")
        if session:
            self.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        self.context.add_init_script(LISTEN)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.note("script", str(error.error)))
        self.context.on("request", self._asked)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._answered)
        self.context.set_default_timeout(10_000)
        self.page = self.context.new_page()
        self.found: list[tuple[str, str, str]] = []
        self.opened = 0
        self.path = ""

    def note(self, kind: str, text: str) -> None:
        """Where, what kind of fault, and what of it."""
        if (self.path, kind, text) not in self.found:
            self.found.append((self.path, kind, text))

    def open(self, path: str) -> int:
        """The status of the page, or 0 for a file that is saved instead of shown."""
        self.path = path
        try:
            response = self.page.goto(self.address + path)
        except Error as error:
            if "Download is starting" in str(error):
                return 0
            raise
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            return 0
        self.opened += 1
        return response.status

    def look(self) -> None:
        """The page that is open, on a desktop in daylight and on a tablet at night."""
        page = self.page
        for name in page.evaluate(SAME_IDS):
            self.note("same id", name)
        page.evaluate(UNFOLD)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(TABLET)
        for what in page.evaluate(STICKS_OUT):
            self.note("too wide", what)
        page.evaluate(FOLD)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESKTOP)

    def _said(self, message: ConsoleMessage) -> None:
        is_policy = "Content Security Policy" in message.text or message.text.startswith("CSP: ")
        # Statuses are judged where the answer comes in.
        if is_policy:
            self.note("policy", message.text)
        elif message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.note("script", message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address + "/", "data:", "blob:")):
            self.note("elsewhere", request.url)

    def _failed(self, request: Request) -> None:
        # Leaving a page gives up what it still asked for; files to save are no pages.
        if request.failure != "net::ERR_ABORTED":
            self.note("failed", f"{request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        # A page may say that something is refused or not there; what it asks for is there.
        worst = 500 if response.request.is_navigation_request() else 400
        if response.status >= worst:
            self.note("failed", f"{response.url} {response.status}")


def told(found: list[tuple[str, str, str]]) -> str:
    return "\n".join(["", *(" · ".join(each) for each in found)])
