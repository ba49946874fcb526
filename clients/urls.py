from clients.endpoints import ImportBatchViewSet, OwnClientViewSet

api_routes = [
    ("clients", OwnClientViewSet),
    ("import-batches", ImportBatchViewSet),
]
