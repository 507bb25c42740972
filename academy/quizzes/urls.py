from django.urls import path

from academy.quizzes import draft_views, lab_views, views

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
    path("attempts/<uuid:pk>/<int:slot>/lab/", lab_views.lab, name="lab"),
    path("attempts/<uuid:pk>/<int:slot>/lab/begin/", lab_views.begin, name="begin_run"),
    path("attempts/<uuid:pk>/<int:slot>/lab/runs/", lab_views.create_run, name="runs"),
    path("attempts/<uuid:pk>/<int:slot>/lab/choose/", lab_views.choose, name="choose_run"),
    path("attempts/<uuid:pk>/<int:slot>/lab/verdict/", lab_views.verdict, name="verdict"),
    path("attempts/<uuid:pk>/<int:slot>/replay/", lab_views.replay, name="replay"),
]
