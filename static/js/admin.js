// Below the width of a small desktop the admin gives its room to forms and lists. Runs before
// Django's own deferred scripts; without it everything stays open and in reach.
const narrow = window.matchMedia("(max-width: 64rem)").matches;
const key = "django.admin.navSidebarIsOpen";

// The list of models starts folded; nav_sidebar.js then remembers what the user chooses.
if (narrow && localStorage.getItem(key) === null) localStorage.setItem(key, "false");

// Filters become a row of menus, each naming its choice when that is not "all".
function foldFilters() {
  for (const filter of document.querySelectorAll("#changelist-filter > details")) {
    const chosen = filter.querySelector("li.selected:not(:first-child)");
    if (chosen) filter.querySelector("summary").dataset.chosen = chosen.textContent.trim();
    filter.classList.add("filter-menu");
    filter.open = false;
  }
}

if (narrow) document.addEventListener("DOMContentLoaded", foldFilters);
