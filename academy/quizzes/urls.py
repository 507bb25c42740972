from django.urls import path

from academy.quizzes import draft_views, views

app_name = "quizzes"

urlpatterns = [
    path("quizzes/", views.mine, name="mine"),
    path("quizzes/<slug:name>/", views.quiz, name="quiz"),
    path("quizzes/<slug:name>/begin/", views.begin, name="begin"),
    path("attempts/<uuid:pk>/", views.attempt, name="attempt"),
    path("attempts/<uuid:pk>/status/", views.status, name="status"),
    path("attempts/<uuid:pk>/submit/", views.submit, name="submit"),
    path("attempts/<uuid:pk>/abandon/", views.abandon, name="abandon"),
    path("attempts/<uuid:pk>/<int:slot>/draft/", draft_views.draft, name="draft"),
    path("attempts/<uuid:pk>/<int:slot>/check/", draft_views.check, name="check"),
]
