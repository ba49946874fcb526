from django.apps import AppConfig


class PlantConfig(AppConfig):
    name = "plant"
    verbose_name = "Plant"

    def ready(self) -> None:
        from clients import catalogues
        from plant.catalogue import copy_starter_operations

        catalogues.register(copy_starter_operations)
