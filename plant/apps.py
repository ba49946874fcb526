from django.apps import AppConfig


class PlantConfig(AppConfig):
    name = "plant"
    verbose_name = "Plant"

    def ready(self) -> None:
        from clients import catalogues
        from plant import inferred, order_flow, promises
        from plant.catalogue import copy_starter_operations
        from plant.freezing import freeze
        from plant.order_status import OrderStatus

        catalogues.register(copy_starter_operations)
        order_flow.follows(OrderStatus.COMPLETED, freeze)
        inferred.stamped_by(promises.stamp)
