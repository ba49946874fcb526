from django.apps import AppConfig


class ProductionConfig(AppConfig):
    name = "production"
    verbose_name = "Production"

    def ready(self) -> None:
        from plant import history, order_flow, products_made, promises, restamping
        from production import history as measured
        from production import output, stamps

        products_made.register(output.parts_made)
        history.register(measured.took)
        restamping.register(output.restamp)
        order_flow.tells_output(output.units_of)
        promises.agreed_by(stamps.hours_of_the_trade)
