from django.urls import path

from academy.quizzes import attempt_staff_views, staff_views

app_name = "class_quizzes"

urlpatterns = [
    path("<int:pk>/quizzes/", staff_views.quizzes, name="quizzes"),
    path("<int:pk>/quizzes/set/", staff_views.set_quiz, name="set"),
    path("<int:pk>/quizzes/<int:schedule>/", staff_views.change, name="change"),
    path("<int:pk>/quizzes/<int:schedule>/release/", staff_views.release, name="release"),
    path("<int:pk>/quizzes/<int:schedule>/remove/", staff_views.remove, name="remove"),
    path("<int:pk>/quizzes/<int:schedule>/students/", staff_views.students, name="students"),
    path("<int:pk>/quizzes/<int:schedule>/students/<int:seat>/", staff_views.student, name="student"),
    path("<int:pk>/quizzes/<int:schedule>/attempts/", attempt_staff_views.attempts, name="attempts"),
    path("<int:pk>/quizzes/<int:schedule>/attempts/<uuid:attempt>/", attempt_staff_views.attempt, name="attempt"),
    path("<int:pk>/quizzes/<int:schedule>/attempts/<uuid:attempt>/mark/<int:slot>/", attempt_staff_views.mark, name="mark"),
    path("<int:pk>/quizzes/<int:schedule>/attempts/<uuid:attempt>/do/", attempt_staff_views.deed, name="deed"),
    path("<int:pk>/quizzes/<int:schedule>/attempts/<uuid:attempt>/again/", attempt_staff_views.again, name="again"),
]
