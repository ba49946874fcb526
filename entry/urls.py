from django.urls import path

from entry import views

app_name = "entry"
urlpatterns = [
    path("entry/roster/", views.roster, name="roster"),
]
