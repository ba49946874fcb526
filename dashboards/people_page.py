"""The page of people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from clients.roles import Action
from dashboards.context import chosen_client
from dashboards.people import people as people_of
from dashboards.selection import read
from dashboards.views import choose_client, frame, page


@page(Action.VIEW)
def people(request: HttpRequest) -> HttpResponseBase:
    selection = read(request)
    client = chosen_client(request)
    if client is None:
        return choose_client(request, selection, "people")
    shown = people_of(selection, client)
    return render(
        request, "dashboards/people.html", {**frame(request, selection, "people"), **shown}
    )
