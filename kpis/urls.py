from django.urls import path

from kpis.views import AssumptionViewSet, CatalogueView, FigureView, TargetViewSet

api_urlpatterns = [
    path("kpis/", CatalogueView.as_view(), name="kpi-list"),
    path("kpis/<str:key>/", FigureView.as_view(), name="kpi-detail"),
]
api_routes = [("targets", TargetViewSet), ("assumptions", AssumptionViewSet)]
