from django.urls import path

from academy.gradebook import column_views, file_views, mark_views, views

app_name = "gradebook"

urlpatterns = [
    path("classes/<int:pk>/gradebook/", views.grid, name="grid"),
    path("classes/<int:pk>/gradebook/students/<int:seat>/", views.student, name="student"),
    path("classes/<int:pk>/gradebook/cells/<int:column>/<int:seat>/", views.cell, name="cell"),
    path("classes/<int:pk>/gradebook/columns/", column_views.columns, name="columns"),
    path("classes/<int:pk>/gradebook/columns/<int:column>/", column_views.column, name="column"),
    path("classes/<int:pk>/gradebook/import/", file_views.load, name="import"),
    path("classes/<int:pk>/gradebook/grades.csv", file_views.export, name="export"),
    path("classes/<int:pk>/marks/", mark_views.marks, name="marks"),
    path("classes/<int:pk>/marks/<int:column>/", mark_views.mark, name="mark"),
]
