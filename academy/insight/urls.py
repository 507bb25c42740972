from django.urls import path

from academy.insight import views

app_name = "insight"

urlpatterns = [
    path("<int:pk>/insight/", views.overview, name="class"),
    path("<int:pk>/insight/concepts/", views.concepts, name="concepts"),
    path("<int:pk>/insight/<int:schedule>/", views.quiz, name="quiz"),
]
