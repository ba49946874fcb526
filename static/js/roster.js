// The roster by keyboard: with the focus in a row a letter sets its mark, arrows and Enter move.
// Everything here is also in reach without it: radios, fields and buttons.
const form = document.getElementById("roster");
const rows = form ? [...form.querySelectorAll(".roster-row")] : [];
const typing = (field) => field.matches("select, textarea, input:not([type=radio], [type=checkbox])");
const isAway = (radio) => radio.closest("label").matches(".absent, .partial");
const keyOf = (radio) => radio.parentElement.querySelector("b").textContent;
const chosen = (row) => row.querySelector(".marks input:checked");
// Typed since the draft was stored last; a page from the server holds nothing that is not stored.
let isTyped = false;
let isSent = false;
let waiting = 0;
let isKeeping = false;
const KEEP_AFTER = 2000;
const TRY_AGAIN_AFTER = 10000;

const hours = (text) => {
  const clock = /^(\d{1,2}):([0-5]\d)$/.exec(text.trim());
  return clock ? Number(clock[1]) + Number(clock[2]) / 60 : Number(text.trim().replace(",", ".") || NaN);
};

function count() {
  const line = form.querySelector("[data-unmarked]");
  if (!line) return;
  const open = rows.filter((row) => row.hasAttribute("data-open") && !chosen(row)?.value);
  const own = open.filter((row) => row.hasAttribute("data-own")).length;
  const n = open.length + Number(form.dataset.elsewhere);
  const ownElsewhere = form.dataset.elsewhere - form.dataset.floatersElsewhere;
  form.querySelector("[data-all]").disabled = own + ownElsewhere === 0;
  line.textContent = n ? line.dataset.unmarked.replace("{n}", n) : line.dataset.none;
}

function sums(row) {
  const worked = row.querySelector(".hours input");
  const whole = hours(worked.value || worked.placeholder);
  for (const group of row.querySelectorAll("[data-sum]")) {
    const parts = [...group.querySelectorAll("input")].map((each) => hours(each.value)).filter((n) => !Number.isNaN(n));
    const sum = Math.round(parts.reduce((all, n) => all + n, 0) * 100) / 100;
    const note = group.querySelector(".sum");
    note.textContent = parts.length ? `${sum} / ${Number.isNaN(whole) ? "–" : whole} h` : "";
    note.classList.toggle("is-off", group.dataset.sum === "tiers" ? sum !== whole : sum > whole);
  }
}

// What the mark writes when nobody types hours: all, half or none of the scheduled ones.
function usual(row) {
  const scheduled = row.querySelector(".more .cells input");
  const whole = hours(scheduled.value || scheduled.placeholder);
  const look = chosen(row)?.closest("label").className;
  const share = { absent: 0, partial: 0.5 }[look] ?? 1;
  row.querySelector(".hours input").placeholder = Number.isNaN(whole) ? "" : Math.round(whole * share * 100) / 100;
}

function keepAfter(time) {
  clearTimeout(waiting);
  waiting = setTimeout(keep, time);
}

// The draft is stored on the server, so that it outlives this page and the session.
async function keep() {
  clearTimeout(waiting);
  if (!isTyped || isSent) return;
  if (isKeeping) {
    keepAfter(KEEP_AFTER);
    return;
  }
  const note = form.querySelector("[data-draft]");
  const content = new FormData(form);
  content.set("act", "keep");
  isTyped = false;
  isKeeping = true;
  let told = note.dataset.off;
  let isStored = false;
  try {
    const answer = await fetch(form.action, { method: "POST", body: content });
    if (answer.redirected || answer.status === 403) told = note.dataset.out;
    else if (answer.ok) {
      told = await answer.text();
      isStored = true;
    } else keepAfter(TRY_AGAIN_AFTER);
  } catch {
    keepAfter(TRY_AGAIN_AFTER);
  }
  isKeeping = false;
  isTyped ||= !isStored;
  note.textContent = told;
  note.classList.toggle("is-lost", !isStored);
}

function changed(row) {
  isTyped = true;
  keepAfter(KEEP_AFTER);
  usual(row);
  row.classList.add("is-typed");
  count();
  sums(row);
}

function mark(row, radio) {
  if (!radio || radio.checked) return;
  radio.checked = true;
  // Hours that came with another mark would contradict this one.
  if (isAway(radio)) row.querySelector(".hours input").value = "";
  changed(row);
}

function move(from, steps) {
  const next = rows[rows.indexOf(from) + steps];
  if (!next) return;
  const cell = document.activeElement.closest(".hours");
  const target = cell ? next.querySelector(".hours input") : chosen(next) ?? next.querySelector(".marks input");
  target.focus();
  next.scrollIntoView({ block: "nearest" });
}

function keyed(event) {
  const row = event.target.closest(".roster-row");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.querySelector("[data-read-back]")?.click();
    return;
  }
  if (!row || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("button, summary")) return;
  const free = !typing(event.target);
  const isField = event.target.matches("select, input[list], input[type=time]");
  if (event.key === "Enter" || (!isField && (event.key === "ArrowDown" || event.key === "ArrowUp"))) {
    event.preventDefault();
    move(row, event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey) ? -1 : 1);
  } else if (free && (event.key === "Backspace" || event.key === "Delete")) {
    event.preventDefault();
    mark(row, row.querySelector('.marks input[value=""]'));
  } else if (free && event.key.length === 1) {
    const wanted = event.key.toUpperCase();
    const radio = [...row.querySelectorAll(".marks input")].find((each) => keyOf(each) === wanted);
    if (!radio) return;
    event.preventDefault();
    mark(row, radio);
    move(row, 1);
  }
}

function everybody(event) {
  event.preventDefault();
  form.elements.everybody.value = "1";
  form.dataset.elsewhere = form.dataset.floatersElsewhere;
  for (const row of rows) {
    if (row.matches("[data-open][data-own]") && !chosen(row)?.value) {
      mark(row, row.querySelector('.marks input[value="PRESENT"]'));
    }
  }
  count();
}

// The choice of shift and line sends itself.
document.querySelector(".place-show")?.remove();

if (form) {
  form.addEventListener("keydown", keyed);
  form.addEventListener("input", (event) => {
    const row = event.target.closest(".roster-row");
    if (!row) return;
    if (event.target.matches(".marks input") && isAway(event.target)) row.querySelector(".hours input").value = "";
    changed(row);
  });
  form.querySelector("[data-all]")?.addEventListener("click", everybody);
  rows.forEach(sums);
  count();
  const find = form.querySelector("#find");
  find?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey) return;
    event.preventDefault();
    form.querySelector('button[value="find"]').click();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) keep();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isTyped && !isSent) event.preventDefault();
  });
}

// A second click on the same button sends nothing a second time; the server would know it anyway.
document.addEventListener("submit", (event) => {
  if (event.target === form) isSent = true;
  if (!event.target.hasAttribute("data-once")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  isSent = false;
  for (const each of document.querySelectorAll("[data-once]")) delete each.dataset.sent;
});
