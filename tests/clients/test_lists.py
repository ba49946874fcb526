"""The lists of the admin: what Django would write, in fewer steps."""

from __future__ import annotations

import datetime

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import date_hierarchy, items_for_result
from django.db import connection, models
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from clients.admin import ClientModelAdmin
from clients.lists import ClientChangeList, rows_of
from clients.scope import client_scope, current_scope
from clients.templatetags.client_lists import client_dates
from production.models import ProductionEntry
from tests.filled import fill
from tests.production.factories import DAY, make_entry, make_floor
from tests.standing import standing

PAGES = [each for each in admin.site._registry.values() if isinstance(each, ClientModelAdmin)]
ENTRIES = admin.site.get_model_admin(ProductionEntry)


def change_list(page, user, **query):
    address = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
    request = RequestFactory().get(address, query)
    request.user, request.resolver_match = user, resolve(address)
    request.scope_of_user = current_scope()
    return page.get_changelist_instance(request)


def as_django_writes(cl):
    return ["".join(items_for_result(cl, row, None)) for row in cl.result_list]


@pytest.fixture
def manager(acme, member):
    return member(acme, role="MANAGER")


@standing
def floor(acme):
    with client_scope([acme]):
        return make_floor(acme)


@standing
def blue_and_green(acme, acme_2):
    fill(acme, "BLUE", 700)
    fill(acme_2, "GREEN", 900)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.opts.model_name)
@pytest.mark.parametrize("query", [{}, {"voided": "yes"}, {"_popup": "1"}, {"o": "-1"}], ids=str)
def test_the_cells_are_those_of_django(acme, acme_2, blue_and_green, manager, page, query):
    with client_scope([acme, acme_2]) as scope:
        assert scope.is_platform
        rows = list(page.model.objects.all())
        if query == {"voided": "yes"} and hasattr(page.model, "voided_at"):
            for row in rows:
                row.void(by=manager, reason="a mistake")
        cl = change_list(page, manager, **query)
        expected = as_django_writes(cl)
        assert list(rows_of(cl)) == expected
        assert len(expected) == len(rows)


def test_a_box_is_that_of_django(acme, floor):
    with client_scope([acme]):
        row = make_entry(floor)
        box = ENTRIES.action_checkbox(row)
        assert box == admin.ModelAdmin.action_checkbox(ENTRIES, row)


def test_texts_are_no_markup(acme, manager):
    made = fill(acme, "BLUE", 700)
    with client_scope([acme]):
        line = made["Line"]
        line.name = "<b>1 & 2</b>"
        line.save()
        (row,) = rows_of(change_list(admin.site.get_model_admin(type(line)), manager))
    assert "&lt;b&gt;1 &amp; 2&lt;/b&gt;" in row


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"shift_date__year": "2025"},
        {"shift_date__year": "2025", "shift_date__month": "11"},
        {"shift_date__year": "2025", "shift_date__month": "12", "shift_date__day": "2"},
        {"shift_date__year": "1999"},
    ],
    ids=str,
)
@pytest.mark.parametrize("back", [0, 1, 35, 400])
def test_the_bar_of_dates_is_that_of_django(acme, floor, manager, query, back):
    with client_scope([acme]):
        make_entry(floor)
        make_entry(floor, shift_date=DAY - datetime.timedelta(days=back))
        cl = change_list(ENTRIES, manager, **query)
        assert client_dates(cl) == date_hierarchy(cl)
        assert cl.result_count == cl.queryset.count()


@pytest.mark.parametrize("ordering", ["", "8", "-3.1"])
def test_a_deep_page_has_the_rows_of_its_place(acme, floor, manager, monkeypatch, ordering):
    monkeypatch.setattr(ENTRIES, "list_per_page", 2)
    monkeypatch.setattr(ClientChangeList, "deep", 2)
    with client_scope([acme]):
        for units in (10, 30, 20, 50, 40):
            make_entry(floor, total_units=units)
        pages = [change_list(ENTRIES, manager, p=n, o=ordering) for n in (1, 2, 3)]
        shown = [row.total_units for cl in pages for row in cl.result_list]
        assert shown == [row.total_units for row in pages[0].queryset]
        assert [len(cl.result_list) for cl in pages] == [2, 2, 1]


@pytest.mark.parametrize("deep", [1, 3, 500])
@pytest.mark.parametrize("ordering", ["", "1", "-1", "1.9"])
def test_pages_over_several_days_and_clients_follow_on_each_other(
    acme, acme_2, floor, manager, monkeypatch, ordering, deep
):
    monkeypatch.setattr(ENTRIES, "list_per_page", 2)
    monkeypatch.setattr(ClientChangeList, "deep", deep)
    with client_scope([acme_2]):
        other = make_floor(acme_2)
        for back in (1, 0, 2, 2):
            make_entry(other, shift_date=DAY - datetime.timedelta(days=back))
    with client_scope([acme]):
        for back in (0, 0, 2, 0, 5):
            make_entry(floor, shift_date=DAY - datetime.timedelta(days=back))
    with client_scope([acme, acme_2]):
        pages = [change_list(ENTRIES, manager, p=n, o=ordering) for n in (1, 2, 3, 4, 5)]
        assert [len(cl.result_list) for cl in pages] == [2, 2, 2, 2, 1]
        shown = [row.pk for cl in pages for row in cl.result_list]
        assert shown == [row.pk for row in pages[0].queryset]
        assert len(set(shown)) == 9


def test_a_page_of_several_clients_reads_its_own_days_alone(acme, acme_2, floor, manager):
    """All the rows of several clients would have to be sorted."""
    with client_scope([acme]):
        for back in range(101):
            make_entry(floor, shift_date=DAY - datetime.timedelta(days=back))
    with client_scope([acme, acme_2]), CaptureQueriesContext(connection) as asked:
        assert len(change_list(ENTRIES, manager).result_list) == 100
    between = f"BETWEEN '{DAY - datetime.timedelta(days=99)}'::date AND '{DAY}'::date"
    assert between in asked[-1]["sql"]


@pytest.mark.parametrize("model", [page.model for page in PAGES], ids=lambda each: each.__name__)
def test_a_row_is_made_as_django_makes_it(acme, blue_and_green, model):
    with client_scope([acme]):
        names = [field.attname for field in model._meta.concrete_fields]
        values = model._default_manager.values_list(*names)[0]
        for kept in (len(names), 3):
            made = model.from_db("default", names[:kept], values[:kept])
            expected = models.Model.from_db.__func__(model, "default", names[:kept], values[:kept])
            own, theirs = dict(vars(made)), dict(vars(expected))
            ours, its = own.pop("_state"), theirs.pop("_state")
            assert (ours.adding, ours.db) == (its.adding, its.db) == (False, "default")
            assert (ours.fetch_mode, ours.fields_cache) == (its.fetch_mode, {})
            assert own == theirs
            assert made == expected
            assert made.get_deferred_fields() == set(names[kept:])


@pytest.mark.parametrize("role", ["MANAGER", "OPERATOR"])
def test_the_side_list_is_that_of_django(acme, member, signed_in, role):
    browser = signed_in(member(acme, role=role, username="somebody"))
    for name in ("plant_line_changelist", "plant_shift_changelist", "plant_line_changelist"):
        answer = browser.get(reverse(f"admin:{name}"))
        shown = {
            "available_apps": answer.context["available_apps"],
            "request": answer.context["request"],
        }
        assert render_to_string("admin/nav_sidebar.html", shown) in answer.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_asks_four_times_whatever_its_length(acme, floor, manager, rows):
    """For the shifts and lines to choose from, for the days with their rows, and for the page."""
    with client_scope([acme]):
        for _ in range(rows):
            make_entry(floor, machine=floor.machine)
        with CaptureQueriesContext(connection) as asked:
            cl = change_list(ENTRIES, manager)
            client_dates(cl)
            assert len(list(rows_of(cl))) == rows
    assert len(asked) == 4
