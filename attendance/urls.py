from attendance.views import AbsenceTypeViewSet, AttendanceRecordViewSet

api_routes = [
    ("absence-types", AbsenceTypeViewSet),
    ("attendance-records", AttendanceRecordViewSet),
]
