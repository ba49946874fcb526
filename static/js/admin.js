// On a tablet the list of models starts folded, so that forms and lists have the room. Loaded before
// Django's nav_sidebar.js, which then remembers what the user chooses.
const key = "django.admin.navSidebarIsOpen";
if (window.matchMedia("(max-width: 64rem)").matches && localStorage.getItem(key) === null) {
  localStorage.setItem(key, "false");
}
