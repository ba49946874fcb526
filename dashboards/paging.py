"""Where on a list of many pages somebody is, in words and addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.words import count_of


def pager(page: Page[Any], href: Callable[[int], str]) -> dict[str, str]:
    """For templates/partials/pager.html; `href` gives the address of a page by its number."""
    total = page.paginator.count
    words = ngettext("%(n)s row", "%(n)s rows", total) % {"n": count_of(total)}
    if page.paginator.num_pages > 1:
        words = _("%(first)s–%(last)s of %(rows)s") % {
            "first": count_of(page.start_index()),
            "last": count_of(page.end_index()),
            "rows": words,
        }
    return {
        "text": words,
        "previous": href(page.previous_page_number()) if page.has_previous() else "",
        "next": href(page.next_page_number()) if page.has_next() else "",
    }
