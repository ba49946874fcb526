from django.urls import path

from dashboards import people_page, views

app_name = "dashboards"
urlpatterns = [
    path("", views.portfolio, name="portfolio"),
    path("overview/", views.overview, name="overview"),
    path("people/", people_page.people, name="people"),
    path("kpi/", views.kpi_list, name="kpi-list"),
    path("kpi/<slug:key>/", views.kpi, name="kpi"),
    path("kpi/<slug:key>/explain/", views.explain, name="kpi-explain"),
    path("kpi/<slug:key>/rows/", views.rows, name="kpi-rows"),
]
