from quality.views import DefectTypeViewSet, DefectViewSet, QualityInspectionViewSet

api_routes = [
    ("defect-types", DefectTypeViewSet),
    ("quality-inspections", QualityInspectionViewSet),
    ("defects", DefectViewSet),
]
