from django.apps import AppConfig


class HoldsConfig(AppConfig):
    name = "holds"
    verbose_name = "Holds"

    def ready(self) -> None:
        from clients import catalogues
        from holds.catalogue import copy_starter_reasons
        from holds.moves import cancel_with_order, hold_material
        from plant import material, order_flow
        from plant.order_status import OrderStatus

        catalogues.register(copy_starter_reasons)
        order_flow.follows(OrderStatus.CANCELLED, cancel_with_order)
        material.holds_by(hold_material)
