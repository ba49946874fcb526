from downtime.views import DowntimeEventViewSet, DowntimeReasonViewSet

api_routes = [
    ("downtime-reasons", DowntimeReasonViewSet),
    ("downtime-events", DowntimeEventViewSet),
]
