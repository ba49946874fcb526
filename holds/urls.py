from holds.views import HoldReasonViewSet, HoldTransitionViewSet, WIPHoldViewSet

api_routes = [
    ("hold-reasons", HoldReasonViewSet),
    ("wip-holds", WIPHoldViewSet),
    ("hold-transitions", HoldTransitionViewSet),
]
