from django.apps import AppConfig


class AttendanceConfig(AppConfig):
    name = "attendance"
    verbose_name = "Attendance"

    def ready(self) -> None:
        from attendance.catalogue import copy_starter_absence_types
        from clients import catalogues

        catalogues.register(copy_starter_absence_types)
