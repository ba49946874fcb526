"""The page of people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from clients.roles import Action
from dashboards.people import people as people_of
from dashboards.views import page, page_of_client


@page(Action.VIEW)
def people(request: HttpRequest) -> HttpResponseBase:
    return page_of_client(request, "people", people_of)
