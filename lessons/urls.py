from django.urls import path

from lessons import views

urlpatterns = [
    path("lessons/<str:number>/", views.lesson, name="lesson"),
]
