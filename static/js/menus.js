// <details class="menu"> and the admin's filters on a tablet: one open at a time; Escape and a click
// elsewhere close it.
const openMenus = () => document.querySelectorAll("details:is(.menu, .filter-menu)[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
