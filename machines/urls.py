from machines.views import MachineViewSet

api_routes = [("machines", MachineViewSet)]
