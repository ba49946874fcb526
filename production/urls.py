from production.views import ProductionEntryViewSet

api_routes = [("production-entries", ProductionEntryViewSet)]
