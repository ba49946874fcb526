from django.urls import path

from dashboards import hold_views, order_views, people_page, views
from holds.flow import HoldAction

app_name = "dashboards"
urlpatterns = [
    path("", views.portfolio, name="portfolio"),
    path("overview/", views.overview, name="overview"),
    path("people/", people_page.people, name="people"),
    path("orders/", order_views.orders, name="orders"),
    path("orders/move/", order_views.move_sheet, name="orders-sheet"),
    path("orders/move/save/", order_views.move_many, name="orders-move"),
    path("orders/<int:pk>/", order_views.order, name="order"),
    path("orders/<int:pk>/move/", order_views.move, name="order-move"),
    path("orders/<int:pk>/approve/", order_views.approve, name="order-approve"),
    path("orders/<int:pk>/classify/", order_views.classify, name="order-classify"),
    path("delivery/", order_views.deliveries, name="delivery"),
    path("holds/", hold_views.holds, name="holds"),
    *(
        path(f"holds/<int:pk>/{step}/", hold_views.step, {"action": step}, name=f"hold-{step}")
        for step in HoldAction
    ),
    path("wip/", hold_views.wip, name="wip"),
    path("rows/<slug:entity>/<int:pk>/", views.row, name="row"),
    path("kpi/", views.kpi_list, name="kpi-list"),
    path("kpi/<slug:key>/", views.kpi, name="kpi"),
    path("kpi/<slug:key>/explain/", views.explain, name="kpi-explain"),
    path("kpi/<slug:key>/rows/", views.rows, name="kpi-rows"),
]
