from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "quality"
    verbose_name = "Quality"

    def ready(self) -> None:
        from clients import catalogues
        from plant import material, restamping
        from quality.catalogue import copy_starter_defect_types
        from quality.holding import count_scrap
        from quality.restamp import restamp

        catalogues.register(copy_starter_defect_types)
        restamping.register(restamp)
        material.scraps_by(count_scrap)
