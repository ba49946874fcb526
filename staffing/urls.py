from django.urls import path

from staffing import pages
from staffing.views import ShiftCoverageViewSet, StaffingRequirementViewSet

app_name = "coverage"

urlpatterns = [
    path("pool/", pages.pool, name="pool"),
    path("pool/assign/", pages.assign, name="pool-assign"),
    path("pool/<int:pk>/confirm/", pages.confirm, name="pool-confirm"),
    path("pool/<int:pk>/unassign/", pages.unassign, name="pool-unassign"),
]

api_routes = [
    ("shift-coverages", ShiftCoverageViewSet),
    ("staffing-requirements", StaffingRequirementViewSet),
]
