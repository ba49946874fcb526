from django.apps import AppConfig


class StaffingConfig(AppConfig):
    # Not called after its label: that is the name of the tool that measures what tests reach.
    name = "staffing"
    label = "coverage"
    verbose_name = "Floaters and staffing"

    def ready(self) -> None:
        from attendance import floaters
        from staffing.floaters import CoverageBook

        floaters.register(CoverageBook())
