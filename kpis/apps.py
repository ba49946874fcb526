from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KpisConfig(AppConfig):
    name = "kpis"
    verbose_name = "KPIs"

    def ready(self) -> None:
        from kpis.registry import catalogue

        # Every app declares its numbers in its own kpis.py; there is no list to edit.
        autodiscover_modules("kpis")
        catalogue.check()
