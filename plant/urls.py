from plant import views

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
    ("work-orders", views.WorkOrderViewSet),
    ("jobs", views.JobViewSet),
    ("employees", views.EmployeeViewSet),
    ("line-assignments", views.LineAssignmentViewSet),
]
