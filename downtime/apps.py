from django.apps import AppConfig


class DowntimeConfig(AppConfig):
    name = "downtime"
    verbose_name = "Downtime"

    def ready(self) -> None:
        from clients import catalogues
        from downtime.catalogue import copy_starter_reasons

        catalogues.register(copy_starter_reasons)
