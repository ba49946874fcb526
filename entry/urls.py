from django.urls import path

from entry import review, views

app_name = "entry"
urlpatterns = [
    path("entry/roster/", views.roster, name="roster"),
    path("entry/review/", review.review, name="review"),
]
