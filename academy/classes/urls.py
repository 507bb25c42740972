from django.urls import path

from academy.classes import roster_views, staff_views, views

app_name = "classes"

urlpatterns = [
    path("", views.class_list, name="classes"),
    path("join/", views.join, name="join"),
    path("invited/<str:token>/", views.invited, name="invited"),
    path("new/", staff_views.open_class, name="new"),
    path("<int:pk>/", views.school_class, name="class"),
    path("<int:pk>/answer/", views.answer, name="answer"),
    path("<int:pk>/leave/", views.leave, name="leave"),
    path("<int:pk>/settings/", staff_views.settings, name="settings"),
    path("<int:pk>/code/", staff_views.code, name="code"),
    path("<int:pk>/archive/", staff_views.archive, name="archive"),
    path("<int:pk>/dates/", staff_views.dates, name="dates"),
    path("<int:pk>/dates/<int:date>/delete/", staff_views.delete_date, name="delete_date"),
    path("<int:pk>/members/", staff_views.add_member, name="add_member"),
    path("<int:pk>/members/<int:seat>/", staff_views.change_member, name="change_member"),
    path("<int:pk>/members/<int:seat>/runs/", staff_views.student_runs, name="student_runs"),
    path("<int:pk>/roster/", roster_views.upload, name="roster"),
    path("<int:pk>/roster.csv", roster_views.export, name="export"),
    path("<int:pk>/invitations/links/", roster_views.links, name="links"),
    path("<int:pk>/invitations/<int:invitation>/withdraw/", roster_views.withdraw, name="withdraw"),
]
