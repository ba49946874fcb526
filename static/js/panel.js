// Links marked data-panel open in the side panel; without this file they open as a page.
// "f" explains the tile that has the focus or lies under the pointer.
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");
let opener = null;

function isPlainClick(event) {
  return event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

async function open(link) {
  opener = link;
  let answer;
  try {
    answer = await fetch(link.href, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  } catch {
    window.location.assign(link.href);
    return;
  }
  // A redirect is the sign-in page, an error a page of its own: both belong on the whole screen.
  if (!answer.ok || answer.redirected) {
    window.location.assign(link.href);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.querySelector("[data-panel-part]") ?? page.querySelector("main") ?? page.body;
  body.replaceChildren(...part.childNodes);
  if (!panel.open) panel.show();
  body.focus({ preventScroll: true });
  panel.scrollTop = 0;
}

function close() {
  panel.close();
  opener?.focus();
}

if (panel) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-panel]");
    if (link && isPlainClick(event)) {
      event.preventDefault();
      open(link);
    } else if (event.target.closest("[data-panel-close]")) {
      close();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.open) close();
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key !== "f" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = document.activeElement.closest(".tile") ?? document.querySelector(".tile:hover");
    const link = tile?.querySelector("a[data-panel]");
    if (link) open(link);
  });
}
