from plant import order_views, views

api_routes = [
    ("lines", views.LineViewSet),
    ("shifts", views.ShiftViewSet),
    ("shift-breaks", views.ShiftBreakViewSet),
    ("calendar-days", views.CalendarDayViewSet),
    ("line-shifts", views.LineShiftViewSet),
    ("operations", views.OperationViewSet),
    ("styles", views.StyleViewSet),
    ("style-operations", views.StyleOperationViewSet),
    ("parts", views.PartViewSet),
    ("standards", views.StandardViewSet),
    ("work-orders", order_views.WorkOrderViewSet),
    ("jobs", order_views.JobViewSet),
    ("shipments", order_views.ShipmentViewSet),
    ("order-transitions", order_views.OrderTransitionViewSet),
    ("employees", views.EmployeeViewSet),
    ("line-assignments", views.LineAssignmentViewSet),
]
